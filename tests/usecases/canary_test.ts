import assert from "node:assert/strict";
import fc from "fast-check";
import { canaryMessage, canaryOf, periodOf } from "../../src/domain/canary.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import type { Refusal } from "../../src/domain/refusal.ts";
import { accept } from "../../src/domain/refusal.ts";
import { Secret } from "../../src/domain/secret.ts";
import { SignerFault } from "../../src/domain/signer_fault.ts";
import { createCanaries } from "../../src/usecases/canary.ts";
import type { CheckpointSigner } from "../../src/usecases/ports.ts";
import type { Signing } from "../../src/usecases/signing.ts";
import { createLedgerWorld, ORIGIN } from "../support/ledger_world.ts";
import { createWaitingClock } from "../support/waiting_clock.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 22, 12);

type Key = "first" | "standby";

function createWorld(names: readonly Key[] = ["first"]) {
  const { signer, stores, log, close } = createLedgerWorld();
  const clock = createWaitingClock(START);
  const signed: { readonly at: number; readonly text: string; readonly by: Key }[] = [];
  const faults: { refusal: Partial<Record<Key, Refusal>>; claim: Error | null; key: Error | null } =
    { refusal: {}, claim: null, key: null };
  const keys = names.map((by): Signing => ({
    sign(text, tenant, latest, context) {
      assert.equal(tenant, null);
      assert.ok(latest > clock.now());
      assert.deepEqual(context, { requestId: null, caller: null, contextIdentifier: null });
      const refusal = faults.refusal[by];
      if (refusal !== undefined) return Promise.resolve({ ok: false, refusal });
      signed.push({ at: clock.now(), text: text.reveal(), by });
      return Promise.resolve(accept({ signed: new Secret("x"), attempt: "a" }));
    },
  }));
  const ledgerKey: Pick<CheckpointSigner, "sign"> = {
    sign: (body) => faults.key === null ? signer.sign(body) : Promise.reject(faults.key),
  };
  const claims = {
    claim: (...args: [string, number, number]) =>
      faults.claim === null ? stores.consents.claim(...args) : Promise.reject(faults.claim),
  };
  const instance = () =>
    createCanaries({ keys, ledgerKey, claims, origin: ORIGIN, periodMs: HOUR, clock, log });
  const expected = async (start: number) => {
    const message = new TextEncoder().encode(canaryMessage(ORIGIN, start, HOUR));
    return canaryOf(await signer.sign(message), start, HOUR);
  };
  return { clock, signed, faults, log, instance, expected, close };
}

Deno.test("one canary is signed in each period, when and what the ledger's key says", async () => {
  const world = createWorld();
  const canaries = world.instance();
  canaries.start();
  await world.clock.pass(5 * HOUR - 1);
  const wanted = await Promise.all([0, 1, 2, 3, 4].map((at) => world.expected(START + at * HOUR)));
  assert.deepEqual(
    world.signed,
    wanted.map(({ dueAt, text }) => ({ at: dueAt, text, by: "first" })),
  );
  assert.equal(new Set(world.signed.map(({ text }) => text)).size, 5);
  await canaries.stop();
  world.close();
});

const DENIED: Refusal = { code: "signer_unavailable", reason: "denied", retryAfterSeconds: 5 };

Deno.test("while a key stands by, each signs the same canary, whatever becomes of the other", async () => {
  const world = createWorld(["first", "standby"]);
  const instances = [world.instance(), world.instance()];
  for (const canaries of instances) canaries.start();
  await world.clock.pass(HOUR - 1);
  const { dueAt, text } = await world.expected(START);
  const by = (name: Key) => ({ at: dueAt, text, by: name });
  assert.deepEqual(world.signed, [by("first"), by("standby")]);
  for (const name of ["first", "standby"] as const) {
    world.faults.refusal = { [name]: DENIED };
    world.signed.length = 0;
    await world.clock.pass(HOUR);
    assert.deepEqual(world.signed.map((it) => it.by), [name === "first" ? "standby" : "first"]);
    assert.equal(world.log.lines.at(-1)?.fields.is_standby, name === "standby");
  }
  await Promise.all(instances.map((canaries) => canaries.stop()));
  world.close();
});

