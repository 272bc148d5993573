/** Nothing of a secret is on disk, on the wire to the store, or in an error. */

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { createSealing } from "../../../src/adapters/storage/sealing.ts";
import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import type { Stores } from "../../../src/adapters/storage/stores.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { requires } from "../../support/requirement.ts";
import type { Bridge } from "../../support/upstash_bridge.ts";
import { openUpstash, OWNER, SEALING, withBridge, withFolder } from "./backends.ts";
import {
  CONSENT,
  notice,
  NOW,
  PENDING,
  request,
  TENANT,
  tenantOf,
  ticket,
  WITHDRAWN,
} from "./samples.ts";

const MARK = "MARK-3f9c";
const MARKED = new Secret(MARK);
const OTHER = tenantOf(2);
const UNTIL = NOW + 600_000;

async function storeMarked(stores: Stores): Promise<void> {
  await stores.tenants.put({ ...CONSENT, systemUserToken: MARKED }, notice("put"));
  await stores.tenants.mark(TENANT, NOW, WITHDRAWN, notice("marked"));
  await stores.tickets.publish(TENANT, "owner", ticket(1, { ticket: MARKED }));
  await stores.tickets.relocate(ticket(1, { ticket: MARKED, addressesUntil: UNTIL }));
  await stores.consents.begin("state", { ...PENDING, codeVerifier: MARKED }, UNTIL, NOW);
}

async function assertMarked(stores: Stores): Promise<void> {
  assert.equal((await stores.tenants.get(TENANT))?.systemUserToken.reveal(), MARK);
  assert.equal((await stores.tickets.get(TENANT, NOW))?.ticket.reveal(), MARK);
}

/** Every call that carries or brings a secret. */
function callsOf({ tenants, tickets, consents }: Stores): (() => Promise<unknown>)[] {
  return [
    () => tenants.put({ ...CONSENT, systemUserToken: MARKED }, notice("put")),
    () => tenants.get(TENANT),
    () => tickets.publish(TENANT, "owner", ticket(2, { ticket: MARKED })),
    () => tickets.get(TENANT, NOW),
    () => tickets.lease(TENANT, request()),
    () => tickets.relocate(ticket(2, { ticket: MARKED })),
    () => consents.begin("state", { ...PENDING, codeVerifier: MARKED }, UNTIL, NOW),
    () => consents.take("state", NOW),
  ];
}

async function assertClean(call: () => Promise<unknown>, mark: RegExp): Promise<void> {
  await assert.rejects(call(), (error: unknown) => {
    assert(error instanceof PartFault);
    assert.equal(error.cause, undefined);
    const shown = `${error.message} ${error.stack} ${Deno.inspect(error, { depth: 9 })}`;
    assert.doesNotMatch(shown, mark);
    return true;
  });
}

Deno.test("the SQLite file holds no secret", () =>
  withFolder(async (folder) => {
    const stores = openSqlite({ path: `${folder}/data.sqlite`, sealing: SEALING, owner: OWNER });
    await storeMarked(stores);
    await assertMarked(stores);
    await assertNoMarkIn(folder);
    stores.close();
    await assertNoMarkIn(folder);
  }));

async function assertNoMarkIn(folder: string): Promise<void> {
  let seen = 0;
  for await (const { name } of Deno.readDir(folder)) {
    const text = new TextDecoder("latin1").decode(await Deno.readFile(`${folder}/${name}`));
    if (text.includes("CREATE TABLE tenants")) seen++;
    assert(!text.includes(MARK), name);
  }
  assert(seen > 0, "nothing was looked at");
}

Deno.test({
  name: "neither Redis nor a request to it holds a secret",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const stores = openUpstash(bridge);
      await storeMarked(stores);
      await assertMarked(stores);
      const dump = await dumpOf(bridge);
      assert.match(dump, /v1\.k1\./);
      assert.doesNotMatch(dump, new RegExp(MARK));
      assert.doesNotMatch(JSON.stringify(bridge.seen), new RegExp(MARK));
    }),
});

