/** The `type` of a problem leads to what to do about it, at the service that answered. */

import assert from "node:assert/strict";
import { PROBLEM_HELP } from "../../src/http/problem_pages.ts";
import { startService } from "../support/service.ts";

Deno.test("whoever follows the type of a problem reads what its code means and what to do", async () => {
  const service = await startService();
  try {
    // From the front door, and from the others.
    for (const path of ["/v1/tenants/Cust12345/ticket", "/v1/tenants", "/nothing"]) {
      const answer = await fetch(new URL(path, service.url));
      const { type, code } = await answer.json();
      assert.equal(type, `/problems/${code}`);
      const page = await fetch(new URL(type, answer.url));
      assert.equal(page.status, 200);
      assert.equal(page.headers.get("content-type"), "text/plain; charset=UTF-8");
      const { means, do: remedy } = PROBLEM_HELP[code as keyof typeof PROBLEM_HELP];
      const text = await page.text();
      assert.ok(text.startsWith(`${code}\n\nMeans: ${means}.\n`), text);
      assert.ok(text.endsWith(`\nDo: ${remedy}.\n`), text);
    }
  } finally {
    await service.close();
  }
});

Deno.test("every code has its page, and what is no code has none", async () => {
  const service = await startService();
  try {
    const statusOf = async (name: string) => {
      const page = await fetch(new URL(`/problems/${name}`, service.url), {
        headers: { accept: "text/html" },
      });
      await page.body?.cancel();
      return page.status;
    };
    for (const code of Object.keys(PROBLEM_HELP)) assert.equal(await statusOf(code), 200, code);
    for (const name of ["", "unknown", "constructor", "__proto__", "%00", "not_found/more"]) {
      assert.equal(await statusOf(name), 404, name);
    }
  } finally {
    await service.close();
  }
});
