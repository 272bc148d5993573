/** Every file of docs/examples runs, where it says that it runs, against a whole service. */

import assert from "node:assert/strict";
import { createBrowser } from "../../src/demo_browser.ts";
import { fromFileUrl } from "../support/paths.ts";
import { requires } from "../support/requirement.ts";
import { API_KEY, startService, TENANT, type TestService } from "../support/service.ts";
import { startProgram } from "./programs.ts";
import { withClientFolder, withFolder, withoutTypes, withWorker } from "./runtimes.ts";

const EXAMPLES = new URL("../../docs/examples/", import.meta.url);
const CLIENT = new URL("../../src/client/", import.meta.url);
const read = (name: string) => Deno.readTextFile(new URL(name, EXAMPLES));

/** A service whose tenant has consented, and the environment that the examples ask for. */
async function withService(
  work: (service: TestService, env: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const service = await startService();
  try {
    await service.consent();
    await work(service, {
      BOX_OFFICE_URL: service.url.origin,
      BOX_OFFICE_KEY: API_KEY,
      SUPEROFFICE_CLIENT_SECRET: service.simulator.clientSecret,
      TENANT,
    });
  } finally {
    await service.close();
  }
}

/** What docs/client.md has people do for Deno: a copy of the client, and a name for it. */
async function withDenoFolder(
  example: string,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const imports = { "@box-office/box-office/client": "./box-office-client/mod.ts" };
    await Deno.mkdir(`${folder}/box-office-client`);
    for await (const { name } of Deno.readDir(CLIENT)) {
      await Deno.copyFile(new URL(name, CLIENT), `${folder}/box-office-client/${name}`);
    }
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ imports }));
    await Deno.writeTextFile(`${folder}/${example}`, await read(example));
    await work(folder);
  });
}

type Post = (body: string, method?: string) => Promise<Response>;

/** A function that creates companies does so, and refuses what is none without asking anybody. */
async function assertCreates({ simulator }: TestService, post: Post): Promise<void> {
  const created = await post(JSON.stringify({ name: "A company" }));
  const text = await created.text();
  assert.equal(created.status, 201, text);
  const [company, ...others] = simulator.control.contacts(TENANT);
  assert.deepEqual(JSON.parse(text), { id: company?.ContactId });
  assert.equal(company?.Name, "A company");
  assert.deepEqual(others, []);
  for (const body of ["", "null", "[]", '{"name": 1}', '{"name": ""}', '{"name": "a\\u0000"}']) {
    const refused = await post(body);
    assert.deepEqual([refused.status, await refused.text()], [400, "A company needs a name."]);
  }
  const other = await post("{}", "PUT");
  assert.deepEqual([other.status, await other.text()], [405, "Use POST."]);
  simulator.control.revoke(TENANT);
  simulator.control.deleteTickets(TENANT);
  const withdrawn = await post(JSON.stringify({ name: "Another" }));
  assert.deepEqual([withdrawn.status, await withdrawn.text()], [
    503,
    "The company was not created.",
  ]);
  assert.equal(simulator.control.contacts(TENANT).length, 1);
}

Deno.test("deno_deploy.ts creates a company", () =>
  withService((service, env) =>
    withDenoFolder("deno_deploy.ts", async (folder) => {
      const args = ["run", "--no-prompt", "--allow-net", "--allow-env", "deno_deploy.ts"];
      const program = startProgram(Deno.execPath(), args, folder, {
        ...env,
        DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0",
      });
      try {
        const [url] = await program.said(/http:\/\/127\.0\.0\.1:\d+\//);
        await assertCreates(service, (body, method = "POST") => fetch(url, { method, body }));
        assert.match(program.text(), /\(consent_withdrawn\)/);
        assert.doesNotMatch(program.text(), new RegExp(`7T:|${API_KEY}`));
      } finally {
        await program.end();
      }
    })
  ));

Deno.test({
  name: "cloudflare_worker.ts creates a company on workerd",
  // Miniflare leaves its own ends to its own time.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withService(async (service, env) => {
      const { main, vars } = JSON.parse((await read("wrangler.jsonc")).replace(/^ *\/\/.*$/gm, ""));
      const worker = await withoutTypes(new URL(main, EXAMPLES));
      const { BOX_OFFICE_KEY, ...others } = env;
      const known = Object.entries(others).filter(([name]) => Object.hasOwn(vars, name));
      const bindings = { ...Object.fromEntries(known), BOX_OFFICE_KEY: BOX_OFFICE_KEY! };
      assert.deepEqual(
        Object.keys(bindings).sort(),
        [...Object.keys(vars), "BOX_OFFICE_KEY"].sort(),
      );
      await withWorker({ "worker.js": worker }, bindings, async (send) => {
        await assertCreates(service, (body, method = "POST") => send("/", { method, body }));
      });
    }),
});

