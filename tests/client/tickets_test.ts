/** Tickets of the client: when it asks, what it remembers, who waits for whom. */

import assert from "node:assert/strict";
import {
  createWorld,
  errorFrom,
  problemAnswer,
  problemFrom,
  silence,
  TENANT,
  ticketAnswer,
} from "./fake_world.ts";
import { settle, withFakeTime } from "./fake_time.ts";

Deno.test("those who ask at once share a request, and those who ask later get what came", async () => {
  const { client, asked } = createWorld();
  const together = await Promise.all([
    client.ticket(TENANT),
    client.ticket(TENANT),
    client.ticket("cust12345"),
  ]);
  const later = await client.ticket(TENANT);
  assert.deepEqual([...together, later].map((it) => it.generation), [1, 1, 1, 1]);
  assert.deepEqual(asked.map(({ method, url }) => [method, new URL(url).pathname.toLowerCase()]), [
    ["GET", "/v1/tenants/cust12345/ticket"],
  ]);
  assert.equal(asked[0]?.headers.get("authorization"), "Bearer bo_secret_credential");
});

Deno.test("tenants do not share tickets", async () => {
  const { client, asked } = createWorld({
    box: ({ url }) => ticketAnswer({ context_identifier: new URL(url).pathname.split("/")[3] }),
  });
  assert.equal((await client.ticket("Cust1")).contextIdentifier, "Cust1");
  assert.equal((await client.ticket("Cust2")).contextIdentifier, "Cust2");
  assert.equal(asked.length, 2);
});

Deno.test("a ticket is remembered for a minute and no longer", () =>
  withFakeTime(async (time) => {
    const { client, asked } = createWorld();
    await client.ticket(TENANT);
    await time.advance(59_999);
    await client.ticket(TENANT);
    assert.equal(asked.length, 1);
    await time.advance(1);
    await client.ticket(TENANT);
    assert.equal(asked.length, 2);
  }));

Deno.test("a ticket is not remembered beyond its end", () =>
  withFakeTime(async (time) => {
    const expires_at = new Date(Date.now() + 10_000).toISOString();
    const { client, asked } = createWorld({ box: () => ticketAnswer({ expires_at }) });
    await client.ticket(TENANT);
    await time.advance(9_999);
    await client.ticket(TENANT);
    assert.equal(asked.length, 1);
    await time.advance(1);
    await client.ticket(TENANT);
    assert.equal(asked.length, 2);
  }));

Deno.test("a clock that is set back makes nothing be remembered longer", () =>
  withFakeTime(async (time) => {
    const { client, asked } = createWorld();
    await client.ticket(TENANT);
    time.setClock(Date.now() - 3_600_000);
    await time.advance(60_000);
    await client.ticket(TENANT);
    assert.equal(asked.length, 2);
  }));

Deno.test("a clock that is a century ahead costs requests and nothing else", () =>
  withFakeTime(async (time) => {
    time.setClock(Date.UTC(2227, 0));
    const { client, asked } = createWorld();
    assert.equal((await client.ticket(TENANT)).generation, 1);
    assert.equal((await client.ticket(TENANT)).generation, 2);
    assert.equal(asked.length, 2);
  }));

Deno.test("a failure is not remembered", async () => {
  const { client } = createWorld({
    box: (_, count) => count === 1 ? problemAnswer(503, "store_unavailable") : ticketAnswer(),
  });
  assert.equal((await problemFrom(client.ticket(TENANT))).code, "store_unavailable");
  assert.equal((await client.ticket(TENANT)).generation, 1);
});

Deno.test("a thousand tickets are remembered at most: the one that came first goes", async () => {
  const { client, asked } = createWorld({
    box: ({ url }) => ticketAnswer({ context_identifier: new URL(url).pathname.split("/")[3] }),
  });
  for (let tenant = 1; tenant <= 1001; tenant++) await client.ticket(`Cust${tenant}`);
  await client.ticket("Cust2");
  assert.equal(asked.length, 1001);
  await client.ticket("Cust1");
  assert.equal(asked.length, 1002);
});

Deno.test("whoever rejects a generation gets a newer one, and all who do so share a request", async () => {
  const { client, asked } = createWorld();
  const { generation } = await client.ticket(TENANT);
  const newer = await Promise.all([
    client.ticket(TENANT, { rejectedGeneration: generation }),
    client.ticket(TENANT, { rejectedGeneration: generation }),
  ]);
  assert.deepEqual(newer.map((it) => it.generation), [2, 2]);
  assert.equal((await client.ticket(TENANT)).generation, 2);
  assert.deepEqual(asked.map(({ method, body }) => [method, body]), [
    ["GET", ""],
    ["POST", '{"rejected_generation":1}'],
  ]);
  assert.equal(asked[1]?.headers.get("content-type"), "application/json");
});

Deno.test("whoever rejects an older generation than the remembered one causes no request", async () => {
  const { client, asked } = createWorld({ box: () => ticketAnswer({ generation: 5 }) });
  await client.ticket(TENANT);
  assert.equal((await client.ticket(TENANT, { rejectedGeneration: 4 })).generation, 5);
  assert.equal(asked.length, 1);
});

