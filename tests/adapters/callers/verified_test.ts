/** Verified tokens: remembered until they end, looked at again behind an answer. */

import assert from "node:assert/strict";
import { type Finding, nobody } from "../../../src/adapters/callers/finding.ts";
import { createVerified, type Verified } from "../../../src/adapters/callers/verified.ts";
import type { Caller } from "../../../src/domain/caller.ts";

const CALLER: Caller = { id: "sync", tenants: new Set(["*"]), permissions: new Set(["ticket"]) };
const MINUTES = 60_000;
const HOUR = 60 * MINUTES;

/** A memory whose judge says what it is told to, and counts. */
function remember(max = 10) {
  const verified: Verified = createVerified({
    judge: () => {
      world.looks++;
      return Promise.resolve(world.finding);
    },
    now: () => world.now,
    max,
  });
  const world = {
    verified,
    now: 0,
    looks: 0,
    finding: { caller: CALLER, until: HOUR } as Finding,
    /** @returns whose the token is, when everything behind it is done */
    async find(digest = "digest"): Promise<string | null> {
      const known = verified.find("token", digest);
      await new Promise((resolve) => setTimeout(resolve, 0));
      return known?.caller.id ?? null;
    },
  };
  verified.put("digest", { caller: CALLER, until: HOUR });
  return world;
}

Deno.test("a token is known until it ends, and costs one look in ten minutes", async () => {
  const world = remember();
  for (world.now = 0; world.now < HOUR; world.now += MINUTES) {
    assert.equal(await world.find(), "sync");
  }
  assert.equal(world.looks, 5);
  assert.equal(await world.find(), null);
});

Deno.test("a look that finds nobody ends a token; an issuer that is down ends none", async () => {
  const world = remember();
  world.finding = nobody("issuer_unusable");
  world.now = 10 * MINUTES;
  assert.equal(await world.find(), "sync");
  assert.equal(await world.find(), "sync");
  world.finding = nobody("key_unknown");
  world.now = 20 * MINUTES;
  assert.equal(await world.find(), "sync");
  assert.equal(await world.find(), null);
  assert.equal(world.looks, 2);
});

Deno.test("a clock that is set back delays no look", async () => {
  const world = remember();
  world.now = 30 * MINUTES;
  assert.equal(await world.find(), "sync");
  world.finding = nobody("key_unknown");
  world.now = 5 * MINUTES;
  await world.find();
  assert.equal(await world.find(), null);
  assert.equal(world.looks, 2);
});

Deno.test("the oldest token makes room", async () => {
  const world = remember(2);
  for (const digest of ["second", "third"]) {
    world.verified.put(digest, { caller: CALLER, until: HOUR });
  }
  const found = [await world.find(), await world.find("second"), await world.find("third")];
  assert.deepEqual(found, [null, "sync", "sync"]);
});
