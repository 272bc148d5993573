/** API keys: made, recognised, and never kept. */

import assert from "node:assert/strict";
import { generateApiKey } from "../../../src/adapters/callers/api_keys.ts";
import { createCallers } from "../../../src/adapters/callers/callers.ts";
import { createRecent } from "../../../src/adapters/callers/recent.ts";
import type { CallerEntry } from "../../../src/domain/caller_entry.ts";
import { sha256Hex } from "../../../src/domain/signed_text.ts";

function entry(id: string, ...keys: string[]): CallerEntry {
  return {
    caller: { id, tenants: new Set(["*"]), permissions: new Set(["ticket"]) },
    requestsPerMinute: null,
    credential: { kind: "api_key", digests: keys.map((key) => sha256Hex(key)) },
  };
}

const callers = createCallers({
  callers: [
    entry("orders", "first-key", "second-key"),
    entry("own", "a key: of one's own, with spaces!"),
  ],
  digest: sha256Hex,
  now: () => 0,
});

async function idOf(authorization: string | null): Promise<string | null> {
  return (await callers.identify(authorization))?.id ?? null;
}

Deno.test("a made key has a prefix, 256 bits, and a checksum that a scanner can check", () => {
  const { key, digest } = generateApiKey(() => new Uint8Array(32).fill(255));
  const text = key.reveal();
  assert.match(text, /^bo_[A-Za-z0-9_-]{43}[0-9a-f]{6}$/);
  assert.equal(text.slice(-6), sha256Hex(text.slice(0, -6)).slice(0, 6));
  assert.equal(digest, sha256Hex(text));
  assert.equal(String(key), "[secret]");
});

Deno.test("two keys differ, and too little randomness makes none", () => {
  const random = () => crypto.getRandomValues(new Uint8Array(32));
  assert.notEqual(generateApiKey(random).digest, generateApiKey(random).digest);
  assert.throws(() => generateApiKey(() => new Uint8Array(16)), RangeError);
});

const headers: readonly (readonly [string | null, string | null])[] = [
  ["Bearer first-key", "orders"],
  ["Bearer second-key", "orders"],
  ["bearer first-key", "orders"],
  ["BEARER   first-key ", "orders"],
  ["Bearer a key: of one's own, with spaces!", "own"],
  [null, null],
  ["", null],
  ["Bearer", null],
  ["Bearer ", null],
  ["Bearer third-key", null],
  ["Bearer FIRST-KEY", null],
  ["Bearer first-key2", null],
  ["Basic first-key", null],
  ["first-key", null],
  ["Bearer Bearer first-key", null],
  ["Bearer first-key, Bearer first-key", null],
  [`Bearer ${sha256Hex("first-key")}`, null],
  [`Bearer ${"x".repeat(513)}`, null],
  ["Bearer \u00e6", null],
  ["Bearer __proto__", null],
  ["Bearer eyJhbGciOiJub25lIn0.e30.x", null],
];

for (const [header, id] of headers) {
  Deno.test(`${JSON.stringify(header)?.slice(0, 60)} is ${id ?? "nobody"}`, async () => {
    assert.equal(await idOf(header), id);
  });
}

Deno.test("an API key is answered at once, without a promise", () => {
  assert.ok(!(callers.identify("Bearer first-key") instanceof Promise));
});

Deno.test("what is kept of a key is its digest", () => {
  const shown = Deno.inspect(entry("orders", "first-key"), { depth: 10 });
  assert.ok(!shown.includes("first-key"));
});

Deno.test("a digest that comes later finds the same callers", async () => {
  const later = createCallers({
    callers: [entry("orders", "first-key")],
    digest: (text) => Promise.resolve(sha256Hex(text)),
    now: () => 0,
  });
  assert.equal((await later.identify("Bearer first-key"))?.id, "orders");
  assert.equal(await later.identify("Bearer third-key"), null);
});

Deno.test("a key that was just seen is known without its digest, for five seconds", async () => {
  const clock = { now: 0 };
  const digested: string[] = [];
  const busy = createCallers({
    callers: [entry("orders", "first-key")],
    digest(text) {
      digested.push(text);
      return sha256Hex(text);
    },
    now: () => clock.now,
  });
  const ask = async (key: string) => (await busy.identify(`Bearer ${key}`))?.id ?? null;
  assert.deepEqual([await ask("first-key"), await ask("first-key")], ["orders", "orders"]);
  assert.deepEqual([await ask("third-key"), await ask("third-key")], [null, null]);
  clock.now = 5000;
  assert.equal(await ask("first-key"), "orders");
  assert.deepEqual(digested, ["first-key", "third-key", "third-key", "first-key"]);
});

Deno.test("what was just seen is bounded, the oldest makes room, and nothing outlives its own end or a clock set back", () => {
  const recent = createRecent(2, 5000);
  const { caller } = entry("orders");
  for (const credential of ["a", "b", "a", "c"]) recent.put(credential, caller, Infinity, 0);
  assert.deepEqual(["a", "b", "c"].map((it) => recent.find(it, 0)?.id), [
    "orders",
    undefined,
    "orders",
  ]);
  recent.put("ends", caller, 1000, 0);
  assert.equal(recent.find("ends", 999)?.id, "orders");
  assert.equal(recent.find("ends", 1000), null);
  recent.put("back", caller, Infinity, 9000);
  assert.equal(recent.find("back", 13_999)?.id, "orders");
  for (const now of [14_000, 8999]) assert.equal(recent.find("back", now), null, `${now}`);
});
