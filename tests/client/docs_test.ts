/** The snippets of the documentation run as they stand, against a whole service. */

import assert from "node:assert/strict";
import { fromFileUrl } from "../support/paths.ts";
import { API_KEY, startService, TENANT } from "../support/service.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGES = ["README.md", "docs/client.md", "src/client/mod.ts"];

Deno.test("every snippet about the client runs, with what the pages say that it needs", async () => {
  const service = await startService();
  try {
    await service.consent();
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "--doc", "--no-prompt", "--allow-env", "--allow-net", ...PAGES],
      cwd: fromFileUrl(ROOT),
      env: {
        NO_COLOR: "1",
        BOX_OFFICE_URL: service.url.origin,
        BOX_OFFICE_KEY: API_KEY,
        SUPEROFFICE_CLIENT_SECRET: service.simulator.clientSecret,
      },
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert.ok(success, said);
    const snippets = PAGES.map((page) =>
      Deno.readTextFileSync(new URL(page, ROOT)).match(/^(?: \* )?```ts$/gm)?.length ?? 0
    );
    assert.ok(snippets.every((count) => count > 0), "a page has no snippet");
    const count = snippets.reduce((sum, it) => sum + it, 0);
    assert.match(said, new RegExp(`\\b${count} passed \\| 0 failed`));
    const companies = service.simulator.control.contacts(TENANT).map(({ Name }) => Name);
    assert.ok(companies.includes("A company"));
    assert.match(said, /An administrator of the tenant must connect\./);
    assert.doesNotMatch(said, new RegExp(`7T:[^e]|${API_KEY}`));
  } finally {
    await service.close();
  }
});

Deno.test("the page about the client names every option and every code of its own", async () => {
  const page = await Deno.readTextFile(new URL("docs/client.md", ROOT));
  const types = await Deno.readTextFile(new URL("src/client/types.ts", ROOT));
  const rows = (heading: string) =>
    [...page.split(`## ${heading}\n`)[1]!.split("\n## ")[0]!.matchAll(/^\| `(\w+)` +\|/gm)]
      .map(([, name]) => name);
  const options = /interface TicketClientOptions \{([\s\S]*?)\n\}/.exec(types)![1]!;
  assert.deepEqual(
    rows("Options"),
    [...options.matchAll(/readonly (\w+)\??:/g)].map(([, it]) => it),
  );
  const own = /type OwnCode =([\s\S]*?);/.exec(types)![1]!;
  assert.deepEqual(
    rows("When it does not work"),
    [...own.matchAll(/"(\w+)"/g)].map(([, code]) => code),
  );
});

Deno.test("the service's codes in the client's types are exactly those of the README", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const types = await Deno.readTextFile(new URL("src/client/types.ts", ROOT));
  const known = /type ServiceCode =([\s\S]*?);/.exec(types)![1]!;
  assert.deepEqual(
    [...known.matchAll(/"(\w+)"/g)].map(([, code]) => code).sort(),
    [...readme.matchAll(/^\| `([a-z_]+)` +\| \d{3} +\|/gm)].map(([, code]) => code).sort(),
  );
});

Deno.test("the page lists the headers that the relay passes on, and those that it keeps back", async () => {
  const page = await Deno.readTextFile(new URL("docs/client.md", ROOT));
  const source = await Deno.readTextFile(
    new URL("src/adapters/superoffice/relay_transport.ts", ROOT),
  );
  const section = page.split("## What the relay passes on\n")[1]!.split("\n## ")[0]!;
  const [there = "", back = ""] = section.split("No other header of yours does");
  const listed = (text: string) =>
    [...text.matchAll(/^- [\s\S]*?(?=\n- |\n\n)/gm)]
      .flatMap(([item]) => [...item.matchAll(/`([a-z0-9-]+[a-z0-9])`/g)].map(([, name]) => name!));
  const coded = (name: string) =>
    [...new RegExp(`const ${name} = [^[]*\\[([\\s\\S]*?)\\]`).exec(source)![1]!
      .matchAll(/"([a-z0-9-]+)"/g)].map(([, header]) => header!);
  assert.deepEqual(listed(there).sort(), coded("REQUEST_HEADERS").sort());
  assert.deepEqual(listed(back).sort(), coded("WITHHELD").sort());
});
