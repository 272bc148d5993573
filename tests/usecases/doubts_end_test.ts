/** When a refusal is the tenant's all the same, and how often it is asked about then. */

import assert from "node:assert/strict";
import type { TenantStanding } from "../../src/domain/tenant.ts";
import { CALLER, ISSUED, stateOf, TENANT } from "../support/parts.ts";
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
    return await refusalOf(replace(parts.tickets));
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
  const ask = () => refusalOf(replace(parts.tickets));
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

test("who had to consent again in a long gap is given a ticket some minutes after it, not hours", async (parts) => {
  assert.ok((await parts.get()).ok);
  refusing(parts);
  const ask = () => refusalOf(replace(parts.tickets));
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

/** Every minute another instance asks, that was just started. @returns the codes, and the last health */
async function askAnew(parts: Parts, minutes: number) {
  const codes = new Set<string>();
  for (let minute = 0; minute < minutes; minute++) {
    codes.add((await refusalOf(parts.anew().get(CALLER, TENANT, "request-1"))).reason);
    parts.clock.advance(MINUTE);
  }
  return { codes: [...codes], health: await healthOf(parts) };
}

const TROUBLES: readonly Pick<TenantStanding, "health" | "healthReason" | "state">[] = [
  { health: "unreachable", healthReason: "timeout", state: "Running" },
  { health: "moved", healthReason: "misdirected", state: "Running" },
  { health: "suspended", healthReason: "stopped", state: "Suspended" },
];

for (const trouble of TROUBLES) {
  test(`a doubt about a tenant that was ${trouble.health} is known to all, too`, async (parts) => {
    assert.ok((await replace(parts.tickets)).ok);
    parts.clock.advance(7 * HOUR);
    const tenant = (await parts.stores.tenants.get(TENANT))!;
    const marked = { ...tenant, ...trouble, healthSince: parts.clock.now() - MINUTE };
    await parts.stores.tenants.mark(TENANT, tenant.consentedAt, marked, null);
    refusing(parts);
    parts.script.state = () => stateOf("Running");
    const first = await askAnew(parts, 15);
    assert.deepEqual(first, { codes: ["credentials_doubtful"], health: "unreachable" });
    const then = await askAnew(parts, 1);
    assert.deepEqual(then, { codes: ["refused"], health: "consent_withdrawn" });
  });
}

test("that its web services answer does not end the doubt about a tenant", async (parts) => {
  assert.ok((await parts.get()).ok);
  parts.clock.advance(5 * HOUR);
  refusing(parts);
  for (let minutes = 0; minutes < 15; minutes++) {
    await renew(parts);
    parts.standings.watch(TENANT);
    parts.standings.answered(TENANT);
    await parts.standings.drain();
    assert.equal(await healthOf(parts), "unreachable");
    parts.clock.advance(MINUTE);
  }
  await parts.get();
  await parts.tickets.drain();
  assert.equal(await healthOf(parts), "consent_withdrawn");
});
