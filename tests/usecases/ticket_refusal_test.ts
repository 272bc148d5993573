/** How long a refused exchange is remembered, and for whom; and how long anybody waits for another. */

import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import { ISSUED, TENANT } from "../support/parts.ts";
import {
  createTime,
  get,
  handoutOf,
  HOUR,
  MINUTE,
  refusalOf,
  test,
  ticketOf,
} from "./ticket_rules.ts";

const LEASE_MS = 15_000;
const EXCHANGE_MS = 4_000;

test("a refused token is asked about after a minute, and then every six hours", async (parts) => {
  parts.script.exchange = () => ({ kind: "refused" });
  const askUntil = async (ms: number, exchanges: number) => {
    for (const process of [parts.tickets, parts.another()]) {
      assert.equal((await refusalOf(get(process))).code, "consent_withdrawn");
    }
    assert.equal(parts.counts.exchanges, exchanges);
    parts.clock.advance(ms);
  };
  await askUntil(MINUTE - 1, 1);
  await askUntil(1, 1);
  await askUntil(6 * HOUR - 1, 2);
  await askUntil(1, 2);
  await askUntil(0, 3);
});

test("a refusal that was a slip is over after a minute, and the next one is the first again", async (parts) => {
  parts.script.exchange = (count) => count === 2 ? ISSUED : { kind: "refused" };
  await refusalOf(parts.get());
  parts.clock.advance(MINUTE);
  await ticketOf(parts.get());
  parts.clock.advance(6 * HOUR);
  await refusalOf(parts.get());
  parts.clock.advance(MINUTE - 1);
  await refusalOf(parts.get());
  assert.equal(parts.counts.exchanges, 3);
  parts.clock.advance(1);
  await refusalOf(parts.get());
  assert.equal(parts.counts.exchanges, 4);
});

test("a new consent ends a refusal at once and everywhere, although the store was not told", async (parts) => {
  parts.script.exchange = () => ({ kind: "refused" });
  const other = parts.another();
  await refusalOf(parts.get());
  parts.clock.advance(MINUTE);
  await refusalOf(get(other));
  parts.clock.advance(1);
  await parts.consent();
  parts.script.exchange = () => ISSUED;
  assert.equal((await handoutOf(get(other))).source, "exchange");
  assert.equal((await handoutOf(parts.get())).source, "store");
});

test("with other credentials SuperOffice is asked at once, and its answer counts for them only", async (parts) => {
  parts.script.exchange = () => ({ kind: "refused" });
  await refusalOf(parts.get());
  const renamed = parts.another({ credentials: "another key" });
  await refusalOf(get(renamed));
  assert.equal(parts.counts.exchanges, 2);
  await refusalOf(get(renamed));
  assert.equal(parts.counts.exchanges, 2);
  parts.script.exchange = () => ISSUED;
  const repaired = parts.another({ credentials: "the right key" });
  assert.equal((await handoutOf(get(repaired))).source, "exchange");
  assert.equal((await handoutOf(parts.get())).source, "store");
});

test("a refusal that time heals is remembered for a second at least, and five at most", async (parts) => {
  const failures = {
    upstream_unavailable: () => {
      throw new PartFault("superoffice", "timeout");
    },
    exchange_failed: () => ({ kind: "unfit", reason: "issuer" }) as const,
  };
  for (const [code, failure] of Object.entries(failures)) {
    parts.script.exchange = failure;
    assert.equal((await refusalOf(parts.get())).code, code);
    const { exchanges } = parts.counts;
    parts.clock.advance(999);
    parts.script.exchange = () => ISSUED;
    assert.equal((await refusalOf(get(parts.another()))).code, code);
    parts.clock.advance(4_001);
    assert.equal((await handoutOf(parts.get())).source, "exchange");
    assert.equal(parts.counts.exchanges, exchanges + 1);
    parts.clock.advance(6 * HOUR);
  }
});

test("who waits for a killed holder gets a ticket within its lease and one exchange", async (parts) => {
  const dead = { owner: "killed", why: "miss", leaseMs: LEASE_MS, replaces: null } as const;
  const begun = parts.clock.now();
  await parts.stores.tickets.lease(TENANT, { ...dead, credentials: "app", now: begun });
  const { clock, until } = createTime(parts);
  parts.script.exchange = async () => {
    await clock.sleep(3_000);
    return ISSUED;
  };
  const processes = Array.from({ length: 4 }, () => parts.another({ clock }));
  const given = await until(Promise.all(processes.map((process) => ticketOf(get(process)))));
  assert.deepEqual(given.map(({ generation }) => generation), [2, 2, 2, 2]);
  assert.equal(parts.counts.exchanges, 1);
  const waited = parts.clock.now() - begun;
  assert.ok(waited <= LEASE_MS + 3_000 + 500, `waited ${waited} ms`);
});

test("nobody waits longer than a lease and an exchange, whoever holds leases", async (parts) => {
  parts.stores.tickets.lease = () => Promise.resolve({ kind: "wait", ms: LEASE_MS });
  const { clock, until } = createTime(parts);
  const begun = clock.now();
  const { code, retryAfterSeconds } = await until(refusalOf(get(parts.another({ clock }))));
  assert.deepEqual([code, retryAfterSeconds], ["upstream_unavailable", 2]);
  const waited = clock.now() - begun;
  assert.ok(waited >= LEASE_MS + EXCHANGE_MS, `gave up after ${waited} ms`);
  assert.ok(waited <= LEASE_MS + EXCHANGE_MS + 500, `waited ${waited} ms`);
});

test("a tenant whose exchanges are fenced again and again is refused, not tried for ever", async (parts) => {
  parts.script.exchange = async () => {
    await parts.stores.tickets.invalidate(TENANT, parts.clock.now());
    return ISSUED;
  };
  const { code, reason } = await refusalOf(parts.get());
  assert.deepEqual([code, reason], ["store_unavailable", "fenced"]);
  assert.equal(parts.counts.exchanges, 3);
});
