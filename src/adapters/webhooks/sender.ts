/**
 * Sends notices to the operator's webhook, signed as Standard Webhooks has it (standardwebhooks.com,
 * specification 1.0.0, "Signature scheme"). Follows no redirect, reads nothing of an answer but its status
 * and `Retry-After`, and tells nobody what was sent or where to.
 */

import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import type { Secret } from "../../domain/secret.ts";
import {
  signedContent,
  type WebhookAnswer,
  webhookKey,
  webhookTimestamp,
} from "../../domain/webhook.ts";
import type { NoticeSender } from "../../usecases/notice_ports.ts";

/** The specification's own: 15 to 30 seconds. */
const TIMEOUT_MS = 15_000;

export interface WebhookSenderOptions {
  readonly url: URL;
  /** Of the form `whsec_…`, checked before. Each one signs. */
  readonly secrets: readonly Secret[];
  /** From the start to the head of the answer. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
}

export function createWebhookSender(options: WebhookSenderOptions): NoticeSender {
  const { url, timeoutMs = TIMEOUT_MS } = options;
  const keys = options.secrets.map(keyOf);
  return {
    timeoutMs,
    async send({ id, body }, at) {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), timeoutMs);
      try {
        const response = await (options.fetch ?? fetch)(url, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "user-agent": "box-office",
            "webhook-id": id,
            "webhook-timestamp": webhookTimestamp(at),
            "webhook-signature": signatureOf(signedContent(id, at, body), keys),
          },
          body,
          redirect: "manual",
          signal: controller.signal,
        });
        // Its status has said it all. An error here is that of an answer that we do not want.
        await response.body?.cancel().catch(() => {});
        return answerOf(response, at);
      } catch {
        // The error may repeat the address: it ends here.
        return { kind: "failed", reason: controller.signal.aborted ? "timeout" : "network" };
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function keyOf(secret: Secret): KeyObject {
  const key = webhookKey(secret.reveal());
  if (key === null) throw new TypeError("Cannot sign notices: the secret is not of its form");
  return createSecretKey(key);
}

/** One `v1` signature for each key, so that receivers may know either while they change. */
function signatureOf(content: string, keys: readonly KeyObject[]): string {
  return keys
    .map((key) => `v1,${createHmac("sha256", key).update(content).digest("base64")}`)
    .join(" ");
}

function answerOf({ status, headers }: Response, now: number): WebhookAnswer {
  return { kind: "answered", status, retryAfterMs: retryAfterMs(headers.get("retry-after"), now) };
}

/** Seconds or a date (RFC 9110, section 10.2.3). @returns null for neither */
function retryAfterMs(text: string | null, now: number): number | null {
  if (text === null) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Anything else is a date to `Date.parse`, even a negative number.
  const instant = text.endsWith(" GMT") ? Date.parse(text) : NaN;
  return Number.isNaN(instant) ? null : Math.max(0, instant - now);
}
