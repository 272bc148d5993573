/**
 * Programs that use the client, on Deno, Node and Cloudflare's workerd. What runs on Node and workerd is
 * the package that docs/client.md has people make: its types taken off, nothing else.
 */

import assert from "node:assert/strict";
import { Miniflare } from "miniflare";
import * as client from "../../src/client/mod.ts";
import { fromFileUrl } from "../support/paths.ts";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));
const PACKAGE = "@box-office/box-office";

/** A module of plain JavaScript whose `scenario` gets the client and a setting that is JSON. */
export interface Program<Setting, Result> {
  readonly url: URL;
  readonly scenario: (
    createTicketClient: typeof client.createTicketClient,
    setting: Setting,
  ) => Promise<Result>;
}

export const RUNTIMES = ["Deno", "Node", "workerd"] as const;
export type Runtime = typeof RUNTIMES[number];

/** Runs a program's scenario. @returns what came of it, as JSON */
export async function runOn<Setting, Result>(
  runtime: Runtime,
  { url, scenario }: Program<Setting, Result>,
  setting: Setting,
): Promise<Result> {
  if (runtime === "Deno") {
    return JSON.parse(JSON.stringify(await scenario(client.createTicketClient, setting)));
  }
  const files = { "scenario.js": await Deno.readTextFile(url) };
  const imports = `import { createTicketClient } from "${PACKAGE}/client";
    import { scenario } from "./scenario.js";`;
  if (runtime === "Node") {
    const main = `${imports}
      console.log(JSON.stringify(await scenario(createTicketClient, ${JSON.stringify(setting)})));`;
    const modules = { ...files, "main.js": main, "package.json": '{"type":"module"}' };
    return await withClientFolder(modules, async (folder) => {
      const node = new Deno.Command("node", { args: ["main.js"], cwd: folder });
      const { stdout, stderr } = await node.output();
      assert.equal(new TextDecoder().decode(stderr), "");
      return JSON.parse(new TextDecoder().decode(stdout));
    });
  }
  const worker = `${imports}
    export default {
      async fetch(request) {
        return Response.json(await scenario(createTicketClient, await request.json()));
      },
    };`;
  return await withWorker({ "worker.js": worker, ...files }, {}, async (send) => {
    const answer = await send("/", { method: "POST", body: JSON.stringify(setting) });
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    return JSON.parse(text);
  });
}

/** Gives a folder with these files in which the packed client is installed. */
export async function withClientFolder<T>(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  return await withFolder(async (folder) => {
    const installed = Object.entries(await packedClient())
      .map(([path, text]) => [`node_modules/${PACKAGE}/${path}`, text] as const);
    for (const [path, text] of [...installed, ...Object.entries(files)]) {
      await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${folder}/${path}`, text);
    }
    return await work(folder);
  });
}

/** Gives a Worker of these modules, of which the first is the entry, with the packed client. */
export async function withWorker<T>(
  modules: Readonly<Record<string, string>>,
  bindings: Readonly<Record<string, string>>,
  work: (send: (path: string, init?: RequestInit) => Promise<Response>) => Promise<T>,
): Promise<T> {
  const packed = await packedClient();
  const entry = JSON.parse(packed["package.json"]!).exports["./client"].import as string;
  const all = {
    ...modules,
    [`${PACKAGE}/client`]: `export * from "${entry}";`,
    ...Object.fromEntries(
      Object.entries(packed).filter(([path]) => path.endsWith(".js"))
        .map(([path, text]) => [`${PACKAGE}/${path}`, text]),
    ),
  };
  const miniflare = new Miniflare({
    compatibilityDate: "2026-06-01",
    bindings: { ...bindings },
    modules: Object.entries(all).map(([path, contents]) => ({ type: "ESModule", path, contents })),
  });
  try {
    const origin = await miniflare.ready;
    return await work((path, init) => fetch(new URL(path, origin), init));
  } finally {
    await miniflare.dispose();
  }
}

let packed: Promise<Readonly<Record<string, string>>> | null = null;

/** The package's files by their paths. Made once: it takes a second. */
function packedClient(): Promise<Readonly<Record<string, string>>> {
  packed ??= withFolder(async (folder) => {
    await run([
      Deno.execPath(),
      "pack",
      "-q",
      "--allow-dirty",
      "-o",
      `${folder}/client.tgz`,
      "src/client",
    ], ROOT);
    await run(["tar", "xzf", "client.tgz"], folder);
    const files: Record<string, string> = {};
    const visit = async (below: string) => {
      for await (const { name, isDirectory } of Deno.readDir(`${folder}/package/${below}`)) {
        if (isDirectory) await visit(`${below}${name}/`);
        else files[below + name] = await Deno.readTextFile(`${folder}/package/${below}${name}`);
      }
    };
    await visit("");
    return files;
  });
  return packed;
}

/** A program without types. */
export async function withoutTypes(url: URL): Promise<string> {
  return await withFolder(async (folder) => {
    const output = `${folder}/output.js`;
    await run([Deno.execPath(), "transpile", "-q", "-o", output, fromFileUrl(url)], ROOT);
    return await Deno.readTextFile(output);
  });
}

export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "box-office-test-" });
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function run([program, ...args]: readonly string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(program!, { args, cwd }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
}
