/** The operator's webhook in the environment. Pure. */

import type { Reader } from "./config_reader.ts";
import { Secret } from "./domain/secret.ts";
import { parseSecureUrl } from "./domain/secure_url.ts";
import { webhookKey } from "./domain/webhook.ts";

export interface WebhookConfig {
  readonly url: URL;
  /** `whsec_…`, the present one first. Each signs. */
  readonly secrets: readonly Secret[];
}

/** So many sign at once: the present one, and two that are on their way out. */
const MAX_SECRETS = 3;

/** @returns null if there is none, or if it is not right, which is a problem then */
export function readWebhook(reader: Reader): WebhookConfig | null {
  const url = readUrl(reader);
  const secrets = readSecrets(reader);
  const hasUrl = reader.has("WEBHOOK_URL");
  const hasSecret = reader.has("WEBHOOK_SECRET");
  if (hasUrl && !hasSecret) reader.problem("WEBHOOK_SECRET", "is required with WEBHOOK_URL");
  if (hasSecret && !hasUrl) reader.problem("WEBHOOK_URL", "is required with WEBHOOK_SECRET");
  return url === null || secrets === null ? null : { url, secrets };
}

function readUrl(reader: Reader): URL | null {
  const text = reader.text("WEBHOOK_URL");
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    reader.problem("WEBHOOK_URL", "is not a URL");
  } else if (text.includes("#") || url.username !== "" || url.password !== "") {
    reader.problem("WEBHOOK_URL", "may have a path and a query, but no credentials or fragment");
  } else if (text.length > 2048) {
    reader.problem("WEBHOOK_URL", "is longer than 2048 characters");
  } else if (parseSecureUrl(text) === null) {
    reader.problem("WEBHOOK_URL", "must be https: plain http is for loopback only");
  } else return url;
  return null;
}

function readSecrets(reader: Reader): Secret[] | null {
  const name = "WEBHOOK_SECRET";
  const parts = reader.text(name)?.split(",").map((part) => part.trim());
  if (parts === undefined) return null;
  if (parts.length > MAX_SECRETS) reader.problem(name, `holds more than ${MAX_SECRETS} secrets`);
  for (const [place, part] of parts.entries()) {
    if (webhookKey(part) === null) {
      reader.problem(name, `entry ${place + 1} is not whsec_ and base64 of 24 to 64 bytes`);
    } else if (parts.indexOf(part) !== place) {
      reader.problem(name, `entry ${place + 1} repeats a secret`);
    }
  }
  return parts.map((part) => new Secret(part));
}
