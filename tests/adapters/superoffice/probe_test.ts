import assert from "node:assert/strict";
import { createSuperOfficeProbe } from "../../../src/adapters/superoffice/probe.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import { createKey, NOW, startLogin } from "./fixtures.ts";

Deno.test("the probe asks once in five seconds, whether SuperOffice answers or not", async () => {
  await using login = startLogin([createKey("KEY")]);
  const clock = { now: NOW };
  const { endpoints } = login;
  const probe = createSuperOfficeProbe({ endpoints, timeoutMs: 2000, now: () => clock.now });
  const asked = () => [...login.counts.values()].reduce((sum, count) => sum + count, 0);
  for (let count = 0; count < 100; count++) await probe.check();
  assert.equal(asked(), 1);
  login.answer = () => new Response("down", { status: 503 });
  clock.now += 5000;
  for (let count = 0; count < 100; count++) {
    await assert.rejects(probe.check(), new PartFault("superoffice", "status"));
  }
  assert.equal(asked(), 2);
  login.answer = () => null;
  clock.now += 5000;
  await probe.check();
  assert.equal(asked(), 3);
});
