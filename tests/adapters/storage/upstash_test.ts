/** What Upstash adds to the contracts: requests, keys and their lives, and records that are bad. */

import assert from "node:assert/strict";
import type { Script } from "../../../src/adapters/storage/upstash_client.ts";
import * as consentScripts from "../../../src/adapters/storage/upstash_consent_scripts.ts";
import * as noticeScripts from "../../../src/adapters/storage/upstash_notice_scripts.ts";
import * as ledgerScripts from "../../../src/adapters/storage/upstash_ledger_scripts.ts";
import * as tenantScripts from "../../../src/adapters/storage/upstash_tenant_scripts.ts";
import * as ticketScripts from "../../../src/adapters/storage/upstash_ticket_scripts.ts";
import { EMPTY_TREE } from "../../../src/domain/merkle.ts";
import type { TenantStore } from "../../../src/usecases/ports.ts";
import { requires } from "../../support/requirement.ts";
import type { Bridge } from "../../support/upstash_bridge.ts";
import { openUpstash, withBridge } from "./backends.ts";
import {
  append,
  assertReason,
  CONSENT,
  generationOf,
  notice,
  NOW,
  PENDING,
  refused,
  request,
  TENANT,
  tenantOf,
  ticket,
  treeOf,
  WITHDRAWN,
} from "./samples.ts";

const SCRIPTS = [tenantScripts, noticeScripts, ticketScripts, ledgerScripts, consentScripts]
  .flatMap((module) => Object.values<unknown>(module))
  .filter((member): member is Script => typeof member === "object");

/** A test with a bridge and a Redis of its own. */
function test(name: string, work: (bridge: Bridge) => Promise<void>): void {
  Deno.test({ name, ...requires("redis-server"), fn: () => withBridge(work) });
}

