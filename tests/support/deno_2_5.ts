/**
 * Deno 2.5, the runtime that Deno Deploy documents, as a program beside the one that runs the tests:
 * `deno-2.5` somewhere in PATH. It shares the packages that are here already, and nothing else.
 */

import { requireProgram } from "./requirement.ts";

export interface OlderDeno {
  /** Where the program is. */
  readonly program: string;
  /** What it needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** This repository's configuration, without what only later versions read. */
  readonly config: string;
  close(): Promise<void>;
}

/** @throws Error if it is not on this machine */
export async function openOlderDeno(): Promise<OlderDeno> {
  const program = requireProgram("deno-2.5");
  const folder = await Deno.makeTempDir({ prefix: "box-office-deno-2.5-" });
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { npmCache } = JSON.parse(new TextDecoder().decode(stdout));
  await Deno.symlink(npmCache, `${folder}/npm`);
  const config = `${folder}/deno.json`;
  await Deno.writeTextFile(config, JSON.stringify(await olderConfig()));
  return {
    program,
    // By default it does not look at this machine's certificates, as the later one does.
    env: { DENO_DIR: folder, DENO_TLS_CA_STORE: "mozilla,system", NO_COLOR: "1" },
    config,
    close: () => Deno.remove(folder, { recursive: true }),
  };
}

/**
 * Only `deno test` and `deno check` need it: sanitizers in a configuration are 2.8's, and the types of
 * Node that this version adds by itself are not in the lock. `deno run` takes ours as it is.
 */
async function olderConfig(): Promise<Record<string, unknown>> {
  const text = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  const { imports, unstable, compilerOptions } = JSON.parse(text);
  return { imports, unstable, compilerOptions, nodeModulesDir: "none", lock: false };
}
