/** What a proven push does, and what it leaves. */

import assert from "node:assert/strict";
import type { TenantHealth, TenantStanding } from "../../src/domain/tenant.ts";
import type { StateChangeType } from "../../src/usecases/superoffice_ports.ts";
import { stateOf, TENANT } from "../support/parts.ts";
import { ACCEPTED, events, withTenant } from "./pushes.ts";

interface Effect {
  readonly type: StateChangeType;
  /** What is not said stays as it was. */
  readonly after: Partial<TenantStanding>;
  readonly recordedAs: string;
  /** By health before: of which the push changes none. */
  readonly spares: readonly TenantHealth[];
  readonly tickets: "kept" | "forgotten";
  readonly isTold: boolean;
}

const suspended = {
  health: "suspended",
  state: "Suspended",
  healthReason: "state_change",
} as const;

const EFFECTS: readonly Effect[] = [
  {
    type: "Suspend",
    after: suspended,
    recordedAs: "Suspended",
    spares: ["consent_withdrawn"],
    tickets: "forgotten",
    isTold: true,
  },
  {
    type: "Delete",
    after: { health: "suspended", state: "Deleted", healthReason: "deleted" },
    recordedAs: "Deleted",
    spares: ["consent_withdrawn"],
    tickets: "forgotten",
    isTold: true,
  },
  {
    type: "Move",
    after: { health: "moved", healthReason: "state_change" },
    recordedAs: "Move",
    spares: ["consent_withdrawn", "suspended"],
    tickets: "kept",
    isTold: true,
  },
  {
    type: "BackupRestored",
    after: {},
    recordedAs: "BackupRestored",
    spares: ["connected", "consent_withdrawn", "suspended", "moved", "unreachable"],
    tickets: "forgotten",
    isTold: true,
  },
  {
    type: "Resume",
    after: { state: "Running" },
    recordedAs: "Running",
    spares: ["connected", "consent_withdrawn", "moved", "unreachable"],
    tickets: "forgotten",
    isTold: true,
  },
  {
    type: "Upgrade",
    after: {},
    recordedAs: "Upgrade",
    spares: ["connected", "consent_withdrawn", "suspended", "moved", "unreachable"],
    tickets: "kept",
    isTold: false,
  },
  {
    type: "ChangeType7",
    after: {},
    recordedAs: "ChangeType7",
    spares: ["connected", "consent_withdrawn", "suspended", "moved", "unreachable"],
    tickets: "kept",
    isTold: false,
  },
];

/** Types after which tickets of before are no good anywhere. */
const ENDING = ["Suspend", "Delete", "BackupRestored"];

for (const { type, after, recordedAs, spares, tickets, isTold } of EFFECTS) {
  Deno.test(`${type}: the tenant stands as the push says, on record, told, tickets ${tickets}`, () =>
    withTenant(async (world) => {
      const { parts } = world;
      const before = (await world.standing())!;
      parts.clock.advance(1000);
      const now = parts.clock.now();
      assert.deepEqual(await world.push(type), ACCEPTED);
      const isOther = after.health !== undefined;
      assert.deepEqual(await world.standing(), {
        ...before,
        ...(isOther ? { healthSince: now } : {}),
        ...(ENDING.includes(type) ? { ticketsFrom: now } : {}),
        ...after,
      });
      assert.deepEqual(await world.recorded(), [[TENANT, "Running", recordedAs]]);
      const standing = (await world.standing())!;
      assert.deepEqual(
        parts.notices.map(({ body }) => JSON.parse(body)),
        isTold
          ? [{
            type: "tenant.state_changed",
            tenant: TENANT,
            change: type,
            state: standing.state,
            health: standing.health,
            previous_state: "Running",
          }]
          : [],
      );
      const stored = await parts.stores.tickets.get(TENANT, now);
      assert.equal(stored === null, tickets === "forgotten");
      assert.deepEqual(events(parts), ["state_change.received"]);
      assert.deepEqual([parts.counts.exchanges, parts.counts.states], [1, 1]);
    }));

  for (const health of spares) {
    Deno.test(`${type}: a tenant that is ${health} stays so`, () =>
      withTenant(async (world) => {
        const { parts } = world;
        const found = (await parts.stores.tenants.get(TENANT))!;
        const was = { ...(await world.standing())!, health, healthReason: "of_before" };
        await parts.stores.tenants.mark(TENANT, found.consentedAt, was, null);
        parts.clock.advance(1000);
        await world.push(type);
        const { state = was.state } = after;
        const ticketsFrom = ENDING.includes(type) ? parts.clock.now() : was.ticketsFrom;
        assert.deepEqual(await world.standing(), { ...was, state, ticketsFrom });
      }));
  }
}

Deno.test("a resumed tenant that was suspended is connected, and its remembered refusal is gone", () =>
  withTenant(async (world) => {
    const { parts } = world;
    await world.push("Suspend");
    parts.script.state = () => stateOf("Suspended");
    const refused = await parts.get();
    assert.equal(!refused.ok && refused.refusal.code, "tenant_suspended");
    parts.script.state = () => stateOf("Running");
    parts.clock.advance(1000);
    await world.push("Resume");
    const now = parts.clock.now();
    const standing = (await world.standing())!;
    assert.deepEqual(
      [standing.health, standing.state, standing.healthSince],
      ["connected", "Running", now],
    );
    assert.ok((await parts.get()).ok);
    assert.equal(parts.counts.exchanges, 2);
  }));

Deno.test("a tenant that was restored exchanges once, and the state is asked anew", () =>
  withTenant(async (world) => {
    const { parts } = world;
    await world.push("BackupRestored");
    assert.equal(parts.counts.exchanges, 1);
    await Promise.all([parts.get(), parts.get(), parts.get()]);
    assert.deepEqual([parts.counts.exchanges, parts.counts.states], [2, 2]);
    await parts.get();
    assert.equal(parts.counts.exchanges, 2);
  }));

Deno.test("a tenant that moved keeps its ticket, and has its new address with the next answer", () =>
  withTenant(async (world) => {
    const { parts } = world;
    const webapiUrl = "https://sod3.example.test/Cust12345/api/";
    parts.script.state = () => stateOf("Running", { webapiUrl });
    const before = await parts.get();
    await world.push("Move");
    assert.equal(parts.counts.states, 1);
    const after = await parts.get();
    assert.ok(before.ok && after.ok);
    assert.notEqual(before.value.ticket.webapiUrl, webapiUrl);
    assert.equal(after.value.ticket.webapiUrl, webapiUrl);
    assert.equal(after.value.ticket.generation, before.value.ticket.generation);
    assert.deepEqual([parts.counts.exchanges, parts.counts.states], [1, 2]);
  }));

Deno.test("pushes that arrive in the wrong order are put right by the next exchange", () =>
  withTenant(async (world) => {
    const { parts } = world;
    // The tenant was suspended and resumed; it runs.
    await world.push("Resume");
    await world.push("Suspend");
    assert.equal((await world.standing())!.health, "suspended");
    assert.ok((await parts.get()).ok);
    const { health, state } = (await world.standing())!;
    assert.deepEqual([health, state], ["connected", "Running"]);
  }));

Deno.test("the same kind of push twice changes nothing the second time", () =>
  withTenant(async (world) => {
    await world.push("Suspend");
    const first = (await world.standing())!;
    world.parts.clock.advance(1000);
    assert.deepEqual(await world.push("Suspend"), ACCEPTED);
    const ticketsFrom = world.parts.clock.now();
    assert.deepEqual(await world.standing(), { ...first, ticketsFrom });
  }));
