/**
 * What the service does without any SuperOffice of its own: a simulated one in the same process, an
 * app registration, one caller with every permission. The simulator is loaded here and nowhere else
 * in served code, and only when this is called.
 */

import { generateApiKey } from "./adapters/callers/api_keys.ts";
import type { DataDir } from "./adapters/storage/data_dir.ts";
import { generatedKey } from "./parts.ts";
import { dataDirOf } from "./parts_stores.ts";
import { print } from "./print.ts";
import type { Config, SuperOfficeConfig } from "./config.ts";
import { type CallerEntry, parseCallers } from "./domain/caller_entry.ts";
import { PERMISSIONS } from "./domain/caller.ts";
import { Secret } from "./domain/secret.ts";
import { sha256Hex } from "./domain/signed_text.ts";
import type { SuperOfficeOptions, SuperOfficeSimulator } from "./simulator/superoffice/server.ts";

export interface Sandbox {
  readonly superoffice: SuperOfficeConfig;
  readonly simulator: SuperOfficeSimulator;
  close(): Promise<void>;
}

/**
 * Starts the simulated SuperOffice. It remembers its tenants under the data directory.
 *
 * @param isCopy true for one beside the service's own: as that one was when it last saved, at ports of
 * its own, and saving nothing
 */
export async function startSandbox(config: Config, isCopy = false): Promise<Sandbox> {
  const { startSuperOffice } = await import("./simulator/superoffice/server.ts");
  const dir = dataDirOf(config);
  const publicKeyPem = config.signing.kind === "file"
    ? config.signing.pem.reveal()
    : config.signing.kind === "generated"
    ? await generatedKey(config)
    : null;
  const snapshot = dir.read("simulator.json");
  const options = {
    ...(publicKeyPem === null ? {} : { publicKeyPem }),
    ...(snapshot === null ? {} : { snapshot }),
    ...(isCopy ? {} : {
      onChange: (changed: string) => save(dir, changed),
      changeDelayMs: SAVE_MS,
    }),
  };
  const simulator = await startAtFirst(
    isCopy ? [{}] : wantedPorts(config),
    (ports) => startSuperOffice({ ...options, ...ports }),
  ).catch((error: Error) => {
    if (!error.message.startsWith("Cannot read simulator snapshot")) throw error;
    throw new Error("Cannot read simulator.json in DATA_DIR: damaged; delete it to begin anew");
  });
  return {
    simulator,
    superoffice: {
      origin: new URL(simulator.url),
      clientId: simulator.clientId,
      clientSecret: new Secret(simulator.clientSecret),
      nextClientSecret: null,
    },
    close: () => simulator.close(),
  };
}

/** How long a change may be unsaved: writing all of it for each would hold the service up. */
const SAVE_MS = 100;

/** The service goes on without: the sandbox only forgets. */
function save(dir: DataDir, snapshot: string): void {
  try {
    dir.replace("simulator.json", snapshot);
  } catch {
    print.error("Cannot save simulator.json in DATA_DIR: not writable");
  }
}

type Ports = Pick<SuperOfficeOptions, "port" | "tenantPorts">;

/** Next to the service's own port, so that bookmarks keep working; any free ones if those are taken. */
function wantedPorts({ port }: Config): readonly Ports[] {
  if (port === 0 || port + 3 > 65535) return [{}];
  return [{ port: port + 1, tenantPorts: [port + 2, port + 3] }, { port: port + 1 }, {}];
}

/** Starts at the first ports that nobody else has. */
async function startAtFirst(
  choices: readonly Ports[],
  start: (ports: Ports) => Promise<SuperOfficeSimulator>,
): Promise<SuperOfficeSimulator> {
  const [ports = {}, ...others] = choices;
  return await start(ports).catch((error) => {
    if (others.length === 0 || !(error instanceof Deno.errors.AddrInUse)) throw error;
    return startAtFirst(others, start);
  });
}

/** The sandbox's one caller. Its key stays the same under the data directory. */
export function sandboxCaller(config: Config): { apiKey: Secret; callers: readonly CallerEntry[] } {
  const apiKey = dataDirOf(config).readOrCreate(
    "sandbox_api_key",
    () => generateApiKey(() => crypto.getRandomValues(new Uint8Array(32))).key.reveal(),
  );
  const parsed = parseCallers({
    callers: [{
      id: "sandbox",
      api_key_sha256: [sha256Hex(apiKey)],
      tenants: ["*"],
      may: [...PERMISSIONS],
    }],
  });
  if (!parsed.ok) throw new Error("Cannot make the sandbox's caller: its entry is refused");
  return { apiKey: new Secret(apiKey), callers: parsed.entries };
}
