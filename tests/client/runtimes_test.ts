/**
 * The client, unchanged, on Deno, Node and Cloudflare's workerd, against a whole service. What runs on
 * Node and workerd is the package that docs/client.md has people make: its types taken off, nothing else.
 */

import assert from "node:assert/strict";
import { Miniflare } from "miniflare";
import { createTicketClient } from "../../src/client/mod.ts";
import { requires } from "../support/requirement.ts";
import { API_KEY, startService, TENANT, type TestService } from "../support/service.ts";
import { fromFileUrl } from "../support/paths.ts";
import { scenario } from "./scenario.js";

const ROOT = new URL("../../", import.meta.url);
const SCENARIO = new URL("scenario.js", import.meta.url);
type Setting = Parameters<typeof scenario>[1];
type Result = Awaited<ReturnType<typeof scenario>>;

/** Unpacks the client's package into a folder. @returns the folder of its modules */
async function unpackClient(folder: string): Promise<string> {
  const run = async (command: string, args: readonly string[], cwd: string) => {
    const { success, stderr } = await new Deno.Command(command, { args: [...args], cwd }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  };
  const packing = ["pack", "-q", "--allow-dirty", "-o", `${folder}/client.tgz`, "src/client"];
  await run(Deno.execPath(), packing, fromFileUrl(ROOT));
  await run("tar", ["xzf", "client.tgz"], folder);
  return `${folder}/package/src/client`;
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "box-office-test-" });
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A service whose tenant has consented, and an address that deletes the tenant's tickets. */
async function withSetting(
  via: Setting["via"],
  work: (setting: Setting, service: TestService) => Promise<void>,
): Promise<void> {
  const service = await startService();
  const { control, clientSecret } = service.simulator;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    control.deleteTickets(TENANT);
    return new Response();
  });
  try {
    await service.consent();
    const deleteTickets = `http://127.0.0.1:${server.addr.port}/`;
    const url = service.url.href;
    const setting = { url, credential: API_KEY, clientSecret, tenant: TENANT, deleteTickets, via };
    await work(setting, service);
  } finally {
    await server.shutdown();
    await service.close();
  }
}

const RUNTIMES: Readonly<Record<string, (setting: Setting) => Promise<Result>>> = {
  Deno: (setting) => scenario(createTicketClient, setting),

  Node: (setting) =>
    withFolder(async (folder) => {
      const modules = await unpackClient(folder);
      await Deno.copyFile(SCENARIO, `${modules}/scenario.js`);
      const program = `import { createTicketClient } from "./mod.js";
        import { scenario } from "./scenario.js";
        const result = await scenario(createTicketClient, ${JSON.stringify(setting)});
        console.log(JSON.stringify(result));`;
      await Deno.writeTextFile(`${modules}/main.js`, program);
      const { stdout, stderr } = await new Deno.Command("node", {
        args: ["main.js"],
        cwd: modules,
      }).output();
      assert.equal(new TextDecoder().decode(stderr), "");
      return JSON.parse(new TextDecoder().decode(stdout));
    }),

  workerd: (setting) =>
    withFolder(async (folder) => {
      const modules = await unpackClient(folder);
      const module = (path: string, contents: string) =>
        ({ type: "ESModule", path, contents }) as const;
      const worker = `import { createTicketClient } from "./mod.js";
        import { scenario } from "./scenario.js";
        export default {
          async fetch(request) {
            return Response.json(await scenario(createTicketClient, await request.json()));
          },
        };`;
      const miniflare = new Miniflare({
        compatibilityDate: "2026-06-01",
        modules: [
          module("worker.js", worker),
          module("scenario.js", await Deno.readTextFile(SCENARIO)),
          ...[...Deno.readDirSync(modules)].filter(({ name }) => name.endsWith(".js"))
            .map(({ name }) => module(name, Deno.readTextFileSync(`${modules}/${name}`))),
        ],
      });
      try {
        const answer = await miniflare.dispatchFetch("http://worker/", {
          method: "POST",
          body: JSON.stringify(setting),
        });
        const text = await answer.text();
        assert.equal(answer.status, 200, text);
        return JSON.parse(text);
      } finally {
        await miniflare.dispose();
      }
    }),
};

for (const [runtime, run] of Object.entries(RUNTIMES)) {
  for (const via of ["direct", "relay"] as const) {
    Deno.test({
      name:
        `on ${runtime}, ${via}: a company, and a deleted ticket is one renewal that nobody sees`,
      ...(runtime === "Node" ? requires("node") : {}),
      // Miniflare leaves its own ends to its own time.
      sanitizeOps: runtime !== "workerd",
      sanitizeResources: runtime !== "workerd",
      fn: () =>
        withSetting(via, async (setting, { simulator }) => {
          const result = await run(setting);
          assert.deepEqual(result.names, ["Before", "After"]);
          assert.equal(result.status, 200);
          assert.deepEqual(result.generations, [1, 2]);
          assert.ok(!result.printed.includes("7T:"));
          assert.equal(simulator.control.contacts(TENANT).length, 2);
          assert.equal(simulator.control.exchangeCount(), 2);
        }),
    });
  }
}
