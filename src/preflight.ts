/**
 * `start --check`: says whether the service could start with this environment, as far as this machine
 * can tell, and starts nothing. Asks nobody over the network: `cli doctor` does. Leaves nothing behind.
 */

import type { Config } from "./config.ts";
import type { Problem } from "./config_reader.ts";
import { readSigningKeys } from "./parts.ts";
import { serviceAccess } from "./parts_google.ts";
import { print } from "./print.ts";
import type { IdentityToken } from "./domain/google_identity.ts";

/** The service is configured by the environment alone. Ends the process unless it is to check that. */
export function readArguments(args: readonly string[]): void {
  const [only] = args;
  if (args.length === 1 && only === "--check") return;
  const isHelp = args.length === 1 && /^(--help|-h|help)$/.test(only!);
  const usage = "Usage: deno task start [--check]\n\nThe service. Everything is configured by " +
    "environment variables: see docs/configuration.md.\nWith no environment at all it starts the " +
    "sandbox. With --check it says what is wrong with them, and starts nothing.";
  if (isHelp) print.line(usage);
  else print.error(`Cannot start: arguments are not taken\n\n${usage}`);
  Deno.exit(isHelp ? 0 : 2);
}

/** @returns everything that would keep a service of this configuration from starting, or be missed by it */
export function problemsOf(config: Config, identityToken: IdentityToken | null): Problem[] {
  return [
    ...said(() => serviceAccess(config, identityToken)),
    ...said(() => config.signing.kind === "file" && readSigningKeys(config.signing)),
    ...(needsDisk(config) ? diskProblems(config.dataDir) : []),
    ...(config.ledgerArchive === null ? [] : archiveProblems(config.ledgerArchive)),
  ];
}

/** What the parts throw for a configuration is constant and names its variable. */
function said(open: () => unknown): Problem[] {
  try {
    open();
    return [];
  } catch (error) {
    const text = error instanceof Error ? error.message : "an unknown fault";
    // "Cannot use GOOGLE_CREDENTIALS: why", or "why (SIGNING_KEY_FILE)".
    const [, name, why] = /^Cannot use (\w+): (.*)$/.exec(text) ?? [];
    if (name !== undefined && why !== undefined) {
      return [{ name, problem: `cannot be used: ${why}` }];
    }
    const [, reason, variable] = /^(.*) \((\w+)\)$/.exec(text) ?? [];
    if (reason === undefined || variable === undefined) throw error;
    return [{ name: variable, problem: `cannot be used: ${reason}` }];
  }
}

/** Whether anything is kept under `DATA_DIR`. */
function needsDisk({ store, signing, sealingKeys, ledgerKey, callers }: Config): boolean {
  return store.kind === "sqlite" || signing.kind === "generated" || sealingKeys === null ||
    ledgerKey.kind === "generated" || callers === null;
}

/** A folder that is not there is made at the start, in the nearest one that is. */
function diskProblems(path: string): Problem[] {
  let folder = path;
  while (!isThere(folder)) {
    const parent = folder.replace(/\/*[^/]*\/*$/, "");
    folder = parent !== "" ? parent : folder.startsWith("/") ? "/" : ".";
  }
  try {
    Deno.removeSync(Deno.makeTempFileSync({ dir: folder, prefix: ".box-office-check-" }));
    return [];
  } catch {
    return [{ name: "DATA_DIR", problem: "is no folder that can be written to" }];
  }
}

/** What may not be looked at is there for all we know: writing will tell. */
function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.NotFound);
  }
}

function archiveProblems(path: string): Problem[] {
  try {
    if (Deno.statSync(path).isDirectory) return [];
  } catch {
    // Said below.
  }
  return [{ name: "LEDGER_ARCHIVE", problem: "is no folder that can be read" }];
}
