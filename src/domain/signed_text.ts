/**
 * The exact text that is signed for an exchange, and the signed system user token made from it.
 * Source: SuperOffice's "Sign the system user token" page and its .NET client, which agree:
 *
 *     text   = token "." UTC time as yyyyMMddHHmm
 *     signed = text "." base64(RSASSA-PKCS1-v1_5, SHA-256)
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { Secret } from "./secret.ts";

/** @param now milliseconds since the epoch @returns the text to sign, minute precision, UTC */
export function textToSign(systemUserToken: Secret, now: number): Secret {
  const minute = new Date(now).toISOString().replace(/\D/g, "").slice(0, 12);
  return new Secret(`${systemUserToken.reveal()}.${minute}`);
}

/** @returns the signed system user token: good for about 15 minutes, so as secret as a ticket */
export function signedText(text: Secret, signature: Uint8Array): Secret {
  return new Secret(`${text.reveal()}.${Buffer.from(signature).toString("base64")}`);
}

/** @returns lower-case hex SHA-256 of a text's UTF-8 bytes, or of bytes */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
