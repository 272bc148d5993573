/** Identity tokens: one good one, then bent one way per case. */

import assert from "node:assert/strict";
import { createIdentityProvider } from "../../../src/adapters/superoffice/identity_provider.ts";
import { createLoginKeys } from "../../../src/adapters/superoffice/login_keys.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { sha256Hex } from "../../../src/domain/signed_text.ts";
import {
  base64url,
  CLIENT_ID,
  CLIENT_SECRET,
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
  SERIAL,
  signRaw,
  signToken,
  startLogin,
  SYSTEM_TOKEN,
} from "./fixtures.ts";

const key = createKey("LOGIN-KEY");
const otherKey = createKey("OTHER-KEY");

function providerOf(login: FakeLogin) {
  const { endpoints } = login;
  return createIdentityProvider({
    endpoints,
    clientId: CLIENT_ID,
    clientSecret: new Secret(CLIENT_SECRET),
    redirectUrl: "http://localhost:8000/consent/callback",
    keys: createLoginKeys({ endpoints, timeoutMs: 2_000, now: () => NOW }),
    timeoutMs: 2_000,
  });
}

function readIdToken(login: FakeLogin, token: string, nonce = NONCE) {
  return providerOf(login).readIdToken(new Secret(token), nonce, NOW);
}

Deno.test("a good id_token gives everything a stored tenant needs", async () => {
  await using login = startLogin([key]);
  const token = signToken(key, idTokenClaims(login.origin));
  const identity = await readIdToken(login, token);
  assert.ok(identity.kind === "identity");
  assert.equal(identity.namesUs, true);
  const { systemUserToken, ...rest } = identity.consent;
  assert.equal(systemUserToken.reveal(), SYSTEM_TOKEN);
  assert.deepEqual(rest, {
    contextIdentifier: "Cust10001",
    companyName: "Example Tenant",
    consentedBy: "admin@example.test",
    serial: SERIAL,
    webapiUrl: "https://sod2.superoffice.com/Cust10001/api/",
    netserverUrl: "https://sod2.superoffice.com/Cust10001/Remote/Services88/",
  });
  assert.equal(identity.tokenDigest, sha256Hex(token.slice(0, token.lastIndexOf("."))));
  assert.equal(identity.usableUntil, NOW + 360_000);
});

const accepted: Readonly<Record<string, Json>> = {
  "an iat that is a string": { iat: String(NOW_SECONDS) },
  "no iat": { iat: undefined },
  "no nbf": { nbf: undefined },
  "an audience that repeats ours in an array": { aud: [CLIENT_ID, CLIENT_ID] },
  "a context identifier in lower case": { [`${PREFIX}ctx`]: "cust10001" },
  "a user who is no administrator": { [`${PREFIX}is_administrator`]: "False" },
  "an end that was 59 seconds ago": { exp: NOW_SECONDS - 59 },
  "a beginning in 299 seconds": { nbf: NOW_SECONDS + 299, iat: NOW_SECONDS + 299 },
  "claims nobody knows": { [`${PREFIX}feature_toggles`]: { nested: ["yes"] } },
  "a system token with spaces and a dot": { [`${PREFIX}system_token`]: "My v1.2 App-k8Q7DmBgoA" },
};

for (const [name, changes] of Object.entries(accepted)) {
  Deno.test(`an id_token with ${name} is accepted`, async () => {
    await using login = startLogin([key]);
    const token = signToken(key, idTokenClaims(login.origin, changes));
    assert.equal((await readIdToken(login, token)).kind, "identity");
  });
}

Deno.test("times with fractions are legal, and what is kept of them is whole", async () => {
  await using login = startLogin([key]);
  for (const fraction of [0.0001, 0.5, 0.9999]) {
    const at = NOW_SECONDS + fraction;
    const claims = idTokenClaims(login.origin, { iat: at, nbf: at, exp: at + 300 });
    const identity = await readIdToken(login, signToken(key, claims));
    assert.ok(identity.kind === "identity");
    assert.ok(Number.isSafeInteger(identity.usableUntil), String(identity.usableUntil));
    assert.equal(Math.floor(identity.usableUntil / 1000), NOW_SECONDS + 360);
  }
});

