/** Pushes that are refused, come twice, or meet a part that fails. */

import assert from "node:assert/strict";
import { ContextId } from "../../src/domain/context_id.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { TENANT } from "../support/parts.ts";
import { ACCEPTED, events, withTenant } from "./pushes.ts";

Deno.test("a used token is refused, as long as it is good and a minute more", () =>
  withTenant(async (world) => {
    const { parts } = world;
    await world.push("Suspend");
    const before = await world.standing();
    const recorded = await world.recorded();
    parts.notices.length = 0;
    for (const ms of [0, 299_000, 60_000]) {
      parts.clock.advance(ms);
      const again = await world.receive();
      assert.deepEqual(!again.ok && again.refusal, {
        code: "caller_unknown",
        reason: "replayed",
        retryAfterSeconds: null,
      });
    }
    assert.deepEqual(await world.standing(), before);
    assert.deepEqual(await world.recorded(), recorded);
    assert.deepEqual(parts.notices, []);
    assert.ok(events(parts).includes("state_change.refused"));
  }));

Deno.test("of one token sent twenty times at once, one is obeyed", () =>
  withTenant(async (world) => {
    const first = world.push("BackupRestored");
    const outcomes = await Promise.all([
      first,
      ...Array.from({ length: 19 }, () => world.receive()),
    ]);
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1);
    assert.equal((await world.recorded()).length, 1);
    assert.equal(world.parts.notices.length, 1);
  }));

for (const reason of ["signature", "kind", "malformed", "too_large"]) {
  Deno.test(`a push that is refused for its ${reason} is logged and leaves nothing`, () =>
    withTenant(async (world) => {
      const { parts } = world;
      const before = await world.standing();
      world.next = { kind: "refused", reason };
      const outcome = await world.receive();
      const code = ["malformed", "too_large"].includes(reason)
        ? "invalid_request"
        : "caller_unknown";
      assert.equal(!outcome.ok && outcome.refusal.code, code);
      assert.deepEqual(await world.standing(), before);
      assert.deepEqual(await world.recorded(), []);
      assert.deepEqual(parts.log.lines.at(-1), {
        level: "warn",
        event: "state_change.refused",
        fields: { reason, request_id: "request-1" },
      });
    }));
}

Deno.test("a push about a tenant that never consented is accepted and does nothing", () =>
  withTenant(async (world) => {
    const contextIdentifier = ContextId.parse("Cust99999")!;
    const before = await world.parts.entries();
    assert.deepEqual(await world.push("Delete", { contextIdentifier }), ACCEPTED);
    assert.deepEqual(await world.parts.entries(), before);
    assert.deepEqual(events(world.parts), ["state_change.ignored"]);
  }));

Deno.test("a consent between reading and marking does not lose the push", () =>
  withTenant(async (world) => {
    const { parts } = world;
    world.before.mark = async () => {
      delete world.before.mark;
      parts.clock.advance(1);
      await parts.consent();
    };
    assert.deepEqual(await world.push("Suspend"), ACCEPTED);
    assert.equal((await world.standing())!.health, "suspended");
    assert.equal((await world.recorded()).length, 1);
  }));

Deno.test("a removal between reading and marking leaves nothing to mark", () =>
  withTenant(async (world) => {
    world.before.mark = async () => void await world.parts.stores.tenants.remove(TENANT, null);
    assert.deepEqual(await world.push("Suspend"), ACCEPTED);
    assert.equal(await world.standing(), undefined);
  }));

const broken = () => {
  throw new PartFault("store", "network", 7000);
};

for (const moment of ["before", "after"] as const) {
  for (const part of ["claim", "get", "mark", "invalidate"] as const) {
    if (moment === "after" && part === "claim") continue;
    Deno.test(`a store that fails ${moment} ${part} says so, and the same push is obeyed later`, () =>
      withTenant(async (world) => {
        world[moment][part] = broken;
        const failed = await world.push("Suspend");
        assert.deepEqual(!failed.ok && failed.refusal, {
          code: "store_unavailable",
          reason: "network",
          retryAfterSeconds: 7,
        });
        delete world[moment][part];
        assert.deepEqual(await world.receive(), ACCEPTED);
        const { health, state } = (await world.standing())!;
        assert.deepEqual([health, state], ["suspended", "Suspended"]);
        const { stores, clock } = world.parts;
        assert.equal(await stores.tickets.get(TENANT, clock.now()), null);
      }));
  }
}

Deno.test("a claim whose answer was lost frees no token: it may be one that was used before", () =>
  withTenant(async (world) => {
    assert.deepEqual(await world.push("Suspend"), ACCEPTED);
    world.after.claim = broken;
    const failed = await world.receive();
    assert.equal(!failed.ok && failed.refusal.code, "store_unavailable");
    delete world.after.claim;
    const again = await world.receive();
    assert.equal(!again.ok && again.refusal.reason, "replayed");
    assert.equal((await world.recorded()).length, 1);
  }));

Deno.test("one token tells one change that nobody has a word for, and leaves nothing of other tenants", () =>
  withTenant(async (world) => {
    const { parts } = world;
    const before = (await parts.entries()).length;
    const tokenDigest = "the-same-token";
    for (let code = 6; code < 30; code++) await world.push(`ChangeType${code}`, { tokenDigest });
    assert.equal((await parts.entries()).length, before + 1);
  }));

Deno.test("without a ledger nothing is done, and the same push is obeyed later", () =>
  withTenant(async (world) => {
    const { parts } = world;
    const before = await world.standing();
    parts.script.append = () => {
      throw new PartFault("store", "full");
    };
    const failed = await world.push("Delete");
    assert.equal(!failed.ok && failed.refusal.code, "ledger_unavailable");
    assert.equal(!failed.ok && failed.refusal.retryAfterSeconds, 2);
    assert.deepEqual(await world.standing(), before);
    assert.deepEqual(parts.notices, []);
    assert.notEqual(await parts.stores.tickets.get(TENANT, parts.clock.now()), null);
    parts.script.append = () => {};
    assert.deepEqual(await world.receive(), ACCEPTED);
    assert.equal((await world.standing())!.state, "Deleted");
    assert.deepEqual(await world.recorded(), [[TENANT, "Running", "Deleted"]]);
  }));

Deno.test("a claim that cannot be taken back is in the log", () =>
  withTenant(async (world) => {
    world.before.mark = broken;
    world.before.unclaim = broken;
    const failed = await world.push("Suspend");
    assert.equal(!failed.ok && failed.refusal.code, "store_unavailable");
    assert.deepEqual(events(world.parts), [
      "state_change.received",
      "state_change.not_released",
      "state_change.fault",
    ]);
  }));

Deno.test("login keys that cannot be had are SuperOffice's fault, and nothing is claimed", () =>
  withTenant(async (world) => {
    world.next = new PartFault("superoffice", "timeout");
    const failed = await world.receive();
    assert.equal(!failed.ok && failed.refusal.code, "upstream_unavailable");
    assert.deepEqual(await world.push("Suspend"), ACCEPTED);
  }));

Deno.test("what nobody foresaw is thrown on, and the same push is obeyed later", () =>
  withTenant(async (world) => {
    world.before.mark = () => {
      throw new TypeError("unforeseen");
    };
    await assert.rejects(() => world.push("Suspend"), TypeError);
    delete world.before.mark;
    assert.deepEqual(await world.receive(), ACCEPTED);
  }));
