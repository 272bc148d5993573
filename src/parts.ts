/**
 * The adapters that a configuration asks for: stores, keys, the ledger's readers. Only wires; what
 * they do is their own.
 */

import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { createLedgerKey, generateLedgerSeed } from "./adapters/signing/ledger_key.ts";
import { createGoogleKmsSigner } from "./adapters/signing/google_kms.ts";
import { KeyFileFault } from "./adapters/signing/key_file_fault.ts";
import { createLocalKeySigner, generateLocalKeyPem } from "./adapters/signing/local_key.ts";
import { type DataDir, openDataDir } from "./adapters/storage/data_dir.ts";
import { createSealing } from "./adapters/storage/sealing.ts";
import { openSqlite } from "./adapters/storage/sqlite.ts";
import type { Stores } from "./adapters/storage/stores.ts";
import type { Config } from "./config.ts";
import type { KmsKey } from "./config_keys.ts";
import { verifierKeyText } from "./domain/checkpoint.ts";
import { Secret } from "./domain/secret.ts";
import { sha256Hex } from "./domain/signed_text.ts";
import { type Audit, createAudit } from "./usecases/audit.ts";
import type { CheckpointSigner, Clock, Log, Signer } from "./usecases/ports.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Deadline of one attempt at a key. Milliseconds. */
export const SIGN_ATTEMPT_MS = 1000;

const STORE_MS = 1500;

/** Under the data directory. */
const LEDGER_KEY_FILE = "ledger.key";
const SEALING_KEY_FILE = "sealing.key";
const SQLITE_FILE = "box-office.sqlite";

/** The data directory, opened only when something is in it: an edge function may have no disk. */
export function dataDirOf(config: Config): DataDir {
  return openDataDir(config.dataDir);
}

/** Opens the configured store. */
export async function openStores(config: Config): Promise<Stores> {
  const keys = config.sealingKeys ?? [{
    id: "generated",
    key: Buffer.from(
      dataDirOf(config).readOrCreate(SEALING_KEY_FILE, () => randomBytes(32).toString("base64")),
      "base64",
    ),
  }];
  const sealing = createSealing(keys);
  const owner = ownerOf(config);
  if (config.store.kind === "sqlite") {
    return openSqlite({ path: `${dataDirOf(config).path}/${SQLITE_FILE}`, sealing, owner });
  }
  const { createUpstash } = await import("./adapters/storage/upstash.ts");
  return createUpstash({
    url: config.store.url.href,
    token: config.store.token,
    sealing,
    owner,
    timeoutMs: STORE_MS,
    // Upstash's own dialect: without it every script locks the whole database.
    keyLocking: true,
  });
}

/** Whose store it is: what is kept of one environment or application is nothing to another. */
function ownerOf({ environment, superoffice }: Config): string {
  if (superoffice === null) return environment;
  return `${environment}-${sha256Hex(superoffice.clientId).slice(0, 12)}`;
}

/** The ledger for readers, with its key. */
export async function openAudit(
  config: Config,
  publicUrl: URL,
  stores: Pick<Stores, "ledger">,
  log: Log,
): Promise<Audit> {
  return createAudit({
    store: stores.ledger,
    signer: await createCheckpointSigner(config),
    origin: ledgerOriginOf(config, publicUrl),
    clock: systemClock,
    log,
  });
}

/** The ledger's verifier key as text. Null if it is yet to be generated, at the first start. */
export async function readLedgerKey(config: Config, publicUrl: URL): Promise<string | null> {
  const isMade = config.ledgerKey.kind !== "generated" ||
    exists(`${config.dataDir}/${LEDGER_KEY_FILE}`);
  if (!isMade) return null;
  const signer = await createCheckpointSigner(config);
  const name = ledgerOriginOf(config, publicUrl);
  return verifierKeyText({ name, publicKey: await signer.publicKey() });
}

/** False for an embedded store that was never opened. */
export function hasStore(config: Config): boolean {
  return config.store.kind !== "sqlite" || exists(`${config.dataDir}/${SQLITE_FILE}`);
}

/** A key file that opening store and ledger would make; null if they are all there. */
export function missingKeyFile(config: Config): string | null {
  const files = [
    ...(config.sealingKeys === null ? [SEALING_KEY_FILE] : []),
    ...(config.ledgerKey.kind === "generated" ? [LEDGER_KEY_FILE] : []),
  ];
  return files.find((name) => !exists(`${config.dataDir}/${name}`)) ?? null;
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function ledgerOriginOf(config: Config, publicUrl: URL): string {
  return config.ledgerOrigin ?? `${publicUrl.host}/ledger`;
}

async function createCheckpointSigner(config: Config): Promise<CheckpointSigner> {
  const { ledgerKey } = config;
  switch (ledgerKey.kind) {
    case "seed":
      return createLedgerKey(ledgerKey.seed);
    case "generated":
      return createLedgerKey(
        new Secret(dataDirOf(config).readOrCreate(LEDGER_KEY_FILE, generateLedgerSeed)),
      );
    case "google_kms": {
      const { createKmsLedgerKey } = await import("./adapters/signing/kms_ledger_key.ts");
      return createKmsLedgerKey({ ...ledgerKey, timeoutMs: SIGN_ATTEMPT_MS, userAgent: AGENT });
    }
  }
}

const AGENT = "box-office/0.1.0";

/** The key that signs, and its standby if there is one. */
export async function createSigners(config: Config, attemptMs: number): Promise<Signer[]> {
  const { signing } = config;
  const kms = (key: KmsKey) =>
    createGoogleKmsSigner({ ...key, timeoutMs: attemptMs, userAgent: AGENT });
  switch (signing.kind) {
    case "google_kms":
      return signing.standby === null
        ? [kms(signing.key)]
        : [kms(signing.key), kms(signing.standby)];
    case "file":
      return [readSigningKey(signing.pem)];
    case "generated":
      return [createLocalKeySigner({ pem: await generatedKey(config) })];
  }
}

function readSigningKey(pem: Secret): Signer {
  try {
    return createLocalKeySigner({ pem: pem.reveal() });
  } catch (error) {
    // The message is a constant that quotes nothing of the file.
    const why = error instanceof KeyFileFault ? error.message : "Cannot read the signing key";
    throw new Error(`${why} (SIGNING_KEY_FILE)`);
  }
}

/** The sandbox's signing key, as PEM. */
export async function generatedKey(config: Config): Promise<string> {
  const dir = dataDirOf(config);
  const pem = dir.read("signing_key.pem") ?? await generateLocalKeyPem();
  return dir.readOrCreate("signing_key.pem", () => pem);
}