Deno.test("a company without a name goes by its identifier", async () => {
  await using login = startLogin([key]);
  const claims = { ...idTokenClaims(login.origin), [`${PREFIX}company_name`]: undefined };
  const identity = await readIdToken(login, signToken(key, claims));
  assert.equal(identity.kind === "identity" && identity.consent.companyName, "Cust10001");
});

Deno.test("without a upn the subject approved, without both the e-mail address", async () => {
  await using login = startLogin([key]);
  const email = { [`${PREFIX}upn`]: undefined, [`${PREFIX}email`]: "mail@example.test" };
  for (const [changes, by] of [[{}, "admin@example.test"], [{ sub: undefined }, email]] as const) {
    const claims = idTokenClaims(login.origin, { ...email, ...changes });
    const identity = await readIdToken(login, signToken(key, claims));
    assert.ok(identity.kind === "identity");
    const expected = typeof by === "string" ? by : "mail@example.test";
    assert.equal(identity.consent.consentedBy, expected);
  }
});

for (
  const url of [
    "http://sod2.superoffice.com/Cust1/api/",
    "javascript:alert(1)",
    "https://u:p@x/",
    7,
  ]
) {
  Deno.test(`an address that is not safe is dropped, the consent is not: ${url}`, async () => {
    await using login = startLogin([key]);
    const claims = idTokenClaims(login.origin, {
      [`${PREFIX}webapi_url`]: url,
      [`${PREFIX}netserver_url`]: undefined,
    });
    const identity = await readIdToken(login, signToken(key, claims));
    assert.ok(identity.kind === "identity");
    assert.equal(identity.consent.webapiUrl, null);
    assert.equal(identity.consent.netserverUrl, null);
  });
}

const bentClaims: readonly (readonly [string, Json, string])[] = [
  ["no issuer", { iss: undefined }, "issuer"],
  ["another environment's issuer", { iss: "https://online.superoffice.com" }, "issuer"],
  ["the issuer of exchange tokens", { iss: "SuperOffice AS" }, "issuer"],
  ["an issuer in an array", { iss: ["x"] }, "issuer"],
  ["no audience", { aud: undefined }, "audience"],
  ["another application's audience", { aud: "f".repeat(32) }, "audience"],
  ["our audience as an spn", { aud: `spn:${CLIENT_ID}` }, "audience"],
  ["our audience in upper case", { aud: CLIENT_ID.toUpperCase() }, "audience"],
  ["an empty audience array", { aud: [] }, "audience"],
  ["an audience array with another", { aud: [CLIENT_ID, "other"] }, "audience"],
  ["an audience array in an array", { aud: [[CLIENT_ID]] }, "audience"],
  ["no nonce", { nonce: undefined }, "nonce"],
  ["another nonce", { nonce: "another" }, "nonce"],
  ["a nonce that only begins like ours", { nonce: `${NONCE}x` }, "nonce"],
  ["a nonce that is no string", { nonce: 7 }, "nonce"],
  ["no context", { [`${PREFIX}ctx`]: undefined }, "context"],
  ["a context that is none", { [`${PREFIX}ctx`]: "Cust10001/../x" }, "context"],
  ["a context that is a number", { [`${PREFIX}ctx`]: 10001 }, "context"],
  ["a context under its bare name only", { [`${PREFIX}ctx`]: undefined, ctx: "Cust1" }, "context"],
  ["no serial", { [`${PREFIX}serial`]: undefined }, "serial"],
  ["a serial that is a number", { [`${PREFIX}serial`]: 1234567890 }, "serial"],
  ["a serial with a letter", { [`${PREFIX}serial`]: "123456789A" }, "serial"],
  ["a serial with a line end", { [`${PREFIX}serial`]: `${SERIAL}\n` }, "serial"],
  ["a serial of 21 digits", { [`${PREFIX}serial`]: "1".repeat(21) }, "serial"],
  ["no system token", { [`${PREFIX}system_token`]: undefined }, "system_token_missing"],
  ["an empty system token", { [`${PREFIX}system_token`]: "" }, "system_token_missing"],
  ["a system token that is an object", { [`${PREFIX}system_token`]: {} }, "system_token_missing"],
  ["a system token with a line end", { [`${PREFIX}system_token`]: "a\nb" }, "system_token_missing"],
  ["a huge system token", { [`${PREFIX}system_token`]: "a".repeat(513) }, "system_token_missing"],
  ["nobody who approved", { [`${PREFIX}upn`]: undefined, sub: undefined }, "approver"],
  ["an end 60 seconds ago", { exp: NOW_SECONDS - 60 }, "expired"],
  ["no end", { exp: undefined }, "malformed"],
  ["an end that is a string", { exp: String(NOW_SECONDS + 300) }, "malformed"],
  ["an end beyond all dates", { exp: 1e300 }, "malformed"],
  ["a beginning in 301 seconds", { nbf: NOW_SECONDS + 301 }, "not_yet_valid"],
  ["an issue in 301 seconds", { iat: NOW_SECONDS + 301 }, "not_yet_valid"],
  ["an issue in 301 seconds as a string", { iat: `${NOW_SECONDS + 301}` }, "not_yet_valid"],
  ["an iat that is no number", { iat: "now" }, "malformed"],
  ["an nbf that is a string", { nbf: "0" }, "malformed"],
];

