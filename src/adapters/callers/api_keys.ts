/** API keys are made here. The service knows them only by their digests. */

import { Buffer } from "node:buffer";
import { Secret } from "../../domain/secret.ts";
import { sha256Hex } from "../../domain/signed_text.ts";

export interface GeneratedApiKey {
  readonly key: Secret;
  /** Lower-case hex SHA-256 of the whole key, for `api_key_sha256`. */
  readonly digest: string;
}

/**
 * Makes a key: `bo_`, 256 random bits in base64url, and the first six hex digits of the SHA-256 of
 * all that. Prefix and checksum are for secret scanners: they can tell a leaked key from a look-alike
 * without asking us, with a false alarm in 16 million.
 *
 * @param random gives 32 unguessable bytes
 * @throws RangeError if it gives another number of bytes
 */
export function generateApiKey(random: () => Uint8Array): GeneratedApiKey {
  const bytes = random();
  if (bytes.length !== 32) throw new RangeError("Cannot make an API key: 32 random bytes needed");
  const body = `bo_${Buffer.from(bytes).toString("base64url")}`;
  const key = `${body}${sha256Hex(body).slice(0, 6)}`;
  return { key: new Secret(key), digest: sha256Hex(key) };
}
