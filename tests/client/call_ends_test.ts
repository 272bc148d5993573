/** How a call of the client ends before its time: by its caller, or by the clock. */

import assert from "node:assert/strict";
import {
  createWorld,
  errorFrom,
  problemFrom,
  silence,
  TENANT,
  ticketAnswer,
  type WorldOptions,
} from "./fake_world.ts";
import { settle, withFakeTime } from "./fake_time.ts";

/** What a call waits for, and a word when it does. `pending` ends when the test does. */
type Stage = (reached: () => void, pending: Promise<Response>) => WorldOptions;

const STAGES: Readonly<Record<string, Stage>> = {
  "the credential": (reached, pending) => ({
    credential: async () => {
      reached();
      return await (await pending).text();
    },
  }),
  "the ticket": (reached, pending) => ({ box: () => (reached(), pending) }),
  "the client secret": (reached) => ({
    clientSecret: () => (reached(), new Promise<string>(() => {})),
  }),
  "SuperOffice's answer": (reached) => ({ superoffice: () => (reached(), silence()) }),
  "a newer ticket": (reached, pending) => ({
    superoffice: () => new Response(null, { status: 401 }),
    box: (_, count) => count === 1 ? ticketAnswer() : (reached(), pending),
  }),
  "the answer to the second try": (reached) => ({
    superoffice: (_, count) =>
      count === 1 ? new Response(null, { status: 401 }) : (reached(), silence()),
  }),
  "the relay's credential": (reached) => ({
    via: "relay",
    credential: () => (reached(), new Promise<string>(() => {})),
  }),
  "the relay's answer": (reached) => ({ via: "relay", box: () => (reached(), silence()) }),
};

for (const [what, stage] of Object.entries(STAGES)) {
  Deno.test(`an abort while a call waits for ${what} ends it with the caller's own reason`, async () => {
    const reached = Promise.withResolvers<void>();
    const pending = Promise.withResolvers<Response>();
    const { client } = createWorld(stage(reached.resolve, pending.promise));
    const abort = new AbortController();
    const failed = errorFrom(client.fetch(TENANT, "v1/x", { signal: abort.signal }));
    await reached.promise;
    abort.abort(what);
    assert.equal(await failed, what);
    pending.resolve(new Response("bo_late"));
    await settle();
  });
}

Deno.test("who has aborted before asks nobody", async () => {
  for (const via of ["direct", "relay"] as const) {
    const { client, asked, called } = createWorld({ via });
    const signal = AbortSignal.abort("before");
    assert.equal(await errorFrom(client.fetch(TENANT, "v1/x", { signal })), "before");
    assert.deepEqual([asked.length, called.length], [0, 0]);
  }
});

Deno.test("a secret that comes after the abort is not sent", async () => {
  const secret = Promise.withResolvers<string>();
  const { client, called } = createWorld({ clientSecret: () => secret.promise });
  const abort = new AbortController();
  const failed = errorFrom(client.fetch(TENANT, "v1/x", { signal: abort.signal }));
  await settle();
  abort.abort("enough");
  secret.resolve("late");
  assert.equal(await failed, "enough");
  await settle();
  assert.equal(called.length, 0);
});

Deno.test("a call has a hundred seconds until its answer begins", () =>
  withFakeTime(async (time) => {
    const hundred: readonly (readonly [WorldOptions, string])[] = [
      [{ superoffice: silence }, "SuperOffice"],
      [{ via: "relay", box: silence }, "Box Office"],
      [{ clientSecret: () => new Promise<string>(() => {}) }, "A secret's function"],
    ];
    for (const [options, who] of hundred) {
      const problem = problemFrom(createWorld(options).client.fetch(TENANT, "v1/x"));
      await time.advance(100_000);
      const { code, message } = await problem;
      assert.deepEqual([code, message], [
        "timeout",
        `${who} did not answer within 100000 ms. (timeout)`,
      ]);
    }
  }));

Deno.test("an answer that has begun may take all the time it wants, until its caller aborts", () =>
  withFakeTime(async (time) => {
    let signal: AbortSignal | null | undefined;
    const { client } = createWorld({
      fetch: (url, init) => {
        signal = init.signal;
        return Promise.resolve(url.href.endsWith("ticket") ? ticketAnswer() : new Response("…"));
      },
    });
    const abort = new AbortController();
    await client.fetch(TENANT, "v1/x", { signal: abort.signal });
    await time.advance(1_000_000);
    assert.equal(signal?.aborted, false);
    abort.abort("in the middle of the body");
    assert.equal(signal?.reason, "in the middle of the body");
  }));