for (const [name, changes, reason] of bentClaims) {
  Deno.test(`an id_token with ${name} is refused: ${reason}`, async () => {
    await using login = startLogin([key]);
    const token = signToken(key, idTokenClaims(login.origin, changes));
    assert.deepEqual(await readIdToken(login, token), { kind: "refused", reason });
  });
}

type Forge = (claims: Json) => string;
const none = base64url(JSON.stringify({ alg: "none", typ: "JWT" }));
const good: Forge = (claims) => signToken(key, claims);
const withHeader = (header: Json): Forge => (claims) => signToken(key, claims, header);
const hs256 = (secret: string | Uint8Array): Forge => (claims) =>
  hmacToken(secret, claims, { alg: "HS256", kid: key.kid, typ: "JWT" });
const pem = key.publicKey.export({ type: "spki", format: "pem" }).toString();
const modulus = Uint8Array.from(
  atob(String(key.jwk.n).replace(/-/g, "+").replace(/_/g, "/")),
  (letter) => letter.charCodeAt(0),
);
const relabelled = { ...otherKey, kid: key.kid };

const forged: readonly (readonly [string, Forge, string])[] = [
  [
    "algorithm none and no signature",
    (c) => `${none}.${base64url(JSON.stringify(c))}.`,
    "algorithm",
  ],
  ["algorithm none and a signature", withHeader({ alg: "none" }), "algorithm"],
  ["algorithm NONE", withHeader({ alg: "NONE" }), "algorithm"],
  ["HS256 keyed with the public PEM", hs256(pem), "algorithm"],
  ["HS256 keyed with the modulus", hs256(modulus), "algorithm"],
  ["HS256 keyed with the modulus as text", hs256(String(key.jwk.n)), "algorithm"],
  ["an RS256 signature labelled RS512", withHeader({ alg: "RS512" }), "algorithm"],
  ["PS256", withHeader({ alg: "PS256" }), "algorithm"],
  ["no algorithm", withHeader({ alg: undefined }), "algorithm"],
  ["an algorithm that is a list", withHeader({ alg: ["RS256"] }), "algorithm"],
  ["an unknown kid", withHeader({ kid: "nobody" }), "unknown_key"],
  ["a kid that is a path", withHeader({ kid: "../../dev/null" }), "unknown_key"],
  ["a kid that is a number", withHeader({ kid: 7 }), "malformed"],
  ["another key under the same kid", (c) => signToken(relabelled, c), "signature"],
  ["a key of its own in jwk", (c) => signToken(otherKey, c, { jwk: otherKey.jwk }), "unknown_key"],
  ["its own jwk and our kid", (c) => signToken(relabelled, c, { jwk: otherKey.jwk }), "signature"],
  [
    "addresses of its own keys",
    (c) => signToken(relabelled, c, { jku: "http://127.0.0.1:1/k", x5u: "http://127.0.0.1:1/c" }),
    "signature",
  ],
  ["a critical header", withHeader({ crit: ["exp"], exp: 1 }), "critical_header"],
  ["an unencoded payload", withHeader({ crit: ["b64"], b64: false }), "critical_header"],
  ["an empty critical header", withHeader({ crit: [] }), "critical_header"],
  ["a payload changed after signing", (c) => swapPayload(good(c), { ...c, aud: "x" }), "signature"],
  ["no signature", (c) => good(c).replace(/[^.]+$/, ""), "signature"],
  ["a signature cut short", (c) => good(c).slice(0, -2), "signature"],
  ["a padded signature", (c) => `${good(c)}==`, "malformed"],
  ["a padded header", (c) => good(c).replace(".", "=."), "malformed"],
  ["standard base64 letters", (c) => `${good(c).slice(0, -2)}+/`, "malformed"],
  ["stray bits in the signature", (c) => spellAnew(good(c)), "malformed"],
  ["a space behind it", (c) => `${good(c)} `, "malformed"],
  ["a line end behind it", (c) => `${good(c)}\n`, "malformed"],
  ["a fourth part", (c) => `${good(c)}.e30`, "malformed"],
  ["five parts", (c) => `${good(c)}.e30.e30`, "malformed"],
  ["two parts", (c) => good(c).split(".").slice(0, 2).join("."), "malformed"],
  ["nothing in it", () => "", "malformed"],
  ["a payload that is a list", () => signRaw(header(), "[]", key), "malformed"],
  ["a payload that is null", () => signRaw(header(), "null", key), "malformed"],
  ["a payload that is no JSON", () => signRaw(header(), "{", key), "malformed"],
  ["a header that is no JSON", (c) => signRaw("{alg:RS256}", JSON.stringify(c), key), "malformed"],
  ["a byte order mark", (c) => signRaw(header(), `\ufeff${JSON.stringify(c)}`, key), "malformed"],
  ["two audiences by name", (c) => twice(c, "aud", '"other"'), "malformed"],
  ["two issuers, one name escaped", (c) => twice(c, "i\\u0073s", '"x"'), "malformed"],
  [
    "two algorithms by name",
    (c) => signRaw(`{"alg":"none",${header().slice(1)}`, JSON.stringify(c), key),
    "malformed",
  ],
  ["17 KiB", (c) => signToken(key, { ...c, more: "x".repeat(17_000) }), "too_large"],
];

