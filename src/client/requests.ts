/** One request: its secrets, its deadline, its answer. */

import { within } from "./deadline.ts";
import { TicketProblem } from "./problem.ts";
import type { SecretSource, TicketClientOptions } from "./types.ts";

/** One request that is to be made. */
export interface Outgoing {
  readonly to: "Box Office" | "SuperOffice";
  readonly url: URL;
  readonly init: RequestInit;
  /** Headers that win over those of `init`. */
  readonly secrets: readonly (readonly [name: string, prefix: string, source: SecretSource])[];
  readonly timeoutMs: number;
}

/** Resolves when `read` does. @throws TicketProblem; what the signal was aborted with */
export type Send = <T>(
  request: Outgoing,
  read: (answer: Response) => T | Promise<T>,
) => Promise<T>;

/** Requests whose deadline covers the secrets' coming, too. Redirects are answers. */
export function createSender(options: TicketClientOptions): Send {
  const fetchIt = options.fetch ?? ((url: URL, init: RequestInit) => fetch(url, init));
  return async (request, read) => {
    const { to, url, init, secrets, timeoutMs } = request;
    let silent = "A secret's function";
    const late = () =>
      new TicketProblem("timeout", `${silent} did not answer within ${timeoutMs} ms.`);
    return await within(timeoutMs, init.signal, late, async (signal) => {
      const headers = new Headers(init.headers);
      for (const [name, prefix, source] of secrets) {
        setSecret(headers, name, prefix, typeof source === "string" ? source : await source());
      }
      signal.throwIfAborted();
      silent = to;
      // Node asks for it where the body is a stream; the others do not mind.
      const streaming = isRepeatable(init.body) ? {} : { duplex: "half" };
      try {
        return await read(
          await fetchIt(url, { ...init, ...streaming, headers, redirect: "manual", signal }),
        );
      } catch (error) {
        if (error instanceof TicketProblem) throw error;
        // The error may repeat what was sent: it ends here.
        throw new TicketProblem("unreachable", `${to} did not answer${reasonOf(error)}.`);
      }
    });
  };
}

/** True for bodies that can be sent twice. Streams are gone, and so is what gives pieces one by one. */
export function isRepeatable(body: unknown): boolean {
  return body === undefined || body === null || typeof body === "string" ||
    body instanceof ArrayBuffer || ArrayBuffer.isView(body) || body instanceof Blob ||
    body instanceof FormData || body instanceof URLSearchParams;
}

/**
 * The platform's own word on what the caller wrote, while there is no secret in it to be repeated.
 *
 * @throws TypeError
 */
export function requireSendable(url: URL, init: RequestInit): void {
  if (init instanceof Request) {
    throw new TypeError("Cannot call the web API: init is a Request, pass the members of one");
  }
  const hasBody = init.body !== undefined && init.body !== null;
  new Request(url, { ...init, signal: null, ...(hasBody ? { body: "" } : {}) });
}

/** A header's own fault would repeat the secret. */
function setSecret(headers: Headers, name: string, prefix: string, secret: unknown): void {
  try {
    if (typeof secret === "string" && secret.trim() !== "") {
      return headers.set(name, `${prefix}${secret}`);
    }
  } catch {
    // It has characters that no header may have.
  }
  throw new TicketProblem("invalid_credential", "A secret is of no form that can be sent.");
}

const PHRASES =
  /\b(?:dns error|connection refused|connection reset|certificate|tls|timed out|NotCapable)\b/i;

/** A constant word of a platform's about the connection, such as `ECONNREFUSED`; nothing else of it. */
function reasonOf(error: unknown): string {
  const { name, message, code, cause } = Object(error) as Record<string, unknown>;
  const inner = Object(cause) as Record<string, unknown>;
  const known = [inner.code, code].find((it) =>
    typeof it === "string" && /^[A-Z_]{3,40}$/.test(it)
  );
  const word = known ?? PHRASES.exec(`${name} ${message} ${inner.message}`)?.[0];
  return word === undefined ? "" : `: ${word}`;
}
