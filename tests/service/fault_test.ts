import assert from "node:assert/strict";
import { createApp } from "../../src/http/app.ts";
import type { FrontParts } from "../../src/http/app_parts.ts";
import { CALLER } from "../support/parts.ts";
import { createMemoryLog, TENANT } from "../support/service.ts";

const PATH = `/v1/tenants/${TENANT}/ticket`;

/** An app whose tickets break as told; nothing else of it is asked. */
function broken(get: () => never | Promise<never>) {
  const log = createMemoryLog();
  const parts = { log, callers: { identify: () => CALLER }, tickets: { get } };
  const noDoors = () => Promise.reject(new Error("Cannot open: not part of this test"));
  return { log, app: createApp(parts as unknown as FrontParts, noDoors) };
}

const fault = () => new TypeError("MARK-of-a-secret");

for (
  const [how, get] of [
    ["at once", () => {
      throw fault();
    }],
    ["later", () => Promise.reject(fault())],
  ] as const
) {
  Deno.test(`a fault that nobody foresaw, ${how}, is a problem document that tells nothing`, async () => {
    const { app, log } = broken(get);
    const answer = await app.request(PATH, { headers: { "x-request-id": "r-1" } });
    assert.equal(answer.status, 500);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    const body = await answer.json();
    assert.deepEqual([body.code, body.request_id], ["internal_fault", "r-1"]);
    assert.doesNotMatch(JSON.stringify(body), /MARK/);
    assert.deepEqual(log.lines.map((line) => line.event), ["http.fault"]);
  });
}

Deno.test("doors that could not be loaded are loaded again by whoever knocks next", async () => {
  const log = createMemoryLog();
  let loads = 0;
  const app = createApp({ log } as unknown as FrontParts, async () => {
    await Promise.resolve();
    if (++loads === 1) throw fault();
    return { fetch: () => new Response("open") };
  });
  const answers = [];
  for (let count = 0; count < 3; count++) {
    const answer = await app.request("/readyz");
    answers.push(answer.status);
    await answer.body?.cancel();
  }
  assert.deepEqual(answers, [500, 200, 200]);
  assert.equal(loads, 2);
});
