/** A rotation as a tenant meets it: what is asked with, and what a gap in the portal does to nobody. */

import assert from "node:assert/strict";
import type { Generation } from "../../src/domain/ticket.ts";
import type { Tickets } from "../../src/usecases/tickets.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { CALLER, createParts, ISSUED, stateOf, TENANT } from "../support/parts.ts";
import { refusalOf } from "./ticket_rules.ts";

type Parts = ReturnType<typeof createParts>;

const OTHER = ContextId.parse("Cust54321")!;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function test(name: string, body: (parts: Parts) => Promise<void>): void {
  Deno.test(name, async () => {
    const parts = createParts({ keys: 2 });
    try {
      await parts.consent();
      await body(parts);
    } finally {
      parts.close();
    }
  });
}

const refusing = (parts: Parts) => parts.script.exchange = () => ({ kind: "refused" });

/** Whoever asks gets what is in memory; the renewal behind it is waited for. */
async function renew(parts: Parts): Promise<void> {
  assert.ok((await parts.get()).ok, "the ticket is as good as it was");
  await parts.tickets.drain();
}

const healthOf = async ({ stores }: Parts) => (await stores.tenants.get(TENANT))?.health;

test("what worked is signed with at once, the next time", async (parts) => {
  parts.script.exchange = (count) => count === 1 ? { kind: "refused" } : ISSUED;
  assert.ok((await parts.get()).ok);
  assert.equal(parts.counts.exchanges, 2);
  const generation = 1 as Generation;
  assert.ok((await parts.tickets.replace(CALLER, TENANT, generation, "request-2")).ok);
  assert.deepEqual([parts.counts.signatures, parts.counts.exchanges], [3, 3]);
  const entries = await parts.entries();
  const versions = entries.flatMap((it) => it.kind === "sign_intent" ? [it.key_version] : []);
  assert.deepEqual(versions, ["key-1", "key-2", "key-2"]);
  const changes = entries.filter((it) => it.kind === "key_changed");
  assert.deepEqual(changes.map(({ from, to }) => [from, to]), [["key-1", "key-2"]]);
});

test("an instance that is started anew begins with what others found", async (parts) => {
  parts.script.exchange = (count) => count === 1 ? { kind: "refused" } : ISSUED;
  assert.ok((await parts.get()).ok);
  const { exchanges } = parts.counts;
  const instance = parts.anew();
  assert.ok((await instance.replace(CALLER, TENANT, 1 as Generation, "request-2")).ok);
  assert.equal(parts.counts.exchanges, exchanges + 1);
  const intents = (await parts.entries()).filter(({ kind }) => kind === "sign_intent");
  assert.equal(intents.at(-1)?.key_version, "key-2");
});

test("a tenant that withdrew its consent costs both keys once, then one", async (parts) => {
  refusing(parts);
  assert.equal((await refusalOf(parts.get())).code, "consent_withdrawn");
  assert.equal(parts.counts.exchanges, 2);
  parts.clock.advance(MINUTE);
  await refusalOf(parts.get());
  assert.equal(parts.counts.exchanges, 4, "once in a while, all the same");
  await parts.consent();
  parts.script.exchange = (count) => count === 5 ? ISSUED : { kind: "refused" };
  assert.ok((await parts.get()).ok);
});

test("while the portal has neither key, no ticket is lost and nobody has to consent again", async (parts) => {
  assert.ok((await parts.get()).ok);
  parts.clock.advance(5 * HOUR);
  refusing(parts);
  await renew(parts);
  assert.deepEqual([await healthOf(parts), parts.counts.exchanges], ["unreachable", 3]);
  await renew(parts);
  assert.equal(parts.counts.exchanges, 3, "not so soon again");
  for (let minutes = 1; minutes < 5; minutes++) {
    parts.clock.advance(MINUTE);
    await renew(parts);
  }
  assert.deepEqual([await healthOf(parts), parts.notices], ["unreachable", []]);
  parts.script.exchange = (count) => count % 2 === 0 ? { kind: "refused" } : ISSUED;
  parts.clock.advance(MINUTE);
  await renew(parts);
  assert.equal(await healthOf(parts), "connected");
});

test("who has no ticket in such a gap is asked about once a minute", async (parts) => {
  assert.ok((await parts.get()).ok);
  parts.clock.advance(5 * MINUTE);
  refusing(parts);
  const ask = () => refusalOf(parts.tickets.replace(CALLER, TENANT, 1 as Generation, "request-2"));
  const { code, reason } = await ask();
  assert.deepEqual([code, reason], ["upstream_unavailable", "credentials_doubtful"]);
  parts.clock.advance(MINUTE - 1);
  await ask();
  assert.equal(parts.counts.exchanges, 3);
  parts.clock.advance(1);
  await ask();
  assert.equal(parts.counts.exchanges, 5);
});

test("a doubt of an earlier gap does not count in a later one", async (parts) => {
  assert.ok((await parts.get()).ok);
  parts.clock.advance(5 * HOUR);
  refusing(parts);
  await renew(parts);
  parts.script.exchange = () => ISSUED;
  parts.clock.advance(MINUTE);
  await renew(parts);
  assert.equal(await healthOf(parts), "connected");
  parts.clock.advance(5 * HOUR);
  refusing(parts);
  await renew(parts);
  assert.equal(await healthOf(parts), "unreachable");
});

