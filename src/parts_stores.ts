/**
 * The store that a configuration asks for. Apart from the other parts, because a ticket from the
 * store needs nothing else: what is loaded here is loaded before the first answer.
 */

import { type DataDir, openDataDir } from "./adapters/storage/data_dir.ts";
import { createSealing, type Sealing } from "./adapters/storage/sealing.ts";
import { createUpstash } from "./adapters/storage/upstash.ts";
import type { Stores } from "./adapters/storage/stores.ts";
import { type Config, DATA_DIR } from "./config.ts";
import { createReader } from "./config_reader.ts";
import { DEADLINES } from "./deadlines.ts";
import { digestOf } from "./domain/digest.ts";
import { PartFault } from "./domain/part_fault.ts";
import type { SessionSealer } from "./usecases/ports.ts";

/** Under the data directory. */
const SEALING_KEY_FILE = "sealing.key";
const SQLITE_FILE = "box-office.sqlite";

/** The data directory, opened only when something is in it: an edge function may have no disk. */
export function dataDirOf(config: Config): DataDir {
  return openDataDir(config.dataDir);
}

/** Opens the configured store. @param timeoutMs of one call to a store that is not on this machine */
export async function openStores(
  config: Config,
  timeoutMs = DEADLINES.storeMs,
): Promise<Stores> {
  const sealing = sealingOf(config);
  const owner = await ownerOf(config);
  if (config.store.kind === "sqlite") {
    const { openSqlite } = await import("./adapters/storage/sqlite.ts");
    return openSqlite({ path: `${dataDirOf(config).path}/${SQLITE_FILE}`, sealing, owner });
  }
  return createUpstash({
    url: config.store.url.href,
    token: config.store.token,
    sealing,
    owner,
    timeoutMs,
    // Upstash's own dialect: without it every script locks the whole database.
    keyLocking: true,
  });
}

/** The configured sealing. The generated key is made if it is not there. */
function sealingOf(config: Config): Sealing {
  return createSealing(config.sealingKeys ?? [generatedSealingKey(config)]);
}

/** A place of its own: what is sealed for a store does not open as a session, nor the other way. */
const SESSION_PLACE = "console-session";

/** Seals the console's sessions under the keys of the store. */
export function createSessionSealer(config: Config): SessionSealer {
  const sealing = sealingOf(config);
  return {
    seal: (text) => sealing.seal(SESSION_PLACE, text),
    open: (sealed) =>
      sealing.open(SESSION_PLACE, sealed).catch((error: unknown) => {
        if (error instanceof PartFault) return null;
        throw error;
      }),
  };
}

function generatedSealingKey(config: Config): { readonly id: string; readonly key: Uint8Array } {
  const random = () => crypto.getRandomValues(new Uint8Array(32)).toBase64();
  const text = dataDirOf(config).readOrCreate(SEALING_KEY_FILE, random);
  return { id: "generated", key: keyOf(text) };
}

/** @throws TypeError for a file that holds no key */
function keyOf(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text.trim());
  } catch {
    throw new TypeError(`Cannot use ${SEALING_KEY_FILE}: it is not base64`);
  }
}

/** Whose store it is: what is kept of one environment or application is nothing to another. */
export async function ownerOf({ environment, superoffice }: Config): Promise<string> {
  if (superoffice === null) return environment;
  return `${environment}-${(await digestOf(superoffice.clientId)).slice(0, 12)}`;
}

/** False for an embedded store that was never opened. */
export function hasStore(config: Config): boolean {
  return config.store.kind !== "sqlite" || isFile(config, SQLITE_FILE);
}

/**
 * Whether this environment has a store that is in use, be the rest of it usable or not: a shared one is
 * named, or an embedded one was opened before.
 */
export function namesStore(environment: Readonly<Record<string, string | undefined>>): boolean {
  const { has, text } = createReader(environment);
  return has("UPSTASH_REDIS_REST_URL") || has("UPSTASH_REDIS_REST_TOKEN") ||
    isFile({ dataDir: text("DATA_DIR") ?? DATA_DIR }, SQLITE_FILE);
}

/** False for an embedded store that opening would change: an empty one, or an older version's. */
export async function isStoreUpToDate(config: Config): Promise<boolean> {
  if (config.store.kind !== "sqlite") return true;
  const { isUpToDate } = await import("./adapters/storage/sqlite_connection.ts");
  return isUpToDate(`${config.dataDir}/${SQLITE_FILE}`);
}

/** The file of the generated sealing key, if opening the store would make it; otherwise null. */
export function missingSealingKey(config: Config): string | null {
  return config.sealingKeys !== null || isFile(config, SEALING_KEY_FILE) ? null : SEALING_KEY_FILE;
}

/** Whether there is such a file under the data directory. */
export function isFile(config: Pick<Config, "dataDir">, name: string): boolean {
  try {
    Deno.statSync(`${config.dataDir}/${name}`);
    return true;
  } catch {
    return false;
  }
}