Deno.test("three instances sign one canary a period between them", async () => {
  const world = createWorld();
  const instances = [world.instance(), world.instance(), world.instance()];
  for (const canaries of instances) canaries.start();
  await world.clock.pass(4 * HOUR - 1);
  assert.equal(world.signed.length, 4);
  await Promise.all(instances.map((canaries) => canaries.stop()));
  world.close();
});

Deno.test("an instance that comes after the time makes up for it, if nobody has", async () => {
  const world = createWorld();
  const { dueAt, text } = await world.expected(START);
  await world.clock.pass(dueAt - START + 1000);
  const canaries = world.instance();
  canaries.start();
  await world.clock.pass(0);
  assert.deepEqual(world.signed, [{ at: dueAt + 1000, text, by: "first" }]);
  const later = world.instance();
  later.start();
  await world.clock.pass(0);
  assert.equal(world.signed.length, 1);
  await canaries.stop();
  await later.stop();
  world.close();
});

Deno.test("a key or store that is away is asked again within the period", async () => {
  for (const [fault, reason] of [["key", "network"], ["claim", "timeout"]] as const) {
    const world = createWorld();
    world.faults.key = fault === "key" ? new SignerFault(reason) : null;
    world.faults.claim = fault === "claim" ? new PartFault("store", reason) : null;
    const canaries = world.instance();
    canaries.start();
    const { dueAt } = await world.expected(START);
    await world.clock.pass(dueAt - START + 1);
    assert.equal(world.signed.length, 0);
    const line = { level: "warn", event: "canary.failed", fields: { reason } };
    assert.deepEqual(world.log.lines[0], line);
    Object.assign(world.faults, { key: null, claim: null });
    await world.clock.pass(60_000);
    assert.equal(world.signed.length, 1);
    await canaries.stop();
    world.close();
  }
});

Deno.test("a canary that the app's key refuses is logged, and not made up for", async () => {
  const world = createWorld();
  world.faults.refusal = { first: DENIED };
  const canaries = world.instance();
  canaries.start();
  await world.clock.pass(HOUR - 1);
  const fields = { code: "signer_unavailable", reason: "denied", is_standby: false };
  assert.deepEqual(world.log.lines, [{ level: "warn", event: "canary.not_signed", fields }]);
  await canaries.stop();
  world.close();
});

Deno.test("a machine that slept through a canary's period signs none of that period", async () => {
  const world = createWorld();
  const canaries = world.instance();
  canaries.start();
  const { dueAt } = await world.expected(START);
  await world.clock.pass(dueAt - START - 1);
  world.clock.jump(2 * HOUR);
  await world.clock.pass(HOUR);
  const texts = world.signed.map(({ text }) => text);
  assert.ok(!texts.includes((await world.expected(START)).text));
  assert.ok(texts.length >= 1);
  await canaries.stop();
  world.close();
});

Deno.test("stopping ends the waiting, and nothing is signed after it", async () => {
  const world = createWorld();
  const canaries = world.instance();
  canaries.start();
  await world.clock.pass(0);
  await canaries.stop();
  assert.equal(world.clock.sleepers, 0);
  await world.clock.pass(3 * HOUR);
  assert.deepEqual(world.signed, []);
  world.close();
});

Deno.test("a canary's time is anywhere in its period, and its text can be no token", () => {
  const bytes = fc.uint8Array({ minLength: 64, maxLength: 64 });
  const tenths = new Set<number>();
  fc.assert(
    fc.property(bytes, fc.integer({ min: 60_000, max: 7 * 24 * HOUR }), (signature, periodMs) => {
      const start = periodOf(START, periodMs);
      const { dueAt, text } = canaryOf(signature, start, periodMs);
      assert.ok(dueAt >= start && dueAt < start + periodMs);
      tenths.add(Math.floor((dueAt - start) * 10 / periodMs));
      assert.match(text, /^Box Office canary [\w-]{43}$/);
    }),
    { seed: 6, numRuns: 300 },
  );
  assert.equal(tenths.size, 10);
});
