/**
 * Bent requests to the real callback: the token is valid, what carries it is not. Each row begins a
 * consent of its own; after all rows the straight request works.
 */

import assert from "node:assert/strict";
import { assertRefusalPage, begin, remembered, textOf } from "../support/callback.ts";
import { createMarks } from "../support/marks.ts";
import { startService, TENANT, type TestService } from "../support/service.ts";
import {
  type At,
  BODIES,
  BROWSERS,
  CODES,
  fields,
  FORMS,
  type Row,
  STATES,
} from "./bent_requests.ts";

const KINDS = {
  "from another browser": BROWSERS,
  "with a wrong state": STATES,
  "with a bent form": FORMS,
  "with a body of another kind": BODIES,
  "with a wrong code": CODES,
};

async function start(service: TestService): Promise<At> {
  const begun = await begin(service.url);
  const { nonce } = begun;
  const token = service.simulator.control.mintIdToken({ ctx: TENANT, nonce });
  return { service, begun, token };
}

async function refuse(service: TestService, request: Row[1]): Promise<void> {
  const before = await remembered(service);
  const at = await start(service);
  const answer = await request(at);
  assertRefusalPage(answer);
  const marks = createMarks();
  marks.addToken("token", at.token);
  marks.add("state", at.begun.state);
  marks.add("nonce", at.begun.nonce);
  assert.deepEqual(marks.find(textOf(answer)), []);
  assert.equal(answer.headers.get("location"), null);
  assert.deepEqual(await remembered(service), before);
}

Deno.test("bent requests leave nothing behind", async (t) => {
  const service = await startService();
  const { control } = service.simulator;
  control.approve(TENANT);
  control.addTenant({ contextIdentifier: "Cust99999" });
  try {
    for (const [kind, rows] of Object.entries(KINDS)) {
      await t.step(kind, async (t) => {
        for (const [name, request] of rows) await t.step(name, () => refuse(service, request));
      });
    }
    await t.step("the straight one is accepted", async () => {
      assert.equal((await fields({})(await start(service))).status, 303);
    });
  } finally {
    await service.close();
  }
});
