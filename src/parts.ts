/**
 * The adapters that a configuration asks for: keys and the ledger's readers. Only wires; what they do
 * is their own.
 */

import { createLedgerKey, generateLedgerSeed } from "./adapters/signing/ledger_key.ts";
import { createGoogleKmsSigner } from "./adapters/signing/google_kms.ts";
import { KeyFileFault } from "./adapters/signing/key_file_fault.ts";
import type { KmsHost } from "./adapters/signing/kms_host.ts";
import { createLocalKeySigner, generateLocalKeyPem } from "./adapters/signing/local_key.ts";
import type { Stores } from "./adapters/storage/stores.ts";
import type { Config } from "./config.ts";
import type { KmsKey } from "./config_keys.ts";
import { DEADLINES } from "./deadlines.ts";
import { verifierKeyText } from "./domain/checkpoint.ts";
import { Secret } from "./domain/secret.ts";
import { dataDirOf, isFile, missingSealingKey } from "./parts_stores.ts";
import { systemClock } from "./system.ts";
import { type Audit, createAudit } from "./usecases/audit.ts";
import { type Checkpoints, createCheckpoints } from "./usecases/checkpoints.ts";
import type { CheckpointSigner, Clock, LedgerStore, Log, Signer } from "./usecases/ports.ts";

/** Under the data directory. */
const LEDGER_KEY_FILE = "ledger.key";

/** The ledger for readers, its checkpoints, and the key that signs them. */
export interface LedgerParts {
  /** The log as readers see it, its archive included. */
  readonly store: LedgerStore;
  readonly audit: Audit;
  readonly checkpoints: Checkpoints;
  readonly signer: CheckpointSigner;
  /** The log's name. */
  readonly origin: string;
}

/** @param host for a key in Cloud KMS */
export async function openLedger(
  config: Config,
  publicUrl: URL,
  stores: Pick<Stores, "ledger">,
  log: Log,
  host: KmsHost,
  clock: Clock = systemClock,
): Promise<LedgerParts> {
  const store = await archivedStore(config, stores.ledger);
  const signer = await createCheckpointSigner(config, host);
  const origin = ledgerOriginOf(config, publicUrl);
  const checkpoints = createCheckpoints({ store, signer, origin, clock, log });
  return {
    store,
    audit: createAudit({ store, checkpoints, clock, log }),
    checkpoints,
    signer,
    origin,
  };
}

async function archivedStore(config: Config, store: LedgerStore): Promise<LedgerStore> {
  if (config.ledgerArchive === null) return store;
  const [{ withArchive }, { createTileFolder }] = await Promise.all([
    import("./adapters/tiles/archived_store.ts"),
    import("./adapters/tiles/folder.ts"),
  ]);
  return withArchive(store, createTileFolder(config.ledgerArchive));
}

/** The ledger's verifier key as text. Null if it is yet to be generated, at the first start. */
export async function readLedgerKey(
  config: Config,
  publicUrl: URL,
  host: KmsHost,
): Promise<string | null> {
  const isMade = config.ledgerKey.kind !== "generated" ||
    isFile(config, LEDGER_KEY_FILE);
  if (!isMade) return null;
  const signer = await createCheckpointSigner(config, host);
  const name = ledgerOriginOf(config, publicUrl);
  return verifierKeyText({ name, publicKey: await signer.publicKey() });
}

/** A key file that opening store and ledger would make; null if they are all there. */
export function missingKeyFile(config: Config): string | null {
  const isMade = config.ledgerKey.kind !== "generated" || isFile(config, LEDGER_KEY_FILE);
  return missingSealingKey(config) ?? (isMade ? null : LEDGER_KEY_FILE);
}

function ledgerOriginOf(config: Config, publicUrl: URL): string {
  return config.ledgerOrigin ?? `${publicUrl.host}/ledger`;
}

async function createCheckpointSigner(config: Config, host: KmsHost): Promise<CheckpointSigner> {
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
      const timeoutMs = DEADLINES.signAttemptMs;
      return createKmsLedgerKey({ ...ledgerKey, timeoutMs, userAgent: AGENT, host });
    }
  }
}

/** How this program names itself at Google. */
export const AGENT = "box-office/0.1.0";

/** The key that signs, and its standby if there is one. */
export async function createSigners(
  config: Config,
  attemptMs: number,
  host: KmsHost,
): Promise<Signer[]> {
  const { signing } = config;
  const kms = (key: KmsKey) =>
    createGoogleKmsSigner({ ...key, timeoutMs: attemptMs, userAgent: AGENT, host });
  switch (signing.kind) {
    case "google_kms":
      host.start();
      return signing.standby === null
        ? [kms(signing.key)]
        : [kms(signing.key), kms(signing.standby)];
    case "file":
      return readSigningKeys(signing);
    case "generated":
      return [createLocalKeySigner({ pem: await generatedKey(config) })];
  }
}

/** Keys of files, in the order of the configuration. @throws Error, constant, naming the variable */
export function readSigningKeys({ pem, standby }: KeyFiles): Signer[] {
  const first = readSigningKey(pem, "SIGNING_KEY_FILE");
  return standby === null ? [first] : [first, readSigningKey(standby, "SIGNING_STANDBY_KEY_FILE")];
}

type KeyFiles = Extract<Config["signing"], { readonly kind: "file" }>;

function readSigningKey(pem: Secret, variable: string): Signer {
  try {
    return createLocalKeySigner({ pem: pem.reveal() });
  } catch (error) {
    // The message is a constant that quotes nothing of the file.
    const why = error instanceof KeyFileFault ? error.message : "Cannot read the signing key";
    throw new Error(`${why} (${variable})`);
  }
}

/** The sandbox's signing key, as PEM. */
export async function generatedKey(config: Config): Promise<string> {
  const dir = dataDirOf(config);
  const pem = dir.read("signing_key.pem") ?? await generateLocalKeyPem();
  return dir.readOrCreate("signing_key.pem", () => pem);
}