/** Every key with its whole value. */
async function dumpOf({ redis }: Bridge): Promise<string> {
  const lines: string[] = [];
  for (const key of await redis.keys("*")) {
    const type = await redis.type(key);
    const value = type === "string"
      ? await redis.get(key)
      : type === "hash"
      ? await redis.call("HGETALL", key)
      : type === "list"
      ? await redis.lrange(key, 0, -1)
      : await redis.call("ZRANGE", key, "0", "-1");
    lines.push(JSON.stringify([key, value]));
  }
  return lines.join("\n");
}

Deno.test({
  name: "no error of the shared store shows a secret, a token, or what was sent",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const mark = /MARK|v1\.k1|Cust12345|bridge-token|127\.0\.0\.1/;
      const stores = openUpstash(bridge, { prefix: "p" });
      for (const call of callsOf(stores)) {
        for (const kind of ["unavailable", "html", "garbage"] as const) {
          bridge.next({ kind });
          await assertClean(call, mark);
        }
        bridge.next({ kind: "lost" }, { kind: "lost" });
        // Executed all the same, so some of these succeed or are fenced when asked again.
        await assertClean(call, mark);
      }
      const strangers = openUpstash(bridge, { token: "MARK-token" });
      for (const call of callsOf(strangers)) await assertClean(call, mark);
      await bridge.redis.flushall();
      for (const key of ["p.owner:{tenants}", `p.owner:ticket:{${TENANT}}`]) {
        await bridge.redis.lpush(key, MARK);
      }
      await assertClean(() => stores.tenants.get(TENANT), mark);
      await assertClean(() => stores.tickets.get(TENANT, NOW), mark);
      await bridge.pause();
      for (const call of callsOf(stores)) await assertClean(call, mark);
    }),
});

Deno.test("no error of the embedded store shows a secret", async () => {
  const stores = openSqlite({ path: ":memory:", sealing: SEALING, owner: OWNER });
  const calls = callsOf(stores);
  stores.close();
  for (const call of calls) await assertClean(call, /MARK|v1\.k1|Cust12345/);
});

Deno.test("a value moved to another tenant does not open: SQLite", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const { tenants, tickets, close } = openSqlite({ path, sealing: SEALING, owner: OWNER });
    await tenants.put({ ...CONSENT, systemUserToken: MARKED }, null);
    await tenants.put({ ...CONSENT, contextIdentifier: OTHER }, null);
    await tickets.publish(TENANT, "owner", ticket(1, { ticket: MARKED }));
    await tickets.publish(OTHER, "owner", ticket(1));
    const thief = new DatabaseSync(path);
    thief.exec(`
      UPDATE tenants SET system_user_token = (SELECT system_user_token FROM tenants
        WHERE context_identifier = '${TENANT}') WHERE context_identifier = '${OTHER}';
      UPDATE tickets SET ticket = (SELECT ticket FROM tickets
        WHERE context_identifier = '${TENANT}') WHERE context_identifier = '${OTHER}'`);
    thief.close();
    await assertClean(() => tenants.get(OTHER), /MARK/);
    await assertClean(() => tickets.get(OTHER, NOW), /MARK/);
    assert.equal((await tickets.get(TENANT, NOW))?.ticket.reveal(), MARK);
    close();
  }));

Deno.test({
  name: "a value moved to another tenant or state does not open: Upstash",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const { redis } = bridge;
      const stores = openUpstash(bridge, { prefix: "p" });
      const { tenants, tickets, consents } = stores;
      await storeMarked(stores);
      await tenants.put({ ...CONSENT, contextIdentifier: OTHER }, null);
      const consent = (await redis.hget("p.owner:{tenants}", `${TENANT}:consent`))!;
      await redis.hset("p.owner:{tenants}", `${OTHER}:consent`, consent.replace(TENANT, OTHER));
      await redis.copy(`p.owner:ticket:{${TENANT}}`, `p.owner:ticket:{${OTHER}}`);
      const [mine = ""] = await redis.keys("p.owner:consent:*");
      await consents.begin("other", PENDING, UNTIL, NOW);
      const other = (await redis.keys("p.owner:consent:*")).find((key) => key !== mine)!;
      await redis.copy(mine, other, "REPLACE");
      await assertClean(() => tenants.get(OTHER), /MARK/);
      await assertClean(() => tickets.get(OTHER, NOW), /MARK/);
      await assertClean(() => tickets.lease(OTHER, request()), /MARK/);
      await assertClean(() => consents.take("other", NOW), /MARK/);
      await assertMarked(stores);
    }),
});

