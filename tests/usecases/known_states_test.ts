import assert from "node:assert/strict";
import { createKnownStates } from "../../src/usecases/known_states.ts";
import type { TenantState } from "../../src/usecases/superoffice_ports.ts";
import { stateOf, TENANT } from "../support/parts.ts";

const NOW = Date.UTC(2026, 10, 28, 12);
const MINUTE = 60_000;

function createWorld(answer: TenantState | null) {
  const said = { now: NOW, answer, asked: 0 };
  const states = createKnownStates({
    states: {
      read: () => {
        said.asked++;
        return Promise.resolve(said.answer);
      },
    },
    clock: { now: () => said.now },
    maxTenants: 1,
  });
  return {
    states,
    answer(next: TenantState) {
      said.answer = next;
    },
    /** How often it was asked for the tenant's state at that time. */
    async askedAt(ms: number) {
      said.now = NOW + ms;
      const before = said.asked;
      await states.read(TENANT);
      return said.asked - before;
    },
  };
}

Deno.test("a state is good until SuperOffice's ValidUntil, and no longer", async () => {
  const world = createWorld(stateOf("Running", { validUntil: NOW + 90 * MINUTE }));
  assert.equal((await world.states.read(TENANT))?.validUntil, NOW + 90 * MINUTE);
  assert.equal(await world.askedAt(90 * MINUTE - 1), 0);
  assert.equal(await world.askedAt(90 * MINUTE), 1);
});

Deno.test("a validity that is missing, over, or without end is read as ten minutes, a second, a day", async () => {
  for (
    const [validUntil, kept] of [
      [null, 10 * MINUTE],
      [NOW - MINUTE, 1000],
      [NOW + 1e12, 24 * 60 * MINUTE],
    ] as const
  ) {
    const world = createWorld(stateOf("Running", { validUntil }));
    assert.equal((await world.states.read(TENANT))?.validUntil, NOW + kept);
  }
});

Deno.test("a tenant that does not run is asked about again within a minute", async () => {
  const world = createWorld(stateOf("OfflineMaintenance", { validUntil: NOW + 90 * MINUTE }));
  await world.states.read(TENANT);
  assert.equal(await world.askedAt(MINUTE - 1), 0);
  assert.equal(await world.askedAt(MINUTE), 1);
});

Deno.test("an answer that says nothing is not kept", async () => {
  for (const answer of [null, stateOf("Unknown")]) {
    const world = createWorld(answer);
    assert.equal(await world.states.read(TENANT), null);
    assert.equal(await world.askedAt(1), 1);
  }
});

Deno.test("who asks anew is answered by SuperOffice, and so is who comes after it was forgotten", async () => {
  const world = createWorld(stateOf("Running", { validUntil: NOW + 90 * MINUTE }));
  await world.states.read(TENANT);
  world.answer(stateOf("Suspended"));
  assert.equal((await world.states.reread(TENANT))?.state, "Suspended");
  assert.equal((await world.states.read(TENANT))?.state, "Suspended");
  world.states.forget(TENANT);
  assert.equal(await world.askedAt(1), 1);
});

Deno.test("what was on its way when it was to be forgotten is not kept", async () => {
  const world = createWorld(stateOf("Running", { validUntil: NOW + 90 * MINUTE }));
  const reading = world.states.read(TENANT);
  world.states.forget(TENANT);
  assert.equal((await reading)?.state, "Running");
  assert.equal(await world.askedAt(0), 1);
});
