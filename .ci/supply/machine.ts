/** What this machine has of the project's packages: the lock, Deno's module graphs and its cache. */

import type { Lock, Sources } from "./packages.ts";

const ROOT = new URL("../../", import.meta.url);

/** Everything that the container caches: the service, and the worker that no import names. */
const SERVICE = ["src/main.ts", "src/adapters/signing/kms_worker.ts"];
const COMMANDS = ["src/cli.ts"];

interface Graph {
  readonly modules: readonly {
    readonly specifier: string;
    readonly npmPackage?: string;
    readonly error?: string;
  }[];
  readonly npmPackages: Readonly<Record<string, { readonly localPath: string }>>;
}

/** @throws if a module cannot be resolved from the frozen lock */
export async function readSources(): Promise<Sources> {
  const service = await Promise.all(SERVICE.map(graphOf));
  const commands = await Promise.all(COMMANDS.map(graphOf));
  // Deno lists every package of the lock, whatever the module.
  const { npmPackages } = service[0]!;
  return {
    lock: JSON.parse(await Deno.readTextFile(new URL("deno.lock", ROOT))) as Lock,
    loadedBy: { service: loadedFirst(service), commands: loadedFirst(commands) },
    manifest: (key) => {
      const folder = npmPackages[key]?.localPath;
      if (folder === undefined) throw new Error(`Cannot read ${key}: Deno does not know it`);
      return readManifest(key, folder);
    },
  };
}

function readManifest(key: string, folder: string): { readonly license?: unknown } {
  try {
    return JSON.parse(Deno.readTextFileSync(`${folder}/package.json`));
  } catch (cause) {
    throw new Error(`Cannot read ${key}: run deno install --frozen first`, { cause });
  }
}

async function graphOf(path: string): Promise<Graph> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--frozen", path],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`Cannot read the modules of ${path}: ${text.decode(stderr)}`);
  const graph: Graph = JSON.parse(text.decode(stdout));
  const broken = graph.modules.find(({ error }) => error !== undefined);
  if (broken !== undefined) {
    throw new Error(`Cannot read the modules of ${path}: ${broken.specifier} does not load`);
  }
  return graph;
}

function loadedFirst(graphs: readonly Graph[]): string[] {
  const keys = graphs.flatMap(({ modules }) => modules.map(({ npmPackage }) => npmPackage));
  return [...new Set(keys)].filter((key) => key !== undefined);
}
