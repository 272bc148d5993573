/**
 * One bounded HTTP call: method, headers and body as given, redirects never followed, one deadline
 * over connection, headers and body, and a body read as a stream up to a limit. Judges no status.
 * A failure is the fault that the owner names; nothing of request or response gets into it.
 */

import type { PartFaultReason } from "../../domain/part_fault.ts";

export interface OutboundRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface OutboundAnswer {
  readonly status: number;
  /** Lower-case `type/subtype`, empty if the answer named none. */
  readonly mediaType: string;
  /** What the other side's clock says (RFC 9110, section 6.6.1). Null if it does not say. */
  readonly date: number | null;
  readonly body: string;
}

/** Sends one request. @throws the owner's fault: `timeout`, `network` or `too_large` */
export type Outbound = (request: OutboundRequest, signal?: AbortSignal) => Promise<OutboundAnswer>;

export interface OutboundOptions {
  /** From the start to the last byte. */
  readonly timeoutMs: number;
  readonly fault: (reason: PartFaultReason) => Error;
  readonly fetch?: typeof fetch;
}

/** Bodies of everything we ask for are a few KiB. Counted after decompression. */
export const MAX_BODY_BYTES = 256 * 1024;

export function createOutbound(options: OutboundOptions): Outbound {
  const { timeoutMs, fault } = options;
  return async (request, signal) => {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, timeoutMs);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    let answer: OutboundAnswer | null;
    try {
      const response = await (options.fetch ?? fetch)(request.url, {
        method: request.method,
        headers: request.headers,
        redirect: "manual",
        signal: controller.signal,
        ...(request.body === undefined ? {} : { body: request.body }),
      });
      answer = await readAnswer(response);
    } catch {
      // The error may repeat the address or what was sent: it ends here.
      throw fault(controller.signal.aborted ? "timeout" : "network");
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
    if (answer === null) throw fault("too_large");
    return answer;
  };
}

/** @returns null if the body is larger than the limit; the rest is not read */
async function readAnswer(response: Response): Promise<OutboundAnswer | null> {
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  const decoder = new TextDecoder();
  let body = "";
  let bytes = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return null;
    body += decoder.decode(chunk, { stream: true });
  }
  body += decoder.decode();
  return {
    status: response.status,
    mediaType: type.trim().toLowerCase(),
    date: instantOf(response.headers.get("date")),
    body,
  };
}

function instantOf(date: string | null): number | null {
  const instant = Date.parse(date ?? "");
  return Number.isNaN(instant) ? null : instant;
}

/** @returns the value, or null unless the answer is JSON by its media type and in fact an object */
export function jsonObject(answer: OutboundAnswer): Readonly<Record<string, unknown>> | null {
  if (!/^application\/(?:[\w.-]+\+)?json$/.test(answer.mediaType)) return null;
  try {
    const value: unknown = JSON.parse(answer.body);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : null;
  } catch {
    return null;
  }
}
