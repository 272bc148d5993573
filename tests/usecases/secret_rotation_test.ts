/** The relay's transports, one for each client secret, as one: which is asked, and what is let go of. */

import assert from "node:assert/strict";
import { Secret } from "../../src/domain/secret.ts";
import type { Credentials, Trial } from "../../src/usecases/credentials.ts";
import { rotatingTransport } from "../../src/usecases/secret_rotation.ts";
import type { RelayBody, RelayTransport } from "../../src/usecases/superoffice_ports.ts";
import { createWorld, SECRETS } from "../support/credential_world.ts";

const TARGET = new URL("https://sod2.superoffice.com/Cust12345/api/v1/Contact");

/** Two transports that answer so; `heard` is what was asked, noted and let go of, in its order. */
async function send(statuses: readonly number[], body: RelayBody = null) {
  const heard: string[] = [];
  const transports = statuses.map((status, place): RelayTransport => ({
    send() {
      heard.push(`send ${place}`);
      const cancel = () => Promise.resolve(void heard.push(`cancel ${place}`));
      return Promise.resolve({ status, headers: new Headers(), body: null, cancel });
    },
  }));
  const trial = (secret: number): Trial => ({
    pair: { key: 0, secret },
    worked: () => Promise.reject(new Error("a relayed call proves nothing")),
    refused: () => Promise.resolve(secret + 1 < statuses.length ? trial(secret + 1) : null),
  });
  const credentials: Credentials = {
    ready: () => Promise.reject(new Error("a relayed call waits for no store")),
    begin(kinds) {
      assert.deepEqual(kinds, ["secret"]);
      return trial(0);
    },
    sawWork: (secret) => void heard.push(`saw ${secret}`),
    workedAt: () => null,
    refresh: () => Promise.resolve(),
    drain: () => Promise.resolve(),
  };
  const { signal } = new AbortController();
  const call = { method: "GET", headers: new Headers(), body, signal };
  const answer = await rotatingTransport(transports, credentials, () => 0)
    .send(TARGET, new Secret("7T:ticket"), call);
  return [answer.status, ...heard];
}

Deno.test("a call is repeated with the other client secret where the first is refused", async () => {
  assert.deepEqual(await send([401, 200]), [200, "send 0", "cancel 0", "send 1"]);
});

Deno.test("where both are refused the last answer stands, and nothing has worked", async () => {
  assert.deepEqual(await send([401, 401]), [401, "send 0", "cancel 0", "send 1"]);
});

Deno.test("an answer without a 401 is the only one, and only a success is noted of the secret", async () => {
  assert.deepEqual(await send([200, 200]), [200, "send 0", "saw 0"]);
  for (const status of [302, 404, 421, 503]) {
    assert.deepEqual(await send([status, 200]), [status, "send 0"]);
    assert.deepEqual(await send([401, status]), [status, "send 0", "cancel 0", "send 1"]);
  }
});

Deno.test("a body that is gone is not sent again", async () => {
  const body = new ReadableStream<Uint8Array>();
  assert.deepEqual(await send([401, 200], body), [401, "send 0"]);
  assert.deepEqual((await send([401, 200], new Uint8Array(3)))[0], 200);
});

/** An instance that relays to a web API that takes what `takes` says; null: nothing. */
function createRelayed() {
  const world = createWorld(["key/1"], SECRETS);
  const one = world.instance();
  const api = {
    takes: (secret: number): boolean | Promise<boolean> => SECRETS[secret] === world.takes.secret,
  };
  const sent: number[] = [];
  const transports = SECRETS.map((_, secret): RelayTransport => ({
    async send() {
      sent.push(secret);
      const status = await api.takes(secret) ? 200 : 401;
      return { status, headers: new Headers(), body: null, cancel: () => Promise.resolve() };
    },
  }));
  const transport = rotatingTransport(transports, one, () => world.clock.now());
  /** @returns the answers' statuses, and what was sent for them */
  const relay = async (times: number, body: RelayBody = null) => {
    sent.length = 0;
    const { signal } = new AbortController();
    const call = { method: "POST", headers: new Headers(), body, signal };
    const statuses = new Set<number>();
    for (let i = 0; i < times; i++) {
      statuses.add((await transport.send(TARGET, new Secret("7T:ticket"), call)).status);
    }
    await one.drain();
    return [...statuses, "sent", ...sent];
  };
  return { world, one, api, relay, sent };
}

