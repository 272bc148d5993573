/** A token is kept while it is good, renewed before its end, and looked up once for all who need it. */

import assert from "node:assert/strict";
import { type AccessToken, createTokenKeeper } from "../../../src/adapters/signing/token_keeper.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { SignerFault } from "../../../src/domain/signer_fault.ts";
import { faultIn, judged } from "./fixtures.ts";

const HOUR_MS = 3_600_000;

/** A keeper whose look-ups end when told to, on a clock that stands still. */
function world(deadlineMs = 60_000) {
  const looks: PromiseWithResolvers<AccessToken>[] = [];
  let now = 1_000_000;
  const keeper = createTokenKeeper({
    look: () => {
      const look = Promise.withResolvers<AccessToken>();
      looks.push(look);
      return look.promise;
    },
    now: () => now,
    deadlineMs,
  });
  const give = (token: string) =>
    looks.at(-1)!.resolve({ token: new Secret(token), until: now + HOUR_MS });
  const fail = () => looks.at(-1)!.reject(new SignerFault("unavailable", { retryable: true }));
  /** Long enough for whatever was told to be heard. */
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
  const first = async () => {
    const asking = keeper.get();
    give("first");
    return (await asking).reveal();
  };
  const advance = (ms: number) => void (now += ms);
  const get = async () => (await keeper.get()).reveal();
  return { keeper, looks, give, fail, settled, first, advance, get };
}

Deno.test("fifty who need a token at the same time share one look-up", async () => {
  const { keeper, looks, give } = world();
  const asking = Array.from({ length: 50 }, () => keeper.get());
  give("first");
  const tokens = new Set((await Promise.all(asking)).map((token) => token.reveal()));
  assert.deepEqual([[...tokens], looks.length], [["first"], 1]);
});

Deno.test("a token is kept for four fifths of its life, then renewed behind the answer", async () => {
  const { looks, give, settled, first, advance, get } = world();
  await first();
  advance(0.79 * HOUR_MS);
  assert.equal(await get(), "first");
  assert.equal(looks.length, 1);
  advance(0.02 * HOUR_MS);
  assert.deepEqual([await get(), await get()], ["first", "first"]);
  assert.equal(looks.length, 2);
  give("second");
  await settled();
  assert.equal(await get(), "second");
});

Deno.test("a token that is still good outlives renewals that fail, which are tried with a pause", async () => {
  const { looks, give, fail, settled, first, advance, get } = world();
  await first();
  advance(0.9 * HOUR_MS);
  assert.equal(await get(), "first");
  fail();
  await settled();
  assert.deepEqual([await get(), looks.length], ["first", 2]);
  advance(5000);
  assert.deepEqual([await get(), looks.length], ["first", 3]);
  give("second");
  await settled();
  assert.equal(await get(), "second");
});

Deno.test("a token past its end, or about to be, is given to nobody", async () => {
  const { fail, first, advance, keeper, give } = world();
  await first();
  advance(HOUR_MS - 9000);
  const asking = keeper.get();
  fail();
  assert.deepEqual(judged(await faultIn(asking)), ["unavailable", true, 0]);
  const again = keeper.get();
  give("second");
  assert.equal((await again).reveal(), "second");
});

Deno.test("a look-up that never ends is given up, and the next one is another", async () => {
  const { keeper, looks, give } = world(1);
  assert.equal((await faultIn(keeper.get())).reason, "timeout");
  const again = keeper.get();
  give("second");
  assert.deepEqual([(await again).reveal(), looks.length], ["second", 2]);
});

Deno.test("what comes of a look-up that was given up does not take the place of a newer token", async () => {
  const { keeper, looks, give, settled, get } = world(1);
  await faultIn(keeper.get());
  const again = keeper.get();
  give("second");
  await again;
  looks[0]!.resolve({ token: new Secret("late"), until: Number.MAX_SAFE_INTEGER });
  await settled();
  assert.equal(await get(), "second");
});

Deno.test("a refused token is forgotten; a new one may help only where the old one was no news", async () => {
  const { keeper, looks, give, first } = world();
  await first();
  const used = await keeper.get();
  assert.equal(keeper.forget(used), true);
  const asking = keeper.get();
  give("second");
  const fresh = await asking;
  assert.equal(looks.length, 2);
  assert.equal(keeper.forget(used), true);
  assert.equal((await keeper.get()).reveal(), "second");
  const third = keeper.get();
  assert.equal(await third, fresh);
});

Deno.test("a token that is refused at its first use is not tried again with another", async () => {
  const { keeper, give } = world();
  const asking = keeper.get();
  give("first");
  assert.equal(keeper.forget(await asking), false);
});
