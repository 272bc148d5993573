import assert from "node:assert/strict";
import { inspect } from "node:util";
import { type Caller, may, mayDo } from "../../src/domain/caller.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { canonicalText, leafText } from "../../src/domain/ledger_entry.ts";
import { Secret } from "../../src/domain/secret.ts";
import { sha256Hex, signedText, textToSign } from "../../src/domain/signed_text.ts";
import { tenantAddresses } from "../../src/domain/tenant_addresses.ts";
import { Generation, isFresh, isUsable, type Ticket } from "../../src/domain/ticket.ts";

Deno.test("a secret shows itself in no way of printing", () => {
  const secret = new Secret("mark-of-a-secret");
  const printed = [
    String(secret),
    `${secret}`,
    "" + secret,
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }, { showHidden: true, depth: 9 }),
    Deno.inspect(secret),
    Deno.inspect([secret], { showProxy: true }),
    JSON.stringify(Object.entries(secret)),
    JSON.stringify(structuredClone({ ...secret })),
  ];
  for (const text of printed) assert.doesNotMatch(text, /mark/);
  assert.equal(secret.reveal(), "mark-of-a-secret");
});

Deno.test("a context identifier is Cust and digits in any case, and nothing else", () => {
  for (const text of ["Cust12345", "cust12345", "CUST12345", "cUsT12345"]) {
    assert.equal(ContextId.parse(text), "Cust12345");
  }
  const bad = [
    "",
    "Cust",
    "12345",
    "Cust12345 ",
    " Cust12345",
    "Cust-1",
    "Cust1e5",
    "Cust12345\n",
    "Cust\u0661\u0662",
    "\u0421ust12345",
    `Cust${"1".repeat(16)}`,
    "Cust12345/../x",
    null,
    undefined,
    12345,
    {},
    ["Cust12345"],
  ];
  for (const value of bad) assert.equal(ContextId.parse(value), null, inspect(value));
});

Deno.test("a generation is a whole number from one", () => {
  assert.equal(Generation.parse(7), 7);
  for (const value of [0, -1, 1.5, NaN, Infinity, 2 ** 53, "7", null, [7]]) {
    assert.equal(Generation.parse(value), null, inspect(value));
  }
});

Deno.test("a caller may what it was given, for the tenants it was given", () => {
  const tenant = ContextId.parse("Cust1")!;
  const caller = (tenants: string[], permissions: Caller["permissions"]): Caller => ({
    id: "c",
    tenants: new Set(tenants),
    permissions,
  });
  const ticket = new Set(["ticket"] as const);
  assert.ok(may(caller(["*"], ticket), "ticket", tenant));
  assert.ok(may(caller(["Cust1"], ticket), "ticket", tenant));
  assert.ok(!may(caller(["Cust2"], ticket), "ticket", tenant));
  assert.ok(!may(caller([], ticket), "ticket", tenant));
  assert.ok(!may(caller(["*"], ticket), "relay", tenant));
  assert.ok(!mayDo(caller(["*"], new Set()), "ticket"));
});

Deno.test("the signed text is token, UTC minute and base64 of the signature, joined by dots", () => {
  const token = new Secret("My App-AbCdEf1234");
  const text = textToSign(token, Date.UTC(2026, 10, 2, 23, 4, 59, 999));
  assert.equal(text.reveal(), "My App-AbCdEf1234.202611022304");
  const signed = signedText(text, Uint8Array.of(0xfb, 0xff, 0xfe, 0x01));
  assert.equal(signed.reveal(), "My App-AbCdEf1234.202611022304.+//+AQ==");
});

Deno.test("a digest is lower-case hex SHA-256 of UTF-8 bytes", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(sha256Hex("abc"), abc);
  assert.equal(sha256Hex(new TextEncoder().encode("abc")), abc);
});

Deno.test("a ticket is fresh, then usable, then neither", () => {
  const issuedAt = 1_000_000;
  const hours = 3_600_000;
  const ticket = { issuedAt, expiresAt: issuedAt + 6 * hours } as Ticket;
  const at = (ms: number) => [isFresh(ticket, 0, issuedAt + ms), isUsable(ticket, issuedAt + ms)];
  assert.deepEqual(at(0), [true, true]);
  assert.deepEqual(at(4.7 * hours), [true, true]);
  assert.deepEqual(at(4.9 * hours), [false, true]);
  assert.deepEqual(at(6 * hours - 60_001), [false, true]);
  assert.deepEqual(at(6 * hours - 60_000), [false, false]);
  const short = { issuedAt, expiresAt: issuedAt + 2000 } as Ticket;
  assert.ok(isUsable(short, issuedAt + 1500), "a margin may not eat a short life");
});

Deno.test("one address of a tenant leads to the other, and none leads nowhere", () => {
  const webapiUrl = "https://sod2.example.test/Cust1/api/";
  const netserverUrl = "https://sod2.example.test/Cust1/Remote/Services88/";
  const both = { webapiUrl, netserverUrl };
  assert.deepEqual(tenantAddresses(webapiUrl, netserverUrl), both);
  assert.deepEqual(tenantAddresses(webapiUrl, null), both);
  assert.deepEqual(tenantAddresses(null, netserverUrl), both);
  assert.deepEqual(tenantAddresses(null, netserverUrl.replace("88", "86"))?.webapiUrl, webapiUrl);
  assert.equal(tenantAddresses(null, null), null);
  assert.equal(tenantAddresses(null, "https://sod2.example.test/elsewhere/"), null);
});

Deno.test("a leaf is canonical JSON: sorted members, no white space, its index inside", () => {
  const draft = {
    kind: "consent_refused",
    reason: "serial_changed",
    request_id: null,
    caller: null,
    context_identifier: "Cust1",
    at: "2026-11-22T12:00:00.000Z",
  } as const;
  assert.equal(
    leafText(3, draft),
    '{"at":"2026-11-22T12:00:00.000Z","caller":null,"context_identifier":"Cust1","index":3,' +
      '"kind":"consent_refused","reason":"serial_changed","request_id":null}',
  );
  assert.equal(canonicalText({ b: 1e21, a: "\u20ac\u000f" }), '{"a":"\u20ac\\u000f","b":1e+21}');
});