Deno.test("who is refused for ever has the other secret tried, and the store read, once in ten seconds", async () => {
  const { world, one, api, relay, sent } = createRelayed();
  await world.ask(one);
  api.takes = () => false;
  Object.assign(world, { reads: 0 });
  await relay(60);
  assert.deepEqual([sent.length, world.reads], [61, 1]);
  world.clock.advance(9_999);
  assert.deepEqual(await relay(1), [401, "sent", 0]);
  world.clock.advance(1);
  assert.deepEqual(await relay(2), [401, "sent", 0, 1, 0]);
  assert.equal(world.reads, 2);
});

Deno.test("a path that heeds no secret and refuses now and then changes nothing for anybody", async () => {
  const { world, one, api, relay, sent } = createRelayed();
  await world.ask(one);
  const { secret } = world.record!;
  let calls = 0;
  api.takes = () => calls++ % 2 === 1;
  await relay(20);
  assert.ok(sent.length < 24, `${sent}`);
  world.clock.advance(60_000);
  await relay(20);
  assert.deepEqual([world.deeds, world.record!.secret.inUse], [[], secret.inUse]);
  assert.equal(world.record!.secret.worked[SECRETS[1]!], undefined);
  assert.equal(await world.ask(one), 1, "an exchange begins with what it began with before");
});

Deno.test("after a change each call costs one, nobody is refused, and an exchange tells all", async () => {
  const { world, one, relay } = createRelayed();
  await world.ask(one);
  world.takes = { ...world.takes, secret: SECRETS[1]! };
  assert.deepEqual(await relay(4), [200, "sent", 0, 1, 1, 1, 1]);
  assert.deepEqual([world.deeds, Object.keys(world.record!.secret.worked)], [[], [SECRETS[0]]]);
  assert.equal(await world.ask(one), 2);
  assert.deepEqual(world.deeds, [{ kind: "key_changed", from: SECRETS[0], to: SECRETS[1] }]);
  assert.deepEqual(await relay(2), [200, "sent", 1, 1]);
  world.takes = { ...world.takes, secret: SECRETS[0]! };
  assert.deepEqual(await relay(2), [200, "sent", 1, 0, 0], "and back, however soon");
});

Deno.test("what a relayed call only suggested is let go of as soon as it is refused", async () => {
  const { world, one, api, relay } = createRelayed();
  await world.ask(one);
  api.takes = (secret) => secret === 1;
  assert.deepEqual(await relay(2), [200, "sent", 0, 1, 1]);
  api.takes = (secret) => secret === 0;
  assert.deepEqual(await relay(3), [200, "sent", 1, 0, 0, 0]);
  world.clock.advance(10_000);
  api.takes = (secret) => secret === 1;
  assert.deepEqual(await relay(2), [200, "sent", 0, 1, 1]);
  api.takes = (secret) => secret === 0;
  assert.deepEqual(await relay(1, new ReadableStream()), [401, "sent", 1]);
  assert.deepEqual(await relay(1, new ReadableStream()), [200, "sent", 0]);
});

Deno.test("what an exchange found meanwhile is tried at once, however lately another was", async () => {
  const { world, one, api, relay } = createRelayed();
  await world.ask(one);
  api.takes = () => false;
  assert.deepEqual(await relay(2), [401, "sent", 0, 1, 0]);
  world.takes = { ...world.takes, secret: SECRETS[1]! };
  api.takes = async (secret) => {
    if (secret === 0) await world.ask(one);
    return secret === 1;
  };
  assert.deepEqual(await relay(2), [200, "sent", 0, 1, 1]);
  api.takes = (secret) => secret === 0;
  assert.deepEqual(await relay(1), [200, "sent", 1, 0], "of what is new nothing was tried yet");
});
