/** The keys in the environment: what signs, what seals, what signs the ledger. Pure. */

import type { Reader } from "./config_reader.ts";
import { isKeyVersionName } from "./domain/key_version.ts";
import { Secret } from "./domain/secret.ts";

export interface KmsKey {
  readonly keyVersion: string;
  /** Null: Google's own. */
  readonly endpoint: URL | null;
  readonly protectionLevel: "HSM" | "SOFTWARE";
}

export type SigningConfig =
  | { readonly kind: "google_kms"; readonly key: KmsKey; readonly standby: KmsKey | null }
  | {
    readonly kind: "file";
    readonly pem: Secret;
    readonly standby: Secret | null;
    /** By variable, where they were read. */
    readonly paths: Readonly<Record<string, string>>;
  }
  /** A key of our own making under the data directory: sandbox only. */
  | { readonly kind: "generated" };

export interface SealingKey {
  readonly id: string;
  readonly key: Uint8Array;
}

/** Ed25519, for checkpoints only. */
export type LedgerKeyConfig =
  | { readonly kind: "seed"; readonly seed: Secret }
  | { readonly kind: "google_kms"; readonly keyVersion: string; readonly endpoint: URL | null }
  /** Generated under the data directory. */
  | { readonly kind: "generated" };

function readKeyVersion(reader: Reader, name: string): string | null {
  const text = reader.text(name);
  if (text === null) return null;
  if (/^projects\/\d+\//.test(text)) {
    reader.problem(name, "names the project by its number, which is refused: use its id");
    return null;
  }
  if (isKeyVersionName(text)) return text;
  reader.problem(name, "is not projects/…/locations/…/keyRings/…/cryptoKeys/…/cryptoKeyVersions/N");
  return null;
}

/** Which key signs. SuperOffice's live environments take a key in the HSM only. */
export function readSigning(
  reader: Reader,
  kind: "sod" | "stage" | "online" | "simulator",
  readFile: (path: string) => string | null,
): SigningConfig {
  const keyVersion = readKeyVersion(reader, "KMS_KEY_VERSION");
  const standby = readKeyVersion(reader, "KMS_STANDBY_KEY_VERSION");
  const endpoint = reader.origin("KMS_ENDPOINT");
  const protectionLevel = reader.choice("KMS_PROTECTION_LEVEL", ["HSM", "SOFTWARE"], "HSM");
  const file = reader.text("SIGNING_KEY_FILE");
  const standbyFile = reader.text("SIGNING_STANDBY_KEY_FILE");
  if (standbyFile !== null && file === null) {
    reader.problem("SIGNING_STANDBY_KEY_FILE", "stands by for SIGNING_KEY_FILE, which is missing");
  }
  const isLive = kind === "stage" || kind === "online";
  if (reader.has("KMS_STANDBY_KEY_VERSION") && !reader.has("KMS_KEY_VERSION")) {
    reader.problem("KMS_STANDBY_KEY_VERSION", "stands by for KMS_KEY_VERSION, which is missing");
  }
  if (standby !== null && standby === keyVersion) {
    reader.problem("KMS_STANDBY_KEY_VERSION", "is the same as KMS_KEY_VERSION");
  }
  if (isLive && !reader.has("KMS_KEY_VERSION")) {
    reader.problem("KMS_KEY_VERSION", `is required for ${kind}: its key belongs into the HSM`);
  }
  if (file !== null && isLive) {
    reader.problem("SIGNING_KEY_FILE", `is not for ${kind}: use KMS_KEY_VERSION`);
  }
  if (file !== null && reader.has("KMS_KEY_VERSION") && !isLive) {
    reader.problem("SIGNING_KEY_FILE", "excludes KMS_KEY_VERSION: choose one");
  }
  if (kind === "sod" && file === null && !reader.has("KMS_KEY_VERSION")) {
    reader.problem("KMS_KEY_VERSION", "is required for sod, unless there is a SIGNING_KEY_FILE");
  }
  if (keyVersion !== null) {
    const key = { keyVersion, endpoint, protectionLevel };
    return {
      kind: "google_kms",
      key,
      standby: standby === null ? null : { ...key, keyVersion: standby },
    };
  }
  if (file === null) return { kind: "generated" };
  const read = (name: string, path: string): Secret => {
    const pem = readFile(path);
    if (pem === null) reader.problem(name, "names a file that cannot be read");
    return new Secret(pem ?? "");
  };
  const pem = read("SIGNING_KEY_FILE", file);
  if (standbyFile === null) {
    return { kind: "file", pem, standby: null, paths: { SIGNING_KEY_FILE: file } };
  }
  const standbyPem = read("SIGNING_STANDBY_KEY_FILE", standbyFile);
  // By what is in them: one file has many paths.
  const isRead = pem.reveal() !== "";
  if (standbyFile === file || isRead && pem.reveal().trim() === standbyPem.reveal().trim()) {
    reader.problem("SIGNING_STANDBY_KEY_FILE", "is the same as SIGNING_KEY_FILE");
  }
  const paths = { SIGNING_KEY_FILE: file, SIGNING_STANDBY_KEY_FILE: standbyFile };
  return { kind: "file", pem, standby: standbyPem, paths };
}

/** @param isShared the store is not on our own disk: keys must not be either */
export function readSealingKeys(reader: Reader, isShared: boolean): SealingKey[] | null {
  const name = "SEALING_KEYS";
  const text = reader.text(name);
  if (text === null) {
    if (isShared) reader.problem(name, "is required with UPSTASH_REDIS_REST_URL");
    return null;
  }
  const keys: SealingKey[] = [];
  for (const [place, part] of text.split(",").entries()) {
    const match = /^([A-Za-z0-9_-]{1,32}):(.+)$/.exec(part.trim());
    const key = match === null ? null : bytesOf(match[2]!, 32);
    if (match === null || key === null) {
      reader.problem(name, `entry ${place + 1} is not id:base64 of 32 bytes`);
    } else if (keys.some(({ id }) => id === match[1])) {
      reader.problem(name, `entry ${place + 1} repeats an id`);
    } else keys.push({ id: match[1]!, key });
  }
  return keys;
}

/** @param isShared as for sealing keys */
export function readLedgerKey(reader: Reader, isShared: boolean): LedgerKeyConfig {
  const seed = reader.secret("LEDGER_KEY");
  const keyVersion = readKeyVersion(reader, "LEDGER_KMS_KEY_VERSION");
  if (seed !== null && reader.has("LEDGER_KMS_KEY_VERSION")) {
    reader.problem("LEDGER_KEY", "excludes LEDGER_KMS_KEY_VERSION: choose one");
  }
  if (seed !== null && bytesOf(seed.reveal(), 32) === null) {
    reader.problem("LEDGER_KEY", "is not base64 of a 32-byte Ed25519 seed");
  }
  if (seed === null && !reader.has("LEDGER_KMS_KEY_VERSION") && isShared) {
    reader.problem("LEDGER_KEY", "or LEDGER_KMS_KEY_VERSION is required with Upstash");
  }
  if (keyVersion !== null) {
    return { kind: "google_kms", keyVersion, endpoint: reader.origin("KMS_ENDPOINT") };
  }
  return seed === null ? { kind: "generated" } : { kind: "seed", seed };
}

/** @returns the bytes, or null unless the text is base64 (either alphabet) of just so many */
function bytesOf(text: string, length: number): Uint8Array | null {
  try {
    const plain = text.trim().replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.fromBase64(plain);
    return bytes.length === length ? bytes : null;
  } catch {
    return null;
  }
}