function header(): string {
  return JSON.stringify({ alg: "RS256", kid: key.kid });
}

function swapPayload(token: string, claims: Json): string {
  const [head, , signature] = token.split(".");
  return `${head}.${base64url(JSON.stringify(claims))}.${signature}`;
}

/** The same bytes, spelt with bits that no byte uses. */
function spellAnew(token: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const last = letters.indexOf(token.at(-1)!);
  return token.slice(0, -1) + letters[last ^ 1];
}

function twice(claims: Json, name: string, value: string): string {
  return signRaw(header(), `{"${name}":${value},${JSON.stringify(claims).slice(1)}`, key);
}

for (const [name, forge, reason] of forged) {
  Deno.test(`an id_token with ${name} is refused: ${reason}`, async () => {
    await using login = startLogin([key]);
    const token = forge(idTokenClaims(login.origin));
    assert.deepEqual(await readIdToken(login, token), { kind: "refused", reason });
  });
}

Deno.test("an empty expected nonce accepts no token", async () => {
  await using login = startLogin([key]);
  const token = signToken(key, idTokenClaims(login.origin, { nonce: "" }));
  assert.deepEqual(await readIdToken(login, token, ""), { kind: "refused", reason: "nonce" });
});

Deno.test("a token without a kid is accepted only while there is one key", async () => {
  await using login = startLogin([key]);
  const token = signToken(key, idTokenClaims(login.origin), { kid: undefined });
  assert.equal((await readIdToken(login, token)).kind, "identity");
  login.keys = [key.jwk, otherKey.jwk];
  assert.deepEqual(await readIdToken(login, token), { kind: "refused", reason: "unknown_key" });
});

