/** A gap in the portal, in which SuperOffice takes neither key: nobody loses a ticket in it. */

import assert from "node:assert/strict";
import { CALLER, ISSUED, stateOf } from "../support/parts.ts";
import {
  healthOf,
  HOUR,
  MINUTE,
  OTHER,
  type Parts,
  refusalOf,
  refusing,
  renew,
  replace,
  test,
} from "./rotation_rules.ts";

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
  const ask = () => refusalOf(replace(parts.tickets));
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

/** One instance doubts a refusal, and another one is given a ticket a minute later. */
async function doubtThatEndsElsewhere(parts: Parts) {
  assert.ok((await parts.get()).ok);
  const other = parts.anew();
  parts.clock.advance(MINUTE);
  refusing(parts);
  assert.equal((await refusalOf(replace(parts.tickets))).reason, "credentials_doubtful");
  parts.clock.advance(MINUTE);
  parts.script.exchange = () => ISSUED;
  const found = await replace(other);
  assert.ok(found.ok);
  return { other, generation: found.value.ticket.generation };
}

test("what another instance found out of a tenant ends the doubts of this one", async (parts) => {
  const { generation } = await doubtThatEndsElsewhere(parts);
  parts.clock.advance(HOUR);
  refusing(parts);
  assert.equal(
    (await refusalOf(replace(parts.tickets, generation))).reason,
    "credentials_doubtful",
  );
});

test("a doubt that ended elsewhere does not count in the next gap, whoever met that first", async (parts) => {
  const { other, generation } = await doubtThatEndsElsewhere(parts);
  parts.clock.advance(HOUR);
  refusing(parts);
  assert.equal((await refusalOf(replace(other, generation))).reason, "credentials_doubtful");
  parts.clock.advance(MINUTE);
  const again = await refusalOf(replace(parts.tickets, generation));
  assert.equal(again.reason, "credentials_doubtful");
});
