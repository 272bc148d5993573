/** Tokens of pushes: one good one, then bent one way per case. */

import assert from "node:assert/strict";
import { createEndpoints } from "../../../src/adapters/superoffice/endpoints.ts";
import { createLoginKeys } from "../../../src/adapters/superoffice/login_keys.ts";
import { createStateChangeReader } from "../../../src/adapters/superoffice/state_change.ts";
import { sha256Hex } from "../../../src/domain/signed_text.ts";
import {
  base64url,
  CLIENT_ID,
  closedOrigin,
  createKey,
  exchangeClaims,
  type FakeLogin,
  hmacToken,
  idTokenClaims,
  type Json,
  NONCE,
  NOW,
  NOW_SECONDS,
  PREFIX,
  pushClaims,
  pushOf,
  readPush,
  SERIAL,
  signRaw,
  signToken,
  startLogin,
  SYSTEM_TOKEN,
} from "./fixtures.ts";

const key = createKey("LOGIN-KEY");
const otherKey = createKey("OTHER-KEY");
const ctx = `${PREFIX}ctx`;

function readToken(login: FakeLogin, token: string) {
  return readPush(login, JSON.stringify(pushOf(token)));
}

Deno.test("a good push says what happened to which tenant, and when its token is over", async () => {
  await using login = startLogin([key]);
  const token = signToken(key, pushClaims(login.origin));
  assert.deepEqual(await readToken(login, token), {
    kind: "state_change",
    type: "Suspend",
    contextIdentifier: "Cust10001",
    tokenDigest: sha256Hex(token.slice(0, token.lastIndexOf("."))),
    usableUntil: NOW + 360_000,
  });
});

const accepted: Readonly<Record<string, Json>> = {
  "SuperOffice's other issuer": { iss: "SuperOffice AS" },
  "no audience": { aud: undefined },
  "our audience twice": { aud: [CLIENT_ID, CLIENT_ID] },
  "our audience as an spn": { aud: `spn:${CLIENT_ID}` },
  "the tenant's serial as audience": { aud: `spn:${SERIAL}` },
  "no serial": { [`${PREFIX}serial`]: undefined },
  "no subject": { sub: undefined },
  "no user": { [`${PREFIX}upn`]: undefined },
  "neither subject nor user": { sub: undefined, [`${PREFIX}upn`]: undefined },
  "a context in lower case": { [ctx]: "cust10001" },
  "an end that was 59 seconds ago": { exp: NOW_SECONDS - 59 },
  "an end in a year": { exp: NOW_SECONDS + 31_536_000 },
  "a beginning in 299 seconds": { nbf: NOW_SECONDS + 299, iat: NOW_SECONDS + 299 },
  "claims nobody knows": { [`${PREFIX}feature_toggles`]: { nested: ["yes"] } },
};

for (const [name, changes] of Object.entries(accepted)) {
  Deno.test(`a push whose token has ${name} is accepted`, async () => {
    await using login = startLogin([key]);
    const token = signToken(key, pushClaims(login.origin, changes));
    assert.equal((await readToken(login, token)).kind, "state_change");
  });
}

const bentClaims: readonly (readonly [string, Json, string])[] = [
  ["no issuer", { iss: undefined }, "issuer"],
  ["another environment's issuer", { iss: "https://online.superoffice.com" }, "issuer"],
  ["an issuer in a list", { iss: ["SuperOffice AS"] }, "issuer"],
  ["an issuer in another case", { iss: "superoffice as" }, "issuer"],
  ["another application's audience", { aud: "f".repeat(32) }, "audience"],
  ["another application's audience as an spn", { aud: `spn:${"f".repeat(32)}` }, "audience"],
  ["an audience beside ours", { aud: [CLIENT_ID, "other"] }, "audience"],
  ["an empty audience", { aud: "" }, "audience"],
  ["an audience of null", { aud: null }, "audience"],
  ["an empty list of audiences", { aud: [] }, "audience"],
  ["another serial as audience", { aud: "spn:1111111111" }, "audience"],
  [
    "no serial, but one as audience",
    { aud: `spn:${SERIAL}`, [`${PREFIX}serial`]: undefined },
    "audience",
  ],
  ["no context", { [ctx]: undefined }, "context"],
  ["another tenant's context", { [ctx]: "Cust10002" }, "context"],
  ["a context with a leading zero", { [ctx]: "Cust010001" }, "context"],
  ["a context that is a number", { [ctx]: 10001 }, "context"],
  ["a context under its bare name only", { [ctx]: undefined, ctx: "Cust10001" }, "context"],
  ["a nonce", { nonce: NONCE }, "kind"],
  ["a nonce of null", { nonce: null }, "kind"],
  ["a hash of a code", { c_hash: "x" }, "kind"],
  ["a hash of an access token", { at_hash: "x" }, "kind"],
  ["a system user token", { [`${PREFIX}system_token`]: SYSTEM_TOKEN }, "kind"],
  ["a ticket", { [`${PREFIX}ticket`]: "7T:x" }, "kind"],
  ["a ticket that is empty", { [`${PREFIX}ticket`]: "" }, "kind"],
  ["a person as its subject", { sub: "admin@example.test" }, "kind"],
  ["an end 60 seconds ago", { exp: NOW_SECONDS - 60 }, "expired"],
  ["no end", { exp: undefined }, "malformed"],
  ["an end beyond all dates", { exp: 1e300 }, "malformed"],
  ["a beginning in 301 seconds", { nbf: NOW_SECONDS + 301 }, "not_yet_valid"],
  ["a birth in 301 seconds", { iat: NOW_SECONDS + 301 }, "not_yet_valid"],
];