Deno.test("two published keys of one kid are no key", async () => {
  await using login = startLogin([key, relabelledJwk()]);
  const token = signToken(key, idTokenClaims(login.origin));
  assert.deepEqual(await readIdToken(login, token), { kind: "refused", reason: "unknown_key" });
});

function relabelledJwk() {
  return { ...otherKey, jwk: { ...otherKey.jwk, kid: key.kid } };
}

Deno.test("a published key for another use or algorithm is no key", async () => {
  for (const change of [{ use: "enc" }, { alg: "PS256" }, { key_ops: ["encrypt"] }]) {
    await using login = startLogin([{ ...key, jwk: { ...key.jwk, ...change } }]);
    const token = signToken(key, idTokenClaims(login.origin));
    assert.deepEqual(await readIdToken(login, token), { kind: "refused", reason: "unknown_key" });
  }
});

Deno.test("the digest names what was signed: it is the same for the same header and payload", async () => {
  await using login = startLogin([key]);
  const claims = idTokenClaims(login.origin);
  const [one, same, other] = await Promise.all([
    readIdToken(login, signToken(key, claims)),
    readIdToken(login, signToken(key, claims)),
    readIdToken(login, signToken(key, { ...claims, jti: "2" })),
  ]);
  assert.ok(one.kind === "identity" && same.kind === "identity" && other.kind === "identity");
  assert.equal(one.tokenDigest, same.tokenDigest);
  assert.notEqual(one.tokenDigest, other.tokenDigest);
});

Deno.test("an exchange token is no id_token, not even with our nonce and audience", async () => {
  await using login = startLogin([key]);
  const token = signToken(key, exchangeClaims({ nonce: NONCE, aud: CLIENT_ID }));
  assert.deepEqual(await readIdToken(login, token), { kind: "refused", reason: "issuer" });
});

const LEGACY = { [`${PREFIX}system_token`]: SYSTEM_TOKEN, [`${PREFIX}company_name`]: "Example" };

function readLegacyToken(login: FakeLogin, token: string) {
  return providerOf(login).readLegacyToken(new Secret(token), NOW);
}

const legacyAudiences: readonly (readonly [string | readonly string[], boolean])[] = [
  [CLIENT_ID, true],
  [`spn:${CLIENT_ID}`, true],
  [[CLIENT_ID, CLIENT_ID], true],
  [[`spn:${SERIAL}`, CLIENT_ID], true],
  [`spn:${SERIAL}`, false],
  [[`spn:${SERIAL}`, `spn:${SERIAL}`], false],
];

for (const [aud, namesUs] of legacyAudiences) {
  const does = namesUs ? "names us" : "does not name us";
  Deno.test(`a legacy token for ${aud} is accepted and ${does}`, async () => {
    await using login = startLogin([key]);
    const token = signToken(key, exchangeClaims({ ...LEGACY, aud }));
    const identity = await readLegacyToken(login, token);
    assert.equal(identity.kind === "identity" && identity.namesUs, namesUs);
  });
}

const legacyBent: readonly (readonly [string, Json, string])[] = [
  ["an exchange token", { [`${PREFIX}system_token`]: undefined }, "system_token_missing"],
  ["another tenant's serial in its audience", { aud: "spn:1111111111" }, "audience"],
  ["another application's audience", { aud: `spn:${"f".repeat(32)}` }, "audience"],
  ["no serial", { [`${PREFIX}serial`]: undefined }, "audience"],
  ["another issuer", { iss: "SuperOffice" }, "issuer"],
  ["an end long ago", { exp: NOW_SECONDS - 3600 }, "expired"],
];

for (const [name, changes, reason] of legacyBent) {
  Deno.test(`a legacy token with, or that is, ${name} is refused: ${reason}`, async () => {
    await using login = startLogin([key]);
    const token = signToken(key, exchangeClaims({ ...LEGACY, ...changes }));
    assert.deepEqual(await readLegacyToken(login, token), { kind: "refused", reason });
  });
}

Deno.test("an id_token is no legacy token", async () => {
  await using login = startLogin([key]);
  const token = signToken(key, idTokenClaims(login.origin));
  assert.deepEqual(await readLegacyToken(login, token), { kind: "refused", reason: "issuer" });
});
