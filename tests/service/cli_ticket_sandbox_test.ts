/** `ticket get` beside a sandbox that runs: nothing of its exchange may reach the sandbox's store. */

import assert from "node:assert/strict";
import { createBrowser } from "../../src/demo_browser.ts";
import { createMarks } from "../support/marks.ts";
import { freePort, runTask, startTask } from "../support/processes.ts";

const TENANT = "Cust12345";

Deno.test("in the sandbox a copy of SuperOffice is exchanged with, and its ticket kept from the store", async () => {
  const folder = await Deno.makeTempDir();
  const env = { DATA_DIR: folder, PORT: String(freePort()) };
  const get = (...args: string[]) =>
    runTask("cli", { env, args: ["ticket", "get", TENANT, ...args] });
  const before = await get();
  assert.deepEqual([before.code, before.stdout], [2, ""]);
  const process = startTask("start", { env });
  try {
    const [, service] = await process.line(/^1\. Open (\S+), press/);
    const [, key] = await process.line(/Bearer ([^"]+)"/);
    const browser = createBrowser();
    let page = await browser.press(await browser.open(service!), "Connect SuperOffice");
    page = await browser.press(page, "Sign in");
    if (page.text.includes("I approve")) page = await browser.press(page, "I approve");
    await browser.press(page, "Continue");

    const told = await get("--verbose");
    assert.equal(told.code, 0, told.stderr);
    assert.match(told.stderr, /\nSandbox: SuperOffice is simulated inside the service\. /);
    assert.match(told.stderr, /its ticket is good nowhere else and is not stored\.\n/);
    assert.match(told.stderr, /ledger {8}entry 1: sign_intent\n/);
    assert.match(told.stdout, /^generation +1, by an exchange just now$/m);
    const again = await get();
    assert.match(again.stdout, /by an exchange just now/);

    const headers = { authorization: `Bearer ${key}` };
    const answer = await fetch(new URL(`/v1/tenants/${TENANT}/ticket`, service), { headers });
    assert.equal(answer.headers.get("x-ticket-source"), "exchange");
    const held = await answer.json();
    assert.equal(held.generation, 1);
    // It is good where the sandbox's tenant is.
    const { client_secret } = JSON.parse(Deno.readTextFileSync(`${folder}/simulator.json`)).apps[0];
    const used = await fetch(new URL("v1/User/currentPrincipal", held.webapi_url), {
      headers: { authorization: `SOTicket ${held.ticket}`, "so-apptoken": client_secret },
    });
    assert.equal(used.status, 200, await used.text());

    const kept = await get("--json");
    assert.equal(kept.stderr, "");
    assert.deepEqual(
      [JSON.parse(kept.stdout).source, JSON.parse(kept.stdout).webapi_url],
      ["store", held.webapi_url],
    );
    const marks = createMarks();
    marks.add("client secret", client_secret);
    marks.add("ticket", held.ticket);
    for (const { stdout, stderr } of [told, again, kept]) {
      assert.deepEqual(marks.find(stdout + stderr), []);
    }
    const verified = await runTask("cli", { env, args: ["ledger", "verify"] });
    assert.equal(verified.code, 0, verified.stderr);
  } finally {
    await process.end();
    await Deno.remove(folder, { recursive: true });
  }
});