Deno.test("a rejection waits for the request that is under way, and asks if that brings nothing newer", async () => {
  const first = Promise.withResolvers<Response>();
  const { client, asked } = createWorld({
    box: (_, count) => count === 1 ? first.promise : ticketAnswer({ generation: 2 }),
  });
  const plain = client.ticket(TENANT);
  const rejecting = client.ticket(TENANT, { rejectedGeneration: 1 });
  await settle();
  assert.equal(asked.length, 1);
  first.resolve(ticketAnswer({ generation: 1 }));
  assert.equal((await plain).generation, 1);
  assert.equal((await rejecting).generation, 2);
  assert.deepEqual(asked.map(({ method }) => method), ["GET", "POST"]);
});

Deno.test("an answer that comes late does not take the place of a newer ticket", () =>
  withFakeTime(async (time) => {
    const first = Promise.withResolvers<Response>();
    const { client, asked } = createWorld({
      box: (_, count) => count === 1 ? first.promise : ticketAnswer({ generation: 2 }),
    });
    const slow = client.ticket(TENANT);
    await time.advance(1000);
    assert.equal((await client.ticket(TENANT)).generation, 2);
    first.resolve(ticketAnswer({ generation: 1 }));
    assert.equal((await slow).generation, 1);
    assert.equal((await client.ticket(TENANT)).generation, 2);
    assert.equal(asked.length, 2);
  }));

Deno.test("generations that begin anew take the place of one that was rejected", async () => {
  const { client, asked } = createWorld({
    box: (_, count) => ticketAnswer({ generation: count === 1 ? 9 : 1 }),
  });
  await client.ticket(TENANT);
  assert.equal((await client.ticket(TENANT, { rejectedGeneration: 9 })).generation, 1);
  assert.equal((await client.ticket(TENANT)).generation, 1);
  assert.equal(asked.length, 2);
});

Deno.test("others wait a second for a request that does not end, then ask themselves", () =>
  withFakeTime(async (time) => {
    const { client, asked } = createWorld({
      box: (_, count) => count === 1 ? silence() : ticketAnswer({ generation: 7 }),
    });
    const lost = problemFrom(client.ticket(TENANT));
    const others = [client.ticket(TENANT), client.ticket(TENANT)];
    await time.advance(999);
    assert.equal(asked.length, 1);
    await time.advance(1);
    assert.deepEqual((await Promise.all(others)).map((it) => it.generation), [7, 7]);
    assert.equal(asked.length, 2);
    await time.advance(9_000);
    assert.equal((await lost).code, "timeout");
  }));

Deno.test("one caller's abort ends its own waiting and nobody else's", async () => {
  const answer = Promise.withResolvers<Response>();
  const { client, asked } = createWorld({ box: () => answer.promise });
  const abort = new AbortController();
  const first = errorFrom(client.ticket(TENANT, { signal: abort.signal }));
  const second = client.ticket(TENANT);
  await settle();
  abort.abort("enough");
  assert.equal(await first, "enough");
  answer.resolve(ticketAnswer());
  assert.equal((await second).generation, 1);
  assert.equal(asked.length, 1);
});

Deno.test("who has aborted before asks nobody, whatever is remembered", async () => {
  const { client, asked } = createWorld();
  const signal = AbortSignal.abort("before");
  assert.equal(await errorFrom(client.ticket(TENANT, { signal })), "before");
  assert.equal(asked.length, 0);
  await client.ticket(TENANT);
  assert.equal(await errorFrom(client.ticket(TENANT, { signal })), "before");
});

Deno.test("an abort while the credential is fetched ends the waiting at once", async () => {
  const credential = Promise.withResolvers<string>();
  const { client, asked } = createWorld({ credential: () => credential.promise });
  const abort = new AbortController();
  const waiting = errorFrom(client.ticket(TENANT, { signal: abort.signal }));
  const other = client.ticket(TENANT);
  abort.abort("enough");
  assert.equal(await waiting, "enough");
  assert.equal(asked.length, 0);
  credential.resolve("bo_at_last");
  assert.equal((await other).generation, 1);
});

for (
  const [what, options] of [
    ["a Box Office that does not answer", { box: silence }],
    ["a credential that does not come", { credential: () => new Promise<string>(() => {}) }],
    ["a fetch that heeds no signal", { fetch: silence }],
    ["an answer that does not end", { box: () => new Response(new ReadableStream()) }],
  ] as const
) {
  Deno.test(`${what} is a timeout after ten seconds`, () =>
    withFakeTime(async (time) => {
      const { client } = createWorld(options);
      const problem = problemFrom(client.ticket(TENANT));
      let isOver = false;
      problem.then(() => isOver = true);
      await time.advance(9_999);
      assert.equal(isOver, false);
      await time.advance(1);
      const { code, status, message } = await problem;
      assert.deepEqual([code, status], ["timeout", 0]);
      assert.match(message, /within 10000 ms/);
    }));
}