const THEFTS = [
  ["tickets", "webapi_url = 'https://thief.example/'"],
  ["tickets", "netserver_url = 'https://thief.example/'"],
  ["tickets", "expires_at = expires_at + 1"],
  ["tickets", "addresses_until = addresses_until + 1"],
  ["tickets", "generation = generation + 1"],
  ["tenants", "serial = '9999999999'"],
  ["tenants", "webapi_url = 'https://thief.example/'"],
] as const;

Deno.test("a secret does not open once anything that guides it was changed: SQLite", () =>
  withFolder(async (folder) => {
    for (const [place, [table, change]] of THEFTS.entries()) {
      const path = `${folder}/${place}.sqlite`;
      const stores = openSqlite({ path, sealing: SEALING, owner: OWNER });
      await storeMarked(stores);
      await assertMarked(stores);
      const thief = new DatabaseSync(path);
      thief.exec(`UPDATE ${table} SET ${change}`);
      thief.close();
      const get = table === "tickets"
        ? () => stores.tickets.get(TENANT, NOW)
        : () => stores.tenants.get(TENANT);
      await assertClean(get, /MARK/);
      stores.close();
    }
  }));

Deno.test({
  name: "a secret does not open once anything that guides it was changed: Upstash",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const { redis } = bridge;
      const stores = openUpstash(bridge, { prefix: "p" });
      await storeMarked(stores);
      const key = `p.owner:ticket:{${TENANT}}`;
      const good = (await redis.get(key))!;
      const record = JSON.parse(good);
      const times = ["expires_at", "generation", "addresses_until"];
      for (const member of ["webapi_url", "netserver_url", ...times]) {
        const bent = typeof record[member] === "number"
          ? record[member] + 1
          : "https://thief.example/";
        await redis.set(key, JSON.stringify({ ...record, [member]: bent }));
        await assertClean(() => stores.tickets.get(TENANT, NOW), /MARK/);
      }
      await redis.set(key, good);
      await assertMarked(stores);
    }),
});

Deno.test("tenants are listed and followed without a key that opens their tokens", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const before = openSqlite({ path, sealing: SEALING, owner: OWNER });
    await storeMarked(before);
    before.close();
    const other = createSealing([{ id: "k2", key: bytes(8) }]);
    const { tenants, close } = openSqlite({ path, sealing: other, owner: OWNER });
    const [card] = await tenants.list(0, 10);
    assert.equal(card?.contextIdentifier, TENANT);
    assert.doesNotMatch(Deno.inspect(card, { depth: 9 }), /MARK|v1\.k1|secret/);
    assert.equal((await tenants.changes(0, 10)).changes.length, 1);
    await assertClean(() => tenants.get(TENANT), /MARK/);
    close();
  }));

Deno.test("after a change of sealing keys old values open and new ones use the new key", () =>
  withFolder(async (folder) => {
    const path = `${folder}/data.sqlite`;
    const [before, after] = [{ id: "k1", key: bytes(7) }, { id: "k2", key: bytes(8) }];
    const old = openSqlite({ path, sealing: createSealing([before]), owner: OWNER });
    await storeMarked(old);
    old.close();
    const both = openSqlite({ path, sealing: createSealing([after, before]), owner: OWNER });
    await assertMarked(both);
    await both.tickets.publish(TENANT, "owner", ticket(2, { ticket: MARKED }));
    both.close();
    const only = openSqlite({ path, sealing: createSealing([after]), owner: OWNER });
    assert.equal((await only.tickets.get(TENANT, NOW))?.ticket.reveal(), MARK);
    await assertClean(() => only.tenants.get(TENANT), /MARK/);
    only.close();
  }));

function bytes(value: number): Uint8Array {
  return new Uint8Array(32).fill(value);
}
