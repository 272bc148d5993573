/** Callers with JWTs: a real issuer on loopback, one good token, bent once per test. */

import assert from "node:assert/strict";
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { generateApiKey } from "../../../src/adapters/callers/api_keys.ts";
import { createCallers } from "../../../src/adapters/callers/callers.ts";
import { createJwtCallers } from "../../../src/adapters/callers/jwt_callers.ts";
import type { CallerEntry } from "../../../src/domain/caller_entry.ts";
import { sha256Hex } from "../../../src/domain/signed_text.ts";

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
const SECONDS = NOW / 1000;
const AUDIENCE = "https://tickets.example.com";
const SUBJECT = "deployment:acme/sync/production";

interface Key {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: Readonly<Record<string, unknown>>;
}

async function makeKey(kid: string, alg: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...await exportJWK(publicKey), kid, alg, use: "sig" } };
}

const keys = await Promise.all(
  ["RS256", "PS256", "ES256", "EdDSA"].map((alg) => makeKey(`key-${alg}`, alg)),
);
const [rsa, pss, elliptic] = keys as [Key, Key, Key, Key];
const other = await makeKey("other", "ES256");

interface Issuer extends AsyncDisposable {
  readonly url: string;
  readonly counts: Map<string, number>;
  keys: readonly Key[];
  discovery: Readonly<Record<string, unknown>>;
  answer: () => Response | Promise<Response> | null;
}

