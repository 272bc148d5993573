/**
 * Nothing secret leaves by telemetry: a service process with it turned on goes through consents, tickets,
 * relayed calls, notices and faults of the most talkative kind, and all that a collector got is searched.
 */

import assert from "node:assert/strict";
import { type ObservedService, startObserved } from "../support/observed_service.ts";
import { eventually, freePort } from "../support/processes.ts";
import { startRedis } from "../support/redis_server.ts";
import { requires } from "../support/requirement.ts";
import { TENANT } from "../support/service.ts";
import { startBridge } from "../support/upstash_bridge.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;

async function status(answer: Promise<Response>): Promise<number> {
  const { status, body } = await answer;
  await body?.cancel();
  return status;
}

/** Goes wherever a secret passes. */
async function goEverywhere(service: ObservedService): Promise<void> {
  const { call, marks, simulator } = service;
  await service.consent("GET");
  await service.consent("POST");
  marks.add("system user token", simulator.control.approve(TENANT).system_user_token);
  const { ticket } = await (await call(TICKET)).json();
  marks.add("ticket", ticket);

  const strangers = "bo_MARK_of_a_stranger_00000000000000000000000";
  marks.add("stranger's key", strangers);
  const authorization = `Bearer ${strangers}`;
  assert.equal(await status(call(TICKET, { headers: { authorization } })), 401);
  const forged = { code: "MARK_of_a_forged_code", state: "MARK_of_a_forged_state" };
  for (const [name, value] of Object.entries(forged)) marks.add(`forged ${name}`, value);
  assert.equal(await status(call(`/consent/callback?${new URLSearchParams(forged)}`)), 400);

  const person = "MARK_of_a_person_that_is_asked_for";
  marks.add("query of a relayed call", person);
  const relayed = `/v1/tenants/${TENANT}/api/v1/Contact/default?name=${person}`;
  assert.equal(await status(call(relayed)), 200);
  // Nobody answers any more: what the runtime says of that repeats the address.
  await simulator.close();
  assert.equal(await status(call(relayed)), 503);
  const rejection = { method: "POST", body: JSON.stringify({ rejected_generation: 1 }) };
  const headers = { "content-type": "application/json" };
  assert.equal(await status(call(TICKET, { ...rejection, headers })), 503);
}

async function assertNothingFound(env: Readonly<Record<string, string>>): Promise<void> {
  const port = freePort();
  const hook = "MARK-of-the-address-of-the-webhook";
  const secret = `whsec_${btoa("MARK-of-the-secret-of-the-webhook")}`;
  const service = await startObserved({
    ...env,
    WEBHOOK_URL: `http://127.0.0.1:${port}/${hook}?${hook}`,
    WEBHOOK_SECRET: secret,
  });
  const { marks, receiver } = service;
  try {
    marks.add("address of the webhook", hook);
    marks.add("secret of the webhook", secret);
    if (env.UPSTASH_REDIS_REST_TOKEN) marks.add("store token", env.UPSTASH_REDIS_REST_TOKEN);
    await goEverywhere(service);
    const told = await eventually("the spans of all of that", () => {
      const urls = receiver.spans().map(({ attributes }) => String(attributes["url.full"]));
      const isWhole = [
        /\/consent\/callback/,
        /\/api\/v1\/Contact\/default/,
        /\/oauth\/tokens$/,
        new RegExp(`:${port}`),
      ].every((pattern) => urls.some((url) => pattern.test(url)));
      return isWhole ? receiver.spans() : null;
    });
    // Telemetry ends with the process, and until then all of it is sent.
    await service.process.end();
    const found = receiver.bodies.flatMap((body) => marks.find(body).map((it) => `${it}: ${body}`));
    assert.deepEqual(found, []);
    for (const { attributeNames } of told) {
      assert.equal(new Set(attributeNames).size, attributeNames.length, "a value is told twice");
      for (const name of ["url.query", "exception.message", "exception.stacktrace"]) {
        assert.ok(!attributeNames.includes(name), name);
      }
    }
  } finally {
    await service.close();
  }
}

Deno.test("all that a collector gets holds no secret, no query and no word of a foreign error", async () => {
  await assertNothingFound({});
});

Deno.test({
  name: "nor does it where the store is Upstash",
  ...requires("redis-server"),
  async fn() {
    const redis = await startRedis();
    const bridge = startBridge({ socket: redis.socket, token: "MARK-of-the-token-of-the-store" });
    try {
      await assertNothingFound({
        UPSTASH_REDIS_REST_URL: bridge.url,
        UPSTASH_REDIS_REST_TOKEN: bridge.token,
      });
    } finally {
      await bridge.close();
      await redis.stop();
    }
  },
});
