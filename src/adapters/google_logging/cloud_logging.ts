/**
 * Reads entries of Cloud Logging: `entries.list` over REST, page after page, at the pace that Google
 * allows. Each call is fully specified and bounded; what may pass is tried again, a few times. A part of
 * a log is never given out as the whole: whatever goes wrong in the end is a fault.
 * Source: Cloud Logging API v2, entries.list; "Quotas and limits", 60 calls a minute for each project.
 */

import { isPlainLoopback } from "../../domain/secure_url.ts";
import type { Clock } from "../../usecases/ports.ts";
import { createPace } from "./pace.ts";

/** Why the log was not read, in one word. */
export type LoggingFaultReason =
  | "unauthenticated"
  | "denied"
  | "not_found"
  | "refused"
  | "busy"
  | "timeout"
  | "network"
  | "too_large"
  | "protocol";

/** Cloud Logging did not answer as it should. Repeats nothing of the answer. */
export class LoggingFault extends Error {
  override readonly name = "LoggingFault";
  readonly reason: LoggingFaultReason;

  constructor(reason: LoggingFaultReason) {
    super(`Cannot read Cloud Logging: ${reason}`);
    this.reason = reason;
  }
}

export interface CloudLoggingOptions {
  /** Null for Google's. */
  readonly endpoint: URL | null;
  /** Headers that say who asks. Not used for plain http on this machine. */
  readonly credentials: () => Promise<Readonly<Record<string, string>>>;
  readonly userAgent: string;
  readonly clock: Clock;
  /** One call, from the start to the last byte. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

export interface CloudLogging {
  /**
   * Entries in pages, oldest first.
   *
   * @param resources `projects/P`, or whatever else holds logs
   * @throws LoggingFault, and whatever the credentials throw
   */
  entries(resources: readonly string[], filter: string): AsyncGenerator<readonly unknown[]>;
}

const GOOGLE = new URL("https://logging.googleapis.com");
const PAGE_SIZE = 1000;
const CALLS_A_MINUTE = 60;
const MINUTE_MS = 60_000;
/** Google searches before it answers. */
const TIMEOUT_MS = 60_000;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 1000;
/** A thousand entries are some 2 MiB; none is larger than 256 KiB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** @throws Error for an endpoint that would carry credentials in the clear */
export function createCloudLogging(options: CloudLoggingOptions): CloudLogging {
  const { clock, credentials, userAgent, endpoint } = options;
  const isPlain = endpoint !== null && isPlainLoopback(endpoint);
  if (endpoint !== null && endpoint.protocol !== "https:" && !isPlain) {
    throw new Error("Cannot use the logging endpoint: neither https nor http on this machine");
  }
  const url = new URL("/v2/entries:list", endpoint ?? GOOGLE);
  const pace = createPace(clock, CALLS_A_MINUTE, MINUTE_MS);
  const send = createSend(url, options.timeoutMs ?? TIMEOUT_MS, options.fetch ?? fetch);

  const attempt = async (body: string) => {
    await pace();
    const who = isPlain ? {} : await credentials();
    const type = { "content-type": "application/json", accept: "application/json" };
    return await send({ ...type, "user-agent": userAgent, ...who }, body);
  };

  const call = async (body: string): Promise<unknown> => {
    for (let attempts = 1;; attempts++) {
      const answer = await attempt(body);
      if (answer.kind === "answered") return answer.value;
      if (!answer.mayPass || attempts === ATTEMPTS) throw new LoggingFault(answer.reason);
      const pause = FIRST_PAUSE_MS * 2 ** (attempts - 1);
      await clock.sleep(Math.max(pause, Math.min(answer.retryAfterMs, MINUTE_MS)));
    }
  };

  return {
    async *entries(resources, filter) {
      const query = { resourceNames: resources, filter, orderBy: "timestamp asc" };
      for (let pageToken = ""; true;) {
        const token = pageToken === "" ? {} : { pageToken };
        const page = readPage(
          await call(JSON.stringify({ ...query, pageSize: PAGE_SIZE, ...token })),
        );
        yield page.entries;
        if (page.next === "") return;
        // A page may be empty and not the last; the same one again would be so for ever.
        if (page.next === pageToken) throw new LoggingFault("protocol");
        pageToken = page.next;
      }
    },
  };
}

/** `{entries?, nextPageToken?}`: what is empty is left out. @throws LoggingFault */
function readPage(
  answer: unknown,
): { readonly entries: readonly unknown[]; readonly next: string } {
  const { entries = [], nextPageToken = "" } = Object(answer);
  const isPage = typeof answer === "object" && answer !== null && !Array.isArray(answer);
  if (!isPage || !Array.isArray(entries) || typeof nextPageToken !== "string") {
    throw new LoggingFault("protocol");
  }
  return { entries, next: nextPageToken };
}

type Answer =
  | { readonly kind: "answered"; readonly value: unknown }
  | {
    readonly kind: "failed";
    readonly reason: LoggingFaultReason;
    /** Whether another try may succeed. */
    readonly mayPass: boolean;
    readonly retryAfterMs: number;
  };

function createSend(url: URL, timeoutMs: number, doFetch: typeof fetch) {
  return async (headers: Readonly<Record<string, string>>, body: string): Promise<Answer> => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), timeoutMs);
    try {
      const response = await doFetch(url, {
        method: "POST",
        headers,
        body,
        redirect: "manual",
        signal: controller.signal,
      });
      const text = await readBody(response);
      if (text === null) return failed("too_large", false);
      return response.status === 200 ? parse(text) : judge(response);
    } catch {
      // The error may repeat the address: it ends here.
      return failed(controller.signal.aborted ? "timeout" : "network", true);
    } finally {
      clearTimeout(timer);
    }
  };
}

function judge({ status, headers }: Response): Answer {
  const seconds = headers.get("retry-after") ?? "";
  const retryAfterMs = /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : 0;
  if (status === 429 || status >= 500) return failed("busy", true, retryAfterMs);
  const reason = status === 401
    ? "unauthenticated"
    : status === 403
    ? "denied"
    : status === 404
    ? "not_found"
    : status === 400
    ? "refused"
    : "protocol";
  return failed(reason, false);
}

function failed(reason: LoggingFaultReason, mayPass: boolean, retryAfterMs = 0): Answer {
  return { kind: "failed", reason, mayPass, retryAfterMs };
}

function parse(text: string): Answer {
  try {
    return { kind: "answered", value: JSON.parse(text) };
  } catch {
    return failed("protocol", false);
  }
}

/** @returns null if the body is larger than the limit; the rest is not read */
async function readBody(response: Response): Promise<string | null> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  let bytes = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
