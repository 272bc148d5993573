/** Who we are at Google, from the configuration and whoever started the program. Only wires. */

import { requireUsable } from "./adapters/signing/google_access.ts";
import type { Config } from "./config.ts";
import { type GoogleConfig, readGoogle } from "./config_google.ts";
import { createReader } from "./config_reader.ts";
import type { GoogleAccess, IdentityToken } from "./domain/google_identity.ts";
import { UsageFault } from "./usage_fault.ts";

/**
 * As whom the service acts.
 *
 * @returns null: Google's library is to find out
 * @throws Error, constant, for credentials that cannot be used, and for a supplier that cannot
 */
export function serviceAccess(
  { google, signing, ledgerKey }: Pick<Config, "google" | "signing" | "ledgerKey">,
  identityToken: IdentityToken | null,
): GoogleAccess | null {
  const isNeeded = signing.kind === "google_kms" || ledgerKey.kind === "google_kms";
  if (google.kind === "default" && identityToken !== null && isNeeded) {
    throw new Error(
      "Cannot use identityToken: GCP_WORKLOAD_PROVIDER_ID or GOOGLE_CREDENTIALS must say whom it is for",
    );
  }
  return accessOf(google, identityToken);
}

function accessOf(
  config: GoogleConfig,
  identityToken: IdentityToken | null,
): GoogleAccess | null {
  switch (config.kind) {
    case "default":
      return null;
    case "credentials": {
      const access = { identity: config.identity, identityToken };
      requireUsable(access);
      return access;
    }
    case "platform":
      // Without a supplier the platform may still have a way of its own, which Google's library knows.
      return identityToken === null ? null : { identity: config.identity, identityToken };
  }
}

/** As whom commands act: nobody supplies a token to them. @throws UsageFault */
export function commandAccess(
  config: GoogleConfig = configFrom(Deno.env.toObject()),
): GoogleAccess | null {
  try {
    return accessOf(config, null);
  } catch (error) {
    // A constant.
    throw error instanceof Error ? new UsageFault(error.message) : error;
  }
}

/** @throws UsageFault */
function configFrom(environment: Readonly<Record<string, string | undefined>>): GoogleConfig {
  const reader = createReader(environment);
  const config = readGoogle(reader);
  const [problem] = reader.problems;
  if (problem === undefined) return config;
  throw new UsageFault(`Cannot use the environment: ${problem.name} ${problem.problem}`);
}