test("a tenant that stopped is told from one whose app is refused", async (parts) => {
  assert.ok((await parts.get()).ok);
  parts.clock.advance(5 * HOUR);
  refusing(parts);
  let reads = 0;
  parts.script.state = () => stateOf(++reads === 1 ? "Running" : "Suspended");
  assert.ok((await parts.get()).ok);
  await parts.tickets.drain();
  assert.equal(await healthOf(parts), "suspended");
});

test("whoever is refused for a quarter of an hour must consent again, whatever the keys", async (parts) => {
  assert.ok((await parts.get()).ok);
  parts.clock.advance(5 * HOUR);
  refusing(parts);
  for (let minutes = 0; minutes < 15; minutes++) {
    await renew(parts);
    parts.clock.advance(MINUTE);
  }
  assert.equal(await healthOf(parts), "unreachable");
  await parts.get();
  await parts.tickets.drain();
  assert.equal(await healthOf(parts), "consent_withdrawn");
  assert.equal((await refusalOf(parts.get())).code, "consent_withdrawn");
});

test("how long there was a doubt is known to an instance that was not there", async (parts) => {
  assert.ok((await parts.get()).ok);
  parts.clock.advance(5 * HOUR);
  refusing(parts);
  const renewAnew = async () => {
    const instance = parts.anew();
    // The first time it is read from the store, the second time it grows old.
    for (const _ of [1, 2]) await instance.get(CALLER, TENANT, "request-1");
    await instance.drain();
  };
  for (let minutes = 0; minutes < 15; minutes++) {
    await renewAnew();
    assert.equal(await healthOf(parts), "unreachable");
    parts.clock.advance(MINUTE);
  }
  await renewAnew();
  assert.equal(await healthOf(parts), "consent_withdrawn");
});

test("a standby that cannot sign does not keep a tenant from being told to consent again", async (parts) => {
  assert.ok((await parts.get()).ok);
  refusing(parts);
  // The first one signs, the other never does.
  parts.script.sign = (count) => {
    if (count % 2 === 1) parts.fail("denied", false);
  };
  const ask = async () => {
    parts.clock.advance(MINUTE);
    return await refusalOf(parts.tickets.replace(CALLER, TENANT, 1 as Generation, "request-2"));
  };
  for (let minutes = 0; minutes < 15; minutes++) {
    assert.equal((await ask()).code, "signer_unavailable", "SuperOffice may take the other one");
  }
  assert.equal(await healthOf(parts), "connected");
  assert.equal((await ask()).code, "consent_withdrawn");
  assert.equal((await ask()).code, "consent_withdrawn", "and it stays so");
});

test("where others are given tickets after a refusal, the next one is the tenant's", async (parts) => {
  assert.ok((await parts.get()).ok);
  parts.clock.advance(2 * MINUTE);
  refusing(parts);
  const ask = () => refusalOf(parts.tickets.replace(CALLER, TENANT, 1 as Generation, "request-2"));
  assert.equal((await ask()).reason, "credentials_doubtful");
  parts.clock.advance(MINUTE);
  assert.equal((await ask()).reason, "credentials_doubtful", "nobody was given one since");
  parts.script.exchange = () => ISSUED;
  await parts.consent("9876543210", OTHER);
  assert.ok((await parts.tickets.get(CALLER, OTHER, "request-3")).ok);
  refusing(parts);
  parts.clock.advance(MINUTE);
  assert.equal((await ask()).code, "consent_withdrawn");
});

test("a gap that begins right after somebody was given a ticket takes nobody's away", async (parts) => {
  assert.ok((await parts.get()).ok);
  parts.clock.advance(5 * HOUR);
  parts.script.exchange = () => ISSUED;
  await parts.consent("9876543210", OTHER);
  assert.ok((await parts.tickets.get(CALLER, OTHER, "request-3")).ok);
  parts.clock.advance(1000);
  refusing(parts);
  await renew(parts);
  assert.deepEqual([await healthOf(parts), parts.notices], ["unreachable", []]);
  parts.clock.advance(MINUTE);
  await renew(parts);
  assert.deepEqual([await healthOf(parts), parts.notices], ["unreachable", []]);
});

test("what another instance found out of a tenant ends the doubts of this one", async (parts) => {
  assert.ok((await parts.get()).ok);
  const other = parts.anew();
  parts.clock.advance(MINUTE);
  refusing(parts);
  const replace = (by: Tickets, generation: number) =>
    by.replace(CALLER, TENANT, generation as Generation, "request-2");
  assert.equal((await refusalOf(replace(parts.tickets, 1))).reason, "credentials_doubtful");
  parts.clock.advance(MINUTE);
  parts.script.exchange = () => ISSUED;
  const found = await replace(other, 1);
  assert.ok(found.ok);
  parts.clock.advance(HOUR);
  refusing(parts);
  assert.equal(
    (await refusalOf(replace(parts.tickets, found.value.ticket.generation))).reason,
    "credentials_doubtful",
  );
});

test("who had to consent again in a long gap is given a ticket some minutes after it, not hours", async (parts) => {
  assert.ok((await parts.get()).ok);
  refusing(parts);
  const ask = () => refusalOf(parts.tickets.replace(CALLER, TENANT, 1 as Generation, "request-2"));
  for (let minutes = 0; minutes < 16; minutes++) {
    await ask();
    parts.clock.advance(MINUTE);
  }
  assert.equal((await ask()).code, "consent_withdrawn");
  parts.script.exchange = () => ISSUED;
  parts.clock.advance(10 * MINUTE - 1);
  assert.equal((await refusalOf(parts.get())).code, "consent_withdrawn");
  parts.clock.advance(1);
  assert.ok((await parts.get()).ok);
});
