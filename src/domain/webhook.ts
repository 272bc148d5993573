/**
 * Delivery of notices as Standard Webhooks has it (standardwebhooks.com, specification 1.0.0): what is
 * signed, what an answer means, and when to try again. Decides from what it is given alone; neither
 * sends nor signs.
 */

/** How one attempt ended. */
export type WebhookAnswer =
  | {
    readonly kind: "answered";
    readonly status: number;
    /** What its `Retry-After` asks for. Null if it has none, or none that can be read. */
    readonly retryAfterMs: number | null;
  }
  /** No answer within the time, or none at all. It may have been delivered nevertheless. */
  | { readonly kind: "failed"; readonly reason: "timeout" | "network" };

/** What becomes of the notice. */
export type NoticeFate =
  | { readonly kind: "delivered" }
  | {
    readonly kind: "retry";
    readonly error: string;
    readonly pauseMs: number;
    /** For so long the receiver asked to be left alone, by every notice. */
    readonly restMs: number;
  }
  | { readonly kind: "bury"; readonly error: string };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Pauses after the first, second, … failed attempt: the specification's own, a little over three days. */
export const RETRY_PAUSES_MS: readonly number[] = [
  5000,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
];

const MAX_REST_MS = 24 * HOUR_MS;

/** Each pause is up to a tenth shorter or longer, so that what failed together does not return together. */
const JITTER = 0.1;

/**
 * @param attempts that failed before this one
 * @param lot drawn for this attempt: from 0 up to but not including 1
 */
export function fateOf(answer: WebhookAnswer, attempts: number, lot: number): NoticeFate {
  if (isDelivered(answer)) return { kind: "delivered" };
  const error = errorOf(answer);
  if (answer.kind === "answered" && answer.status === 410) return { kind: "bury", error: "gone" };
  const pauseMs = retryPause(attempts + 1, lot);
  if (pauseMs === null) return { kind: "bury", error };
  const restMs = restOf(answer);
  return { kind: "retry", error, pauseMs: Math.max(pauseMs, restMs), restMs };
}

/** True for the only answers that say that the notice is with the receiver. */
export function isDelivered(answer: WebhookAnswer): boolean {
  return answer.kind === "answered" && answer.status >= 200 && answer.status < 300;
}

/** One constant word, or `status_` and a number. */
export function errorOf(answer: WebhookAnswer): string {
  return answer.kind === "failed" ? answer.reason : `status_${answer.status}`;
}

/** @returns milliseconds until the next attempt, or null after the last one */
export function retryPause(failures: number, lot: number): number | null {
  const pause = RETRY_PAUSES_MS[failures - 1];
  return pause === undefined ? null : Math.round(pause * (1 - JITTER + 2 * JITTER * lot));
}

function restOf(answer: WebhookAnswer): number {
  if (answer.kind === "failed" || answer.retryAfterMs === null) return 0;
  if (answer.status !== 429 && answer.status !== 503) return 0;
  return Math.min(Math.max(0, answer.retryAfterMs), MAX_REST_MS);
}

/** What is signed. @param at of the attempt; milliseconds since the epoch */
export function signedContent(id: string, at: number, body: string): string {
  return `${id}.${webhookTimestamp(at)}.${body}`;
}

/** Whole seconds since the epoch. */
export function webhookTimestamp(at: number): string {
  return String(Math.floor(at / 1000));
}

const SECRET_PREFIX = "whsec_";
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

/** @returns the key in a secret, or null unless it is `whsec_` and base64 of 24 to 64 bytes */
export function webhookKey(secret: string): Uint8Array<ArrayBuffer> | null {
  if (!secret.startsWith(SECRET_PREFIX)) return null;
  try {
    const key = Uint8Array.fromBase64(secret.slice(SECRET_PREFIX.length));
    return key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : null;
  } catch {
    return null;
  }
}

/** @param key 24 to 64 random bytes */
export function webhookSecretText(key: Uint8Array): string {
  return `${SECRET_PREFIX}${key.toBase64()}`;
}

/** A message that says nothing but that it came. */
export function testNoticeBody(at: number): string {
  return JSON.stringify({
    type: "webhook.test",
    timestamp: new Date(at).toISOString(),
    data: {},
  });
}