Deno.test("scripts touch no key but those they were given, and answer no OK", () => {
  assert.equal(SCRIPTS.length, 29);
  for (const { text } of SCRIPTS) {
    const calls = text.match(/redis\.call\(/g) ?? [];
    const given = text.match(/redis\.call\(\s*'\w+',\s*KEYS\[/g) ?? [];
    assert(calls.length > 0);
    assert.equal(given.length, calls.length, text);
    assert.doesNotMatch(text, /'OK'|TIME|random|^#!/);
  }
});

test("each hot call is one request", async (bridge) => {
  const { tenants, notices, tickets, ledger, consents } = openUpstash(bridge);
  const calls: (() => Promise<unknown>)[] = [
    () => tenants.put(CONSENT, notice("put")),
    () => tenants.mark(TENANT, NOW, WITHDRAWN, notice("mark")),
    () => tenants.get(TENANT),
    () => tenants.list(0, 10),
    () => tenants.changes(0, 10),
    () => notices.take(NOW, 10, NOW + 1_000),
    () => notices.done("put"),
    () => notices.retry("mark", NOW, "timeout"),
    () => tenants.remove(TENANT, notice("remove")),
    () => tickets.get(TENANT, NOW),
    () => tickets.lease(TENANT, request()),
    () => tickets.publish(TENANT, "owner-1", ticket(1)),
    () => tickets.relocate(ticket(1, { addressesUntil: NOW })),
    () => ledger.append(EMPTY_TREE, append(EMPTY_TREE, ["a", "b"])),
    () => ledger.read(-1, 1_000),
    () => consents.begin("state", PENDING, NOW + 1_000, NOW),
    () => consents.take("state", NOW),
  ];
  for (const call of calls) {
    const before = bridge.seen.length;
    await call();
    assert.equal(bridge.seen.length, before + 1, `${call}`);
  }
  assert.deepEqual([...bridge.counts.keys()], ["200"]);
});

test("keys of one script share a hash tag and begin with the prefix", async (bridge) => {
  await fill(bridge, "mine");
  const evals = bridge.seen.filter(([name]) => name === "eval");
  assert(evals.length > 5);
  for (const [, , count, ...rest] of evals) {
    const keys = rest.slice(0, Number(count));
    const tags = new Set(keys.map((key) => /^mine\.owner:[^{]*\{([^}]+)\}/.exec(key)?.[1]));
    assert.equal(tags.size, 1, keys.join(" "));
    assert(!tags.has(undefined), keys.join(" "));
  }
});

test("tenants, notices and evidence never expire, everything else does", async (bridge) => {
  await fill(bridge, "mine");
  const forever = [
    "mine.owner:{ledger}:head",
    "mine.owner:{ledger}:entries:0",
    "mine.owner:{ledger}:tile:0:0",
    "mine.owner:{tenants}",
    "mine.owner:{tenants}:order",
    "mine.owner:{tenants}:changes",
    "mine.owner:{tenants}:notices",
    "mine.owner:{tenants}:notices:due",
    "mine.owner:{tenants}:notices:buried",
  ];
  const keys = await bridge.redis.keys("*");
  for (const key of keys) {
    const life = await bridge.redis.pttl(key);
    if (forever.includes(key)) assert.equal(life, -1, key);
    else assert(life > 0, key);
  }
  assert.deepEqual(forever.filter((key) => !keys.includes(key)), []);
  assert.equal(keys.length, 19);
});

test("a ticket that gets new addresses lives no longer than before", async (bridge) => {
  const { tickets } = openUpstash(bridge, { prefix: "p" });
  await tickets.publish(TENANT, "o", ticket(1, { expiresAt: NOW + 100_000 }));
  const lifeOf = () => bridge.redis.pexpiretime(`p.owner:ticket:{${TENANT}}`);
  const life = await lifeOf();
  await tickets.relocate(ticket(1, { expiresAt: NOW + 100_000, addressesUntil: NOW }));
  assert.equal(await lifeOf(), life);
});

test("a ticket of an older program is none, its generation counts", async (bridge) => {
  const { tickets } = openUpstash(bridge, { prefix: "p" });
  const key = `p.owner:ticket:{${TENANT}}`;
  await tickets.publish(TENANT, "o", ticket(7));
  const { addresses_until: _, ...older } = JSON.parse((await bridge.redis.get(key))!);
  await bridge.redis.set(key, JSON.stringify(older));
  await bridge.redis.del(`p.owner:generation:{${TENANT}}`);
  assert.equal(await tickets.get(TENANT, NOW), null);
  assert.deepEqual(await tickets.lease(TENANT, request()), { kind: "lease", generation: 8 });
  assert.equal(await tickets.publish(TENANT, "owner-1", ticket(8)), "published");
  assert.deepEqual(await tickets.get(TENANT, NOW), ticket(8));
});

test("a tenant of an older program stands as it was left, since its consent", async (bridge) => {
  const { tenants } = openUpstash(bridge, { prefix: "p" });
  const hash = "p.owner:{tenants}";
  await tenants.put(CONSENT, null);
  await bridge.redis.hset(hash, `${TENANT}:seen`, '{"health":"consent_withdrawn","state":"Off"}');
  await bridge.redis.hdel(hash, `${TENANT}:tickets_from`, `${TENANT}:change`, "change");
  await bridge.redis.del(`${hash}:changes`);
  const standing = {
    health: "consent_withdrawn",
    healthReason: "before",
    healthSince: NOW,
    state: "Off",
    ticketsFrom: NOW,
  };
  assert.deepEqual(await tenants.get(TENANT), { ...CONSENT, ...standing, sequence: 1 });
  const [card] = await tenants.list(0, 10);
  assert.equal(card?.healthReason, "before");
  assert.deepEqual(await tenants.changes(0, 10), { newest: 0, changes: [] });
  assert.equal(await tenants.mark(TENANT, NOW, { ...WITHDRAWN, ticketsFrom: 1 }, null), true);
  const marked = { tenant: TENANT, number: 1, standing: { ...WITHDRAWN, ticketsFrom: NOW } };
  assert.deepEqual(await tenants.changes(0, 10), { newest: 1, changes: [marked] });
});

test("two prefixes are two stores", async (bridge) => {
  const one = openUpstash(bridge, { prefix: "one" });
  const two = openUpstash(bridge, { prefix: "two" });
  await one.tenants.put(CONSENT, null);
  assert.equal(await two.tenants.get(TENANT), null);
  assert.equal((await two.tenants.put({ ...CONSENT, serial: "2" }, null)).kind, "stored");
});

test("generations grow although the counter was evicted", async (bridge) => {
  const { tickets } = openUpstash(bridge, { prefix: "p" });
  await tickets.publish(TENANT, "o", ticket(7));
  await bridge.redis.del(`p.owner:generation:{${TENANT}}`);
  const replaces = generationOf(7);
  const answer = await tickets.lease(TENANT, request({ replaces }));
  assert.deepEqual(answer, { kind: "lease", generation: 8 });
  await tickets.invalidate(TENANT, NOW);
  await bridge.redis.del(`p.owner:generation:{${TENANT}}`);
  assert.equal(await tickets.publish(TENANT, "owner-1", ticket(8)), "fenced");
  assert.deepEqual(await tickets.lease(TENANT, request()), { kind: "lease", generation: 10 });
});

test("a store that forgot everything starts anew", async (bridge) => {
  const { tickets } = openUpstash(bridge);
  await tickets.publish(TENANT, "o", ticket(7));
  await bridge.redis.flushall();
  assert.equal(await tickets.get(TENANT, NOW), null);
  assert.equal((await tickets.lease(TENANT, request())).kind, "lease");
});

test("evidence that was lost stops the log instead of forking it", async (bridge) => {
  const { ledger } = openUpstash(bridge, { prefix: "p" });
  await ledger.append(EMPTY_TREE, append(EMPTY_TREE, ["one", "two"]));
  const head = treeOf(["one", "two"]);
  await bridge.redis.rpop("p.owner:{ledger}:entries:0");
  await assert.rejects(ledger.read(-1, 10), assertReason("unreadable"));
  await assert.rejects(ledger.append(head, append(head, ["three"])), assertReason("unreadable"));
  assert.deepEqual(await ledger.head(), head);
  await bridge.redis.del("p.owner:{ledger}:head");
  const fork = append(EMPTY_TREE, ["other"]);
  await assert.rejects(ledger.append(EMPTY_TREE, fork), assertReason("unreadable"));
  assert.deepEqual(await bridge.redis.lrange("p.owner:{ledger}:entries:0", 0, -1), ["one"]);
});

test("a full page of leaves beyond one request's size comes back whole", async (bridge) => {
  const { ledger } = openUpstash(bridge);
  const leaves = Array.from({ length: 10_500 }, (_, index) => `leaf ${index}`);
  await ledger.append(EMPTY_TREE, append(EMPTY_TREE, leaves));
  const before = bridge.seen.length;
  assert.deepEqual(await ledger.read(-1, 20_000), leaves);
  assert.equal(bridge.seen.length, before + 2);
});

test("records that are none of ours are unreadable, never a miss", async (bridge) => {
  const { tenants, tickets, ledger, consents } = openUpstash(bridge, { prefix: "p" });
  const until = NOW + 1_000;
  const ticketKey = `p.owner:ticket:{${TENANT}}`;
  await consents.begin("state", PENDING, until, NOW);
  const [stateKey = ""] = await bridge.redis.keys("p.owner:consent:*");
  const [seen, from] = [`${TENANT}:seen`, `${TENANT}:tickets_from`];
  const mark = (tenants: TenantStore) => tenants.mark(TENANT, NOW, WITHDRAWN, null);
  await tenants.put(CONSENT, null);
  const asks: [() => Promise<unknown>, () => Promise<unknown>][] = [
    [() => bridge.redis.hset("p.owner:{tenants}", seen, "{}"), () => tenants.get(TENANT)],
    [() => bridge.redis.hset("p.owner:{tenants}", seen, "{}"), () => tenants.list(0, 10)],
    [() => bridge.redis.hdel("p.owner:{tenants}", seen), () => tenants.get(TENANT)],
    [() => bridge.redis.hdel("p.owner:{tenants}", seen), () => tenants.list(0, 10)],
    [() => bridge.redis.hset("p.owner:{tenants}", from, "x"), () => tenants.put(CONSENT, null)],
    [() => bridge.redis.hset("p.owner:{tenants}", from, "x"), () => mark(tenants)],
    [() => bridge.redis.hset("p.owner:{tenants}", "change", "x"), () => tenants.changes(0, 1)],
    [() => bridge.redis.set(ticketKey, "x"), () => tickets.get(TENANT, NOW)],
    [() => bridge.redis.set(ticketKey, "[]"), () => tickets.get(TENANT, NOW)],
    [() => bridge.redis.set(ticketKey, "x"), () => tickets.lease(TENANT, request())],
    [() => bridge.redis.set(ticketKey, "{}"), () => tickets.lease(TENANT, request())],
    [() => bridge.redis.set(ticketKey, "{}"), () => tickets.publish(TENANT, "o", ticket(1))],
    [() => bridge.redis.set("p.owner:{ledger}:head", "{}"), () => ledger.head()],
    [
      () => bridge.redis.set("p.owner:{ledger}:head", '{"size":1,"frontier":[]}'),
      () => ledger.head(),
    ],
    [() => bridge.redis.set("p.owner:{ledger}:head", "{}"), () => ledger.read(-1, 1)],
    [() => bridge.redis.set(stateKey, "x"), () => consents.take("state", NOW)],
    [() => bridge.redis.set(stateKey, "pending {}"), () => consents.take("state", NOW)],
    [() => bridge.redis.set("p.owner:claim:{d}", "x"), () => consents.claim("d", until, NOW)],
    [() => bridge.redis.set("p.owner:finished:{b}", "x"), () => consents.finished("b", NOW)],
  ];
  for (const [spoil, ask] of asks) {
    await spoil();
    await assert.rejects(ask(), assertReason("unreadable"), `${spoil} ${ask}`);
  }
  await tickets.invalidate(TENANT, NOW);
  assert.equal((await tickets.lease(TENANT, request())).kind, "lease");
});

test("a key of another kind is a command fault", async (bridge) => {
  const { tickets } = openUpstash(bridge, { prefix: "p" });
  await bridge.redis.hset(`p.owner:ticket:{${TENANT}}`, "a", "b");
  await assert.rejects(tickets.get(TENANT, NOW), assertReason("command"));
});

Deno.test("options that cannot be right are refused when connecting", () => {
  const bridge = { url: "http://127.0.0.1:1", token: "t" };
  assert.throws(() => openUpstash({ ...bridge, url: "redis://x" }), TypeError);
  assert.throws(() => openUpstash({ ...bridge, url: "" }), TypeError);
  assert.throws(() => openUpstash(bridge, { token: "" }), TypeError);
  assert.throws(() => openUpstash(bridge, { token: "a\nb" }), TypeError);
  assert.throws(() => openUpstash(bridge, { prefix: "a{b" }), TypeError);
});

/** Stores one of everything. */
async function fill(bridge: Bridge, prefix: string): Promise<void> {
  const stores = openUpstash(bridge, { prefix });
  const { tenants, notices, tickets, ledger, consents } = stores;
  await tenants.put(CONSENT, notice("a"));
  await tenants.mark(TENANT, NOW, WITHDRAWN, notice("b"));
  await notices.bury("b", NOW, "timeout");
  await tickets.lease(TENANT, request());
  await tickets.publish(TENANT, "owner-0", ticket(1));
  await tickets.relocate(ticket(1, { addressesUntil: NOW }));
  await tickets.lease(tenantOf(2), request());
  await tickets.refuse(tenantOf(2), refused());
  await ledger.append(EMPTY_TREE, append(EMPTY_TREE, ["a"], "id"));
  await consents.begin("state", PENDING, NOW + 60_000, NOW);
  await consents.finish(
    "b",
    { contextIdentifier: TENANT, isRenewed: false },
    NOW + 60_000,
    NOW,
  );
}
