/**
 * What the service does without any SuperOffice of its own: a simulated one in the same process, an
 * app registration, one caller with every permission. The simulator is loaded here and nowhere else
 * in served code, and only when this is called.
 */

import { generateApiKey } from "./adapters/callers/api_keys.ts";
import { dataDirOf, generatedKey } from "./parts.ts";
import type { Config, SuperOfficeConfig } from "./config.ts";
import { type CallerEntry, parseCallers } from "./domain/caller_entry.ts";
import { PERMISSIONS } from "./domain/caller.ts";
import { Secret } from "./domain/secret.ts";
import { sha256Hex } from "./domain/signed_text.ts";
import type { SuperOfficeSimulator } from "./simulator/superoffice/server.ts";

export interface Sandbox {
  readonly superoffice: SuperOfficeConfig;
  readonly simulator: SuperOfficeSimulator;
  close(): Promise<void>;
}

/** Starts the simulated SuperOffice. It remembers its tenants under the data directory. */
export async function startSandbox(config: Config): Promise<Sandbox> {
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
    onChange: (changed: string) => dir.replace("simulator.json", changed),
  };
  const simulator = await startSuperOffice({ ...options, port: simulatorPort(config) })
    .catch((error) => {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      return startSuperOffice(options);
    });
  return {
    simulator,
    superoffice: {
      origin: new URL(simulator.url),
      clientId: simulator.clientId,
      clientSecret: new Secret(simulator.clientSecret),
    },
    close: () => simulator.close(),
  };
}

/** Next to the service's own port, so that bookmarks keep working; any free one if that is taken. */
function simulatorPort(config: Config): number {
  return config.port === 0 || config.port === 65535 ? 0 : config.port + 1;
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