function startIssuer(published: readonly Key[] = keys): Issuer {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const { pathname } = new URL(request.url);
      issuer.counts.set(pathname, (issuer.counts.get(pathname) ?? 0) + 1);
      const document = { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks`, ...issuer.discovery };
      return issuer.answer() ??
        (pathname === "/.well-known/openid-configuration"
          ? Response.json(document)
          : pathname === "/jwks"
          ? Response.json({ keys: issuer.keys.map((key) => key.jwk) })
          : new Response(null, { status: 404 }));
    },
  );
  const issuer: Issuer = {
    url: `http://127.0.0.1:${server.addr.port}`,
    counts: new Map(),
    keys: published,
    discovery: {},
    answer: () => null,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return issuer;
}

function entryOf(id: string, issuer: string, subject = SUBJECT): CallerEntry {
  return {
    caller: { id, tenants: new Set(["Cust12345"]), permissions: new Set(["ticket"]) },
    requestsPerMinute: null,
    credential: { kind: "jwt", issuer, audience: AUDIENCE, subject },
  };
}

const apiKeyEntry: CallerEntry = {
  caller: { id: "by-key", tenants: new Set(["*"]), permissions: new Set(["ticket"]) },
  requestsPerMinute: null,
  credential: { kind: "api_key", digests: [sha256Hex("api-key")] },
};

type Json = Readonly<Record<string, unknown>>;

function sign(issuer: Issuer, changes: Json = {}, key = elliptic, header: Json = {}) {
  const claims = {
    iss: issuer.url,
    aud: AUDIENCE,
    sub: SUBJECT,
    iat: SECONDS,
    exp: SECONDS + 300,
    ...changes,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey);
}

function callersOf(entries: readonly CallerEntry[], clock = { now: NOW }) {
  const callers = createCallers({
    callers: entries,
    digest: sha256Hex,
    now: () => clock.now,
    timeoutMs: 500,
  });
  return async (token: string) => (await callers.identify(`Bearer ${token}`))?.id ?? null;
}

for (const key of keys) {
  Deno.test(`a token signed with ${key.alg} names its caller`, async () => {
    await using issuer = startIssuer();
    const idOf = callersOf([apiKeyEntry, entryOf("sync", issuer.url)]);
    assert.equal(await idOf(await sign(issuer, {}, key)), "sync");
  });
}

const accepted: Readonly<Record<string, Json>> = {
  "our audience alone in an array": { aud: [AUDIENCE] },
  "an end 59 seconds ago": { exp: SECONDS - 59 },
  "a beginning in 60 seconds": { nbf: SECONDS + 60, iat: SECONDS + 60 },
  "no iat": { iat: undefined },
};

for (const [name, changes] of Object.entries(accepted)) {
  Deno.test(`a token with ${name} is accepted`, async () => {
    await using issuer = startIssuer();
    const idOf = callersOf([entryOf("sync", issuer.url)]);
    assert.equal(await idOf(await sign(issuer, changes)), "sync");
  });
}

const bent: Readonly<Record<string, Json>> = {
  "another issuer": { iss: "https://oidc.example.com" },
  "its issuer with a slash": { iss: "slash" },
  "no issuer": { iss: undefined },
  "another audience": { aud: "https://else.example.com" },
  "our audience with a slash": { aud: `${AUDIENCE}/` },
  "our audience and another": { aud: [AUDIENCE, "https://else.example.com"] },
  "no audience": { aud: undefined },
  "another subject": { sub: "deployment:acme/sync/preview" },
  "a longer subject": { sub: `${SUBJECT}/x` },
  "no subject": { sub: undefined },
  "a subject in an array": { sub: [SUBJECT] },
  "an end 61 seconds ago": { exp: SECONDS - 61 },
  "no end": { exp: undefined },
  "an end in text": { exp: String(SECONDS + 300) },
  "a beginning in 61 seconds": { nbf: SECONDS + 61 },
  "an issue in 61 seconds": { iat: SECONDS + 61 },
};

for (const [name, changes] of Object.entries(bent)) {
  Deno.test(`a token with ${name} is nobody's`, async () => {
    await using issuer = startIssuer();
    const idOf = callersOf([entryOf("sync", issuer.url)]);
    const claims = changes.iss === "slash" ? { iss: `${issuer.url}/` } : changes;
    assert.equal(await idOf(await sign(issuer, claims)), null);
  });
}

Deno.test("a token that is forged in its header or by its key is nobody's", async () => {
  await using issuer = startIssuer();
  const idOf = callersOf([entryOf("sync", issuer.url)]);
  const good = await sign(issuer);
  const [head, payload, signature] = good.split(".");
  const claims = { iss: issuer.url, aud: AUDIENCE, sub: SUBJECT, exp: SECONDS + 300 };
  const modulus = new TextEncoder().encode(String(rsa.jwk.n));
  const forged = {
    "no algorithm": new UnsecuredJWT(claims).encode(),
    "HS256 with a modulus": await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", kid: rsa.kid }).sign(modulus),
    "another key's kid": await sign(issuer, {}, { ...other, kid: elliptic.kid }),
    "an unknown kid": await sign(issuer, {}, other),
    "its own key in the header": await sign(issuer, {}, other, { jwk: other.jwk }),
    "RS256 under a PS256 key": await sign(issuer, {}, { ...rsa, kid: pss.kid }),
    "ES256 under an RS256 kid": await sign(issuer, {}, { ...elliptic, kid: rsa.kid }),
    "no kid, two keys that fit": await sign(issuer, {}, elliptic, { kid: undefined }),
    "a changed payload": `${head}.${payload?.slice(0, -4)}AAAA.${signature}`,
    "no signature": `${head}.${payload}.`,
    "padding": `${good}=`,
    "17 KiB": await sign(issuer, { more: "x".repeat(17_000) }),
  };
  issuer.keys = [...keys, await makeKey("second-elliptic", "ES256")];
  for (const [name, token] of Object.entries(forged)) {
    assert.equal(await idOf(token), null, name);
  }
  assert.equal(await idOf(good), "sync");
});

Deno.test("an algorithm that is not on the list is refused even if the key fits", async () => {
  const rs512 = await makeKey("rs512", "RS512");
  await using issuer = startIssuer([rs512]);
  const idOf = callersOf([entryOf("sync", issuer.url)]);
  assert.equal(await idOf(await sign(issuer, {}, rs512)), null);
});

Deno.test("the first entry whose pattern matches is the caller", async () => {
  await using issuer = startIssuer();
  const idOf = callersOf([
    entryOf("exact", issuer.url),
    entryOf("any-stage", issuer.url, "deployment:acme/sync/*"),
  ]);
  assert.equal(await idOf(await sign(issuer)), "exact");
  assert.equal(
    await idOf(await sign(issuer, { sub: "deployment:acme/sync/preview" })),
    "any-stage",
  );
  assert.equal(issuer.counts.get("/jwks"), 1);
});

Deno.test("one issuer's key says nothing in another issuer's name", async () => {
  await using one = startIssuer([elliptic]);
  await using two = startIssuer([other]);
  const idOf = callersOf([entryOf("one", one.url), entryOf("two", two.url)]);
  assert.equal(await idOf(await sign(one, { iss: two.url })), null);
  assert.equal(await idOf(await sign(two, {}, other)), "two");
});

Deno.test("a verified token is remembered: at once, and only until it ends", async () => {
  await using issuer = startIssuer();
  const clock = { now: NOW };
  const callers = createCallers({
    callers: [entryOf("sync", issuer.url)],
    digest: sha256Hex,
    now: () => clock.now,
  });
  const header = `Bearer ${await sign(issuer)}`;
  assert.ok(callers.identify(header) instanceof Promise);
  await callers.identify(header);
  const known = callers.identify(header);
  assert.ok(known !== null && !(known instanceof Promise));
  clock.now += 359_999;
  assert.ok(!(callers.identify(header) instanceof Promise));
  clock.now += 1;
  assert.equal(await callers.identify(header), null);
});

Deno.test("a key that was withdrawn ends its tokens ten minutes later, behind an answer", async () => {
  await using issuer = startIssuer();
  const clock = { now: NOW };
  const idOf = callersOf([entryOf("sync", issuer.url)], clock);
  const token = await sign(issuer, { exp: SECONDS + 86_400 });
  assert.equal(await idOf(token), "sync");
  issuer.keys = [rsa];
  clock.now += 10 * 60_000;
  assert.equal(await idOf(token), "sync", "the look at the signature is behind the answer");
  for (let tries = 0; await idOf(token) !== null; tries++) {
    assert.ok(tries < 500, "it is still accepted");
    await new Promise((resolve) => setTimeout(resolve, 1));
    clock.now += 5000;
  }
});

Deno.test("only so many tokens are remembered, the oldest makes room", async () => {
  await using issuer = startIssuer();
  const callers = createJwtCallers({
    callers: [entryOf("sync", issuer.url)],
    now: () => NOW,
    timeoutMs: 500,
    maxRemembered: 2,
  });
  const tokens = await Promise.all([1, 2, 3].map((jti) => sign(issuer, { jti: `${jti}` })));
  for (const token of tokens) await callers.verify(token, sha256Hex(token));
  const ids = tokens.map((token) => callers.remembered(token, sha256Hex(token))?.caller.id ?? null);
  assert.deepEqual(ids, [null, "sync", "sync"]);
});

Deno.test("a rotated key is found at once, unknown keys ask at most once a minute", async () => {
  await using issuer = startIssuer([elliptic]);
  const clock = { now: NOW };
  const idOf = callersOf([entryOf("sync", issuer.url)], clock);
  assert.equal(await idOf(await sign(issuer)), "sync");
  issuer.keys = [rsa];
  assert.equal(await idOf(await sign(issuer, {}, rsa)), "sync");
  const forged = await Promise.all(
    Array.from({ length: 10 }, (_, index) => sign(issuer, { jti: `${index}` }, other)),
  );
  await Promise.all(forged.map(idOf));
  assert.equal(issuer.counts.get("/jwks"), 2);
  clock.now += 59_999;
  await Promise.all(forged.map(idOf));
  assert.equal(issuer.counts.get("/jwks"), 2);
  clock.now += 1;
  await Promise.all(forged.map(idOf));
  assert.equal(issuer.counts.get("/jwks"), 3);
});

Deno.test("what could be nobody's does not use up the look for new keys", async () => {
  await using issuer = startIssuer([elliptic]);
  const idOf = callersOf([entryOf("sync", issuer.url)]);
  assert.equal(await idOf(await sign(issuer)), "sync");
  for (
    const changes of [{ sub: "x" }, { aud: "https://else.example.com" }, { exp: SECONDS - 61 }]
  ) {
    assert.equal(await idOf(await sign(issuer, changes, other)), null);
  }
  assert.equal(issuer.counts.get("/jwks"), 1);
  issuer.keys = [rsa];
  assert.equal(await idOf(await sign(issuer, {}, rsa)), "sync");
});

for (const kid of [elliptic.kid, undefined]) {
  Deno.test(`a key that is changed under ${kid ? "its old name" : "no name"} is found at once`, async () => {
    const anonymous = ({ jwk, ...key }: Key): Key => ({ ...key, jwk: { ...jwk, kid } });
    await using issuer = startIssuer([anonymous(elliptic)]);
    const idOf = callersOf([entryOf("sync", issuer.url)]);
    assert.equal(await idOf(await sign(issuer, {}, elliptic, { kid })), "sync");
    issuer.keys = [anonymous(other)];
    assert.equal(await idOf(await sign(issuer, {}, other, { kid })), "sync");
    assert.equal(await idOf(await sign(issuer, { jti: "old" }, elliptic, { kid })), null);
    assert.equal(issuer.counts.get("/jwks"), 2);
  });
}

Deno.test("why a credential is nobody's goes to the log, with nothing of it that was not verified", async () => {
  await using issuer = startIssuer();
  const lines: (readonly [string, unknown])[] = [];
  const callers = createCallers({
    callers: [
      apiKeyEntry,
      entryOf("sync", issuer.url),
      entryOf("any", issuer.url, "deployment:*/*/x"),
    ],
    digest: sha256Hex,
    now: () => NOW,
    log: { info: (event, fields) => lines.push([event, fields]), warn: () => {} },
  });
  const { key: made } = generateApiKey(() => crypto.getRandomValues(new Uint8Array(32)));
  const whyOf = async (header: string | null) => {
    assert.equal(await callers.identify(header, "request-1"), null);
    const [event, fields] = lines.pop()!;
    assert.equal(event, "caller.unknown");
    const { request_id, ...why } = fields as Record<string, unknown>;
    assert.equal(request_id, "request-1");
    assert.deepEqual({ caller: null, ...why }, await callers.explain(header));
    return why;
  };
  const bearer = async (changes: Json, key?: Key) =>
    await whyOf(`Bearer ${await sign(issuer, changes, key)}`);
  const { url } = issuer;
  assert.deepEqual(await whyOf(null), { reason: "missing" });
  assert.deepEqual(await whyOf("Basic YTpi"), { reason: "malformed" });
  assert.deepEqual(await whyOf("Bearer ey.ey.ey"), { reason: "malformed" });
  assert.deepEqual(await whyOf(`Bearer ${made.reveal()}`), { reason: "api_key_unknown" });
  assert.deepEqual(await whyOf(`Bearer ${made.reveal().slice(0, -1)}`), {
    reason: "api_key_mistyped",
  });
  assert.deepEqual(await bearer({ iss: "http://127.0.0.1:1" }), { reason: "issuer_unknown" });
  assert.deepEqual(await bearer({ exp: SECONDS - 61 }), { reason: "expired", issuer: url });
  assert.deepEqual(await bearer({ nbf: SECONDS + 61 }), { reason: "not_yet", issuer: url });
  assert.deepEqual(await bearer({ iat: SECONDS + 61 }), { reason: "not_yet", issuer: url });
  assert.deepEqual(await bearer({ exp: undefined }), { reason: "claims", issuer: url });
  assert.deepEqual(await bearer({}, other), { reason: "key_unknown", issuer: url });
  assert.deepEqual(await bearer({ sub: "seen-by-nobody" }, { ...other, kid: elliptic.kid }), {
    reason: "signature",
    issuer: url,
  });
  assert.deepEqual(await bearer({ sub: "deployment:acme/sync/prod\u202e" }), {
    reason: "rules",
    issuer: url,
    subject: "deployment:acme/sync/prod?",
    rules: [
      { caller: "sync", matched: ["audience"], unmatched: ["subject"] },
      { caller: "any", matched: ["audience"], unmatched: ["subject"] },
    ],
  });
  assert.deepEqual(await bearer({ aud: "https://else.example.com" }), {
    reason: "rules",
    issuer: url,
    subject: SUBJECT,
    rules: [
      { caller: "sync", matched: ["subject"], unmatched: ["audience"] },
      { caller: "any", matched: [], unmatched: ["audience", "subject"] },
    ],
  });
});

Deno.test("old keys serve while the issuer is down", async () => {
  await using issuer = startIssuer();
  const clock = { now: NOW };
  const idOf = callersOf([entryOf("sync", issuer.url)], clock);
  assert.equal(await idOf(await sign(issuer)), "sync");
  issuer.answer = () => new Response("down", { status: 503 });
  clock.now += 3_600_000;
  const later = SECONDS + 3_600;
  assert.equal(await idOf(await sign(issuer, { iat: later, exp: later + 300 })), "sync");
});

Deno.test("a silent issuer keeps neither API keys nor another issuer's callers waiting", async () => {
  await using silent = startIssuer();
  await using well = startIssuer();
  const silence = Promise.withResolvers<Response>();
  silent.answer = () => silence.promise;
  const warnings: unknown[] = [];
  const callers = createCallers({
    callers: [apiKeyEntry, entryOf("silent", silent.url), entryOf("well", well.url)],
    digest: sha256Hex,
    now: () => NOW,
    timeoutMs: 100,
    log: { info: () => {}, warn: (event, fields) => warnings.push([event, fields]) },
  });
  const waiting = callers.identify(`Bearer ${await sign(silent)}`);
  const byKey = callers.identify("Bearer api-key");
  assert.ok(byKey !== null && !(byKey instanceof Promise) && byKey.id === "by-key");
  assert.equal((await callers.identify(`Bearer ${await sign(well)}`))?.id, "well");
  assert.deepEqual(warnings, []);
  assert.equal(await waiting, null);
  assert.deepEqual(warnings, [
    ["callers.issuer_unusable", { issuer: silent.url, reason: "timeout" }],
  ]);
  silence.resolve(new Response());
});

Deno.test("an unusable issuer is told of once a minute, and at once when the clock was set back", async () => {
  await using issuer = startIssuer();
  issuer.answer = () => new Response("down", { status: 503 });
  const clock = { now: NOW };
  let warnings = 0;
  const callers = createCallers({
    callers: [entryOf("sync", issuer.url)],
    digest: sha256Hex,
    now: () => clock.now,
    log: { info: () => {}, warn: () => warnings++ },
  });
  const token = await sign(issuer);
  for (const [now, expected] of [[0, 1], [59_999, 1], [60_000, 2], [-1, 3]] as const) {
    clock.now = NOW + now;
    assert.equal(await callers.identify(`Bearer ${token}`), null);
    assert.equal(warnings, expected, `${now}`);
  }
});

const lies: Readonly<Record<string, Json>> = {
  "another issuer": { issuer: "https://oidc.example.com" },
  "no issuer": { issuer: undefined },
  "no address of keys": { jwks_uri: undefined },
  "keys over http elsewhere": { jwks_uri: "http://keys.example.com/jwks" },
  "keys in a file": { jwks_uri: "file:///etc/jwks" },
};

for (const [name, discovery] of Object.entries(lies)) {
  Deno.test(`an issuer whose discovery has ${name} speaks for nobody`, async () => {
    await using issuer = startIssuer();
    issuer.discovery = discovery;
    assert.equal(await callersOf([entryOf("sync", issuer.url)])(await sign(issuer)), null);
    assert.equal(issuer.counts.get("/jwks"), undefined);
  });
}

Deno.test("an issuer that redirects, or answers without end, speaks for nobody", async () => {
  await using issuer = startIssuer();
  const clock = { now: NOW };
  const idOf = callersOf([entryOf("sync", issuer.url)], clock);
  const token = await sign(issuer);
  issuer.answer = () => Response.redirect(`${issuer.url}/elsewhere`);
  assert.equal(await idOf(token), null);
  assert.equal(issuer.counts.get("/elsewhere"), undefined);
  clock.now += 1000;
  issuer.answer = () =>
    new Response(new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(16_384)) }));
  assert.equal(await idOf(token), null);
  issuer.answer = () => null;
  assert.equal(await idOf(token), null, "the issuer is asked again after a second only");
  clock.now += 1000;
  assert.equal(await idOf(token), "sync");
});

Deno.test("nobody's token asks no issuer", async () => {
  await using issuer = startIssuer();
  const idOf = callersOf([entryOf("sync", issuer.url)]);
  await idOf(await sign(issuer, { iss: "http://127.0.0.1:1" }));
  await idOf("ey.ey.ey");
  assert.equal(issuer.counts.size, 0);
});