Deno.test({
  name: "node.mjs creates a company, and its exit codes say what came of it",
  ...requires("node"),
  fn: () =>
    withService((service, env) =>
      read("node.mjs").then((source) =>
        withClientFolder({ "node.mjs": source }, async (folder) => {
          const run = async (...args: string[]) => {
            const node = startProgram("node", ["node.mjs", ...args], folder, env);
            return { code: await node.exit(), text: node.text() };
          };
          const { control } = service.simulator;
          const created = await run("A company");
          const [company] = control.contacts(TENANT);
          assert.deepEqual(created, { code: 0, text: `${company?.ContactId}\n` });
          assert.equal(company?.Name, "A company");
          assert.equal((await run()).code, 2);
          assert.equal((await run("two\nlines")).code, 2);
          control.revoke(TENANT);
          control.deleteTickets(TENANT);
          const withdrawn = await run("Another");
          assert.equal(withdrawn.code, 1);
          assert.match(withdrawn.text, /\(consent_withdrawn\) [\w-]+\n$/);
          assert.equal(control.contacts(TENANT).length, 1);
        })
      )
    ),
});

Deno.test("new_tenants.ts sees each tenant once, in order, while it runs and after a restart", () =>
  withService((service, env) =>
    withDenoFolder("new_tenants.ts", async (folder) => {
      const consent = async () => {
        const { contextIdentifier } = service.simulator.control.addTenant();
        const browser = createBrowser();
        const address = new URL(`/consent?tenant=${contextIdentifier}`, service.url);
        let page = await browser.press(await browser.open(address), "Sign in");
        if (page.text.includes("I approve")) page = await browser.press(page, "I approve");
        const last = await browser.press(page, "Continue");
        assert.match(last.text, new RegExp(contextIdentifier));
        return contextIdentifier;
      };
      const start = () => {
        const allowed = ["--allow-net", "--allow-env", "--allow-read=.", "--allow-write=."];
        const args = ["run", "--no-prompt", ...allowed, "new_tenants.ts"];
        return startProgram(Deno.execPath(), args, folder, { ...env, POLL_SECONDS: "0.05" });
      };
      const seen = (text: string) =>
        text.split("\n").slice(0, -1).map((line) => JSON.parse(line).contextIdentifier);

      const first = start();
      let second = "";
      try {
        await first.said(new RegExp(TENANT));
        second = await consent();
        await first.said(new RegExp(second));
        first.kill("SIGTERM");
        assert.equal(await first.exit(), 0);
        assert.deepEqual(seen(first.text()), [TENANT, second]);
      } finally {
        await first.end();
      }

      const third = await consent();
      const again = start();
      try {
        await again.said(new RegExp(third));
        again.kill("SIGTERM");
        assert.equal(await again.exit(), 0);
        assert.deepEqual(seen(again.text()), [third]);
      } finally {
        await again.end();
      }

      await Deno.writeTextFile(`${folder}/new_tenants.cursor`, "");
      const damaged = start();
      assert.equal(await damaged.exit(), 1);
      assert.match(damaged.text(), /Cannot go on: new_tenants\.cursor is damaged/);
    })
  ));

Deno.test("README of the examples names every file there, and each is tested here", async () => {
  const readme = await read("README.md");
  const here = await Deno.readTextFile(fromFileUrl(new URL(import.meta.url)));
  for await (const { name } of Deno.readDir(EXAMPLES)) {
    if (name === "README.md") continue;
    assert.ok(readme.includes(`[${name}](${name})`), `${name} is not in the README`);
    assert.ok(here.includes(name), `${name} is not tested`);
  }
});
