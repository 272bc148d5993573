/** One request: its address, its secrets, its deadline. */

import { TicketProblem } from "./problem.ts";
import type { SecretSource, TicketClientOptions } from "./types.ts";

export type Send = <T>(
  url: URL,
  init: RequestInit,
  timeoutMs: number,
  read: (answer: Response) => T | Promise<T>,
) => Promise<T>;

/** One request with a deadline that ends when its answer has been read. Redirects are answers. */
export function createSender(options: TicketClientOptions): Send {
  const fetchIt = options.fetch ?? ((url: URL, init: RequestInit) => fetch(url, init));
  return async (url, init, timeoutMs, read) => {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    const signals = [deadline.signal, ...init.signal ? [init.signal] : []];
    // Node asks for it where the body is a stream; the others do not mind.
    const streaming = init.body instanceof ReadableStream ? { duplex: "half" } : {};
    try {
      const signal = AbortSignal.any(signals);
      return await read(
        await fetchIt(url, { ...init, ...streaming, redirect: "manual", signal }),
      );
    } catch (error) {
      if (error instanceof TicketProblem) throw error;
      if (init.signal?.aborted) throw init.signal.reason;
      // The error may repeat what was sent: it ends here.
      throw deadline.signal.aborted
        ? new TicketProblem("timeout", "There was no answer in time.")
        : new TicketProblem("unreachable", "There was no answer.");
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A header's own fault would repeat the secret. */
export async function withSecret(
  headers: Headers,
  name: string,
  prefix: string,
  source: SecretSource,
): Promise<Headers> {
  const secret = typeof source === "string" ? source : await source();
  try {
    headers.set(name, `${prefix}${secret}`);
  } catch {
    throw new TicketProblem("invalid_credential", "A secret is of no form that can be sent.");
  }
  return headers;
}

/** The caller's own, and what SuperOffice needs to answer in JSON. */
export function headersOf(init: RequestInit): Headers {
  const headers = new Headers(init.headers);
  if (!headers.has("accept")) headers.set("accept", "application/json");
  return headers;
}

/** @throws TypeError */
export function serviceUrl(text: string | URL): URL {
  const url = new URL(text);
  const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isHere)) return url;
  throw new TypeError("Cannot use the url: it must be https, or http on this machine");
}

/** Path of a tenant at the service, without a final slash. */
export function tenantPath(context: string): string {
  return `/v1/tenants/${encodeURIComponent(context)}`;
}

/** @throws TicketProblem `invalid_path` for a path that is not plainly below the base */
export function below(base: string, path: string): URL {
  const relative = path.replace(/^\//, "");
  const [plain = ""] = relative.split(/[?#]/, 1);
  const decoded = plain.replace(/%2e/gi, ".").replace(/%2f|%5c|\\/gi, "/");
  const isClimbing = decoded.split("/").some((part) => part === "." || part === "..");
  const text = `${base}${relative}`;
  if (!isClimbing && URL.canParse(text)) {
    const url = new URL(text);
    if (url.href.startsWith(new URL(base).href)) return url;
  }
  throw new TicketProblem("invalid_path", "The path is not below the tenant's web API.");
}