for (const [name, changes, reason] of bentClaims) {
  Deno.test(`a push whose token has ${name} is refused: ${reason}`, async () => {
    await using login = startLogin([key]);
    const token = signToken(key, pushClaims(login.origin, changes));
    assert.deepEqual(await readToken(login, token), { kind: "refused", reason });
  });
}

type Forge = (claims: Json) => string;

const forged: readonly (readonly [string, Forge, string])[] = [
  ["is no token", () => "token", "malformed"],
  ["is empty", () => "", "malformed"],
  [
    "has two parts",
    (claims) => signToken(key, claims).split(".").slice(0, 2).join("."),
    "malformed",
  ],
  ["has a fourth part", (claims) => `${signToken(key, claims)}.x`, "malformed"],
  ["has white space", (claims) => `${signToken(key, claims)}\n`, "malformed"],
  [
    "is of 16 KiB and more",
    (claims) => signToken(key, { ...claims, x: "x".repeat(16_384) }),
    "too_large",
  ],
  ["is unsigned", (claims) => unsigned(claims, "none"), "algorithm"],
  ["is unsigned in upper case", (claims) => unsigned(claims, "NONE"), "algorithm"],
  [
    "is an HMAC of the public key",
    (claims) => {
      const pem = key.publicKey.export({ type: "spki", format: "pem" }).toString();
      return hmacToken(pem, claims, { alg: "HS256", kid: key.kid });
    },
    "algorithm",
  ],
  ["is of RS512", (claims) => signToken(key, claims, { alg: "RS512" }), "algorithm"],
  ["has a critical header", (claims) => signToken(key, claims, { crit: ["x"] }), "critical_header"],
  ["is of another key", (claims) => signToken(otherKey, claims), "unknown_key"],
  [
    "is of another key under our name",
    (claims) => signToken(otherKey, claims, { kid: key.kid }),
    "signature",
  ],
  [
    "was changed after it was signed",
    (claims) => {
      const [header, , signature] = signToken(key, claims).split(".");
      const other = JSON.stringify({ ...claims, [ctx]: "Cust10001", x: 1 });
      return `${header}.${base64url(other)}.${signature}`;
    },
    "signature",
  ],
  [
    "has two contexts",
    (claims) => {
      const header = JSON.stringify({ alg: "RS256", kid: key.kid });
      const text = JSON.stringify(claims);
      return signRaw(header, `{"${ctx}":"Cust10002",${text.slice(1)}`, key);
    },
    "malformed",
  ],
];

function unsigned(claims: Json, alg: string): string {
  return `${base64url(JSON.stringify({ alg }))}.${base64url(JSON.stringify(claims))}.`;
}

for (const [name, forge, reason] of forged) {
  Deno.test(`a push whose token ${name} is refused: ${reason}`, async () => {
    await using login = startLogin([key]);
    const token = forge(pushClaims(login.origin));
    assert.deepEqual(await readToken(login, token), { kind: "refused", reason });
  });
}

Deno.test("SuperOffice's other tokens are no push, whatever their audience", async () => {
  await using login = startLogin([key]);
  const withoutNonce = { nonce: undefined, [`${PREFIX}system_token`]: undefined };
  const others: Readonly<Record<string, Json>> = {
    "id_token": idTokenClaims(login.origin),
    "id_token without a nonce": idTokenClaims(login.origin, { nonce: undefined }),
    "id_token of somebody who is no administrator": idTokenClaims(login.origin, withoutNonce),
    "exchange token": exchangeClaims(),
    "legacy token": exchangeClaims({
      sub: "admin@example.test",
      [`${PREFIX}upn`]: "admin@example.test",
      [`${PREFIX}system_token`]: SYSTEM_TOKEN,
    }),
  };
  for (const [name, claims] of Object.entries(others)) {
    for (const aud of [claims.aud, CLIENT_ID, undefined]) {
      const read = await readToken(login, signToken(key, { ...claims, aud }));
      assert.deepEqual(read, { kind: "refused", reason: "kind" }, name);
    }
  }
});

Deno.test("another environment's push is not ours, not even if it uses our keys' names", async () => {
  await using login = startLogin([key]);
  await using other = startLogin([{ ...otherKey, jwk: { ...otherKey.jwk, kid: key.kid } }]);
  for (const issuer of [other.origin, login.origin, "SuperOffice AS"]) {
    const token = signToken(otherKey, pushClaims(issuer), { kid: key.kid });
    assert.equal(
      (await readToken(other, token)).kind,
      issuer === login.origin ? "refused" : "state_change",
    );
    assert.deepEqual(await readToken(login, token), { kind: "refused", reason: "signature" });
  }
});

Deno.test("keys that cannot be had are a fault, no refusal", async () => {
  const endpoints = createEndpoints(new URL(closedOrigin()));
  const keys = createLoginKeys({ endpoints, timeoutMs: 500, now: () => NOW });
  const reader = createStateChangeReader({ endpoints, clientId: CLIENT_ID, keys });
  const token = signToken(key, pushClaims(endpoints.issuer));
  await assert.rejects(
    () => reader.read(JSON.stringify(pushOf(token)), NOW),
    { name: "PartFault", part: "superoffice", reason: "network" },
  );
});
