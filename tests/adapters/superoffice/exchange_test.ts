/** The exchange as a whole against a loopback SuperOffice: the token in an answer, and bad networks. */

import assert from "node:assert/strict";
import { createEndpoints } from "../../../src/adapters/superoffice/endpoints.ts";
import { createExchange } from "../../../src/adapters/superoffice/exchange.ts";
import { createLoginKeys } from "../../../src/adapters/superoffice/login_keys.ts";
import { ContextId } from "../../../src/domain/context_id.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import { Secret } from "../../../src/domain/secret.ts";
import {
  CLIENT_SECRET,
  closedOrigin,
  createKey,
  exchangeClaims,
  type FakeLogin,
  idTokenClaims,
  type Json,
  NOW,
  NOW_SECONDS,
  PREFIX,
  SERIAL,
  signToken,
  startLogin,
  SYSTEM_TOKEN,
  TICKET,
} from "./fixtures.ts";

const key = createKey("LOGIN-KEY");
const otherKey = createKey("LOGIN-KEY");
const SIGNED = new Secret("Example App-AbCdEf1234.202601151200.c2lnbmF0dXJl");
const tenant = { contextIdentifier: ContextId.parse("Cust10001")!, serial: SERIAL };
const REST = "/Login/api/PartnerSystemUser/Authenticate";

function exchangeOf(origin: string, timeoutMs = 2_000) {
  const endpoints = createEndpoints(new URL(origin));
  const now = () => NOW;
  return createExchange({
    endpoints,
    flavour: "rest",
    clientSecret: new Secret(CLIENT_SECRET),
    keys: createLoginKeys({ endpoints, timeoutMs: 2_000, now }),
    timeoutMs,
    now,
  });
}

function answerExchange(
  login: FakeLogin,
  answer: (request: Request) => Response | Promise<Response>,
) {
  login.answer = (request) => new URL(request.url).pathname === REST ? answer(request) : null;
}

function issue(login: FakeLogin, token: string) {
  answerExchange(login, () => Response.json({ IsSuccessful: true, Token: token }));
  return exchangeOf(login.origin).exchange(SIGNED, tenant);
}

Deno.test("a good answer gives the ticket and the tenant's addresses", async () => {
  await using login = startLogin([key]);
  const answer = await issue(login, signToken(key, exchangeClaims()));
  assert.ok(answer.kind === "issued");
  assert.equal(answer.ticket.reveal(), TICKET);
  assert.equal(answer.webapiUrl, "https://sod2.superoffice.com/Cust10001/api/");
  assert.equal(answer.netserverUrl, "https://sod2.superoffice.com/Cust10001/Remote/Services88/");
});

const accepted: Readonly<Record<string, Json>> = {
  "an iat that is a string": { iat: String(NOW_SECONDS) },
  "a context identifier in lower case": { [`${PREFIX}ctx`]: "cust10001" },
  "no addresses": { [`${PREFIX}webapi_url`]: undefined, [`${PREFIX}netserver_url`]: undefined },
  "a ticket of 4096 characters": { [`${PREFIX}ticket`]: `7T:${"x".repeat(4_093)}` },
};

for (const [name, changes] of Object.entries(accepted)) {
  Deno.test(`an exchange token with ${name} is accepted`, async () => {
    await using login = startLogin([key]);
    const answer = await issue(login, signToken(key, exchangeClaims(changes)));
    assert.equal(answer.kind, "issued");
  });
}

const bent: readonly (readonly [string, Json, string])[] = [
  ["no issuer", { iss: undefined }, "issuer"],
  ["the id_token's issuer", { iss: "https://sod.superoffice.com" }, "issuer"],
  ["the issuer in lower case", { iss: "superoffice as" }, "issuer"],
  ["another tenant's audience", { aud: "spn:1111111111" }, "audience"],
  ["a bare serial as audience", { aud: SERIAL }, "audience"],
  ["two audiences", { aud: [`spn:${SERIAL}`, "spn:1"] }, "audience"],
  [
    "another tenant's serial, audience to match",
    { [`${PREFIX}serial`]: "1111111111", aud: "spn:1111111111" },
    "audience",
  ],
  ["another tenant's serial claim", { [`${PREFIX}serial`]: "1111111111" }, "serial"],
  ["no serial claim", { [`${PREFIX}serial`]: undefined }, "serial"],
  ["another tenant's context", { [`${PREFIX}ctx`]: "Cust10002" }, "context"],
  ["no context", { [`${PREFIX}ctx`]: undefined }, "context"],
  ["no ticket", { [`${PREFIX}ticket`]: undefined }, "ticket"],
  ["another kind of ticket", { [`${PREFIX}ticket`]: "8A:Cust10001.abc" }, "ticket"],
  ["a bare ticket prefix", { [`${PREFIX}ticket`]: "7T:" }, "ticket"],
  ["a ticket with a space", { [`${PREFIX}ticket`]: "7T:a b" }, "ticket"],
  ["a ticket that ends a header", { [`${PREFIX}ticket`]: "7T:a\r\nX: y" }, "ticket"],
  ["a ticket with a letter beyond ASCII", { [`${PREFIX}ticket`]: "7T:\u00e6" }, "ticket"],
  ["a ticket of 4097 characters", { [`${PREFIX}ticket`]: `7T:${"x".repeat(4_094)}` }, "ticket"],
  ["a ticket that is no string", { [`${PREFIX}ticket`]: [TICKET] }, "ticket"],
  ["an end long ago", { exp: NOW_SECONDS - 3600 }, "expired"],
  ["no end", { exp: undefined }, "malformed"],
  ["a beginning far ahead", { nbf: NOW_SECONDS + 3600 }, "not_yet_valid"],
];

for (const [name, changes, reason] of bent) {
  Deno.test(`an exchange token with ${name} is unfit: ${reason}`, async () => {
    await using login = startLogin([key]);
    const answer = await issue(login, signToken(key, exchangeClaims(changes)));
    assert.deepEqual(answer, { kind: "unfit", reason });
  });
}

Deno.test("an exchange token by another key, or none, is unfit", async () => {
  await using login = startLogin([key]);
  const claims = exchangeClaims();
  const cases = [
    [signToken(otherKey, claims), "signature"],
    [signToken(key, claims, { kid: "x" }), "unknown_key"],
    [signToken(key, claims, { alg: "none" }), "algorithm"],
    ["PD94bWwgdmVyc2lvbj0iMS4wIj8+", "malformed"],
  ] as const;
  for (const [token, reason] of cases) {
    assert.deepEqual(await issue(login, token), { kind: "unfit", reason });
  }
});

Deno.test("an id_token is no exchange token, not even with a ticket in it", async () => {
  await using login = startLogin([key]);
  const claims = idTokenClaims(login.origin, { [`${PREFIX}ticket`]: TICKET, aud: `spn:${SERIAL}` });
  assert.deepEqual(await issue(login, signToken(key, claims)), { kind: "unfit", reason: "issuer" });
});

Deno.test("a refusal is an answer", async () => {
  await using login = startLogin([key]);
  answerExchange(login, () => Response.json({ IsSuccessful: false }, { status: 401 }));
  assert.deepEqual(await exchangeOf(login.origin).exchange(SIGNED, tenant), { kind: "refused" });
});

Deno.test("a refusal is nobody's fault but the clocks' if ours and SuperOffice's are far apart", async () => {
  await using login = startLogin([key]);
  const refusedAt = (date: string) => {
    answerExchange(login, () => Response.json({}, { status: 401, headers: { date } }));
    return exchangeOf(login.origin).exchange(SIGNED, tenant);
  };
  const after = (minutes: number) => new Date(NOW + minutes * 60_000).toUTCString();
  for (const minutes of [-20, -13, 13, 20]) {
    assert.deepEqual(await refusedAt(after(minutes)), { kind: "unfit", reason: "clock" });
  }
  for (const date of [after(-12), after(0), after(12), "yesterday"]) {
    assert.deepEqual(await refusedAt(date), { kind: "refused" });
  }
});

Deno.test("a redirect is not followed, so nothing secret goes elsewhere", async () => {
  await using login = startLogin([key]);
  for (const status of [301, 302, 303, 307, 308]) {
    answerExchange(
      login,
      () => new Response(null, { status, headers: { location: "/elsewhere" } }),
    );
    const answer = await exchangeOf(login.origin).exchange(SIGNED, tenant);
    assert.deepEqual(answer, { kind: "unfit", reason: "status" });
  }
  assert.equal(login.counts.get("/elsewhere"), undefined);
});

/** Runs an exchange that must fail, and checks that the error tells nothing. */
async function faultOf(origin: string, timeoutMs?: number, signal?: AbortSignal) {
  const error = await exchangeOf(origin, timeoutMs).exchange(SIGNED, tenant, signal).then(
    () => assert.fail("it was answered"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof PartFault);
  assert.equal(error.cause, undefined);
  const shown = Deno.inspect(error, { depth: 10, showHidden: true }) + error.stack;
  for (const secret of [SIGNED.reveal(), SYSTEM_TOKEN, CLIENT_SECRET]) {
    assert.ok(!shown.includes(secret));
  }
  return error.reason;
}

for (const status of [429, 502, 503, 504]) {
  Deno.test(`${status} is a fault of SuperOffice`, async () => {
    await using login = startLogin([key]);
    answerExchange(login, async (request) => new Response(await request.text(), { status }));
    assert.equal(await faultOf(login.origin), "status");
  });
}

Deno.test("nobody listening is a network fault", async () => {
  assert.equal(await faultOf(closedOrigin()), "network");
});

Deno.test("a connection that breaks off is a network fault", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const broken = listener.accept().then((connection) => connection.close());
  assert.equal(await faultOf(`http://127.0.0.1:${listener.addr.port}`), "network");
  await broken;
  listener.close();
});

Deno.test("silence is a timeout", async () => {
  await using login = startLogin([key]);
  const silence = Promise.withResolvers<Response>();
  answerExchange(login, () => silence.promise);
  assert.equal(await faultOf(login.origin, 50), "timeout");
  silence.resolve(new Response());
});

Deno.test("a body that never ends is a timeout, the deadline covers it", async () => {
  await using login = startLogin([key]);
  answerExchange(login, () =>
    new Response(
      new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode("{")) }),
      { headers: { "content-type": "application/json" } },
    ));
  assert.equal(await faultOf(login.origin, 50), "timeout");
});

Deno.test("a body without end is cut off at its limit", async () => {
  await using login = startLogin([key]);
  answerExchange(login, () =>
    new Response(
      new ReadableStream({ pull: (stream) => stream.enqueue(new Uint8Array(16_384)) }),
      { headers: { "content-type": "application/json" } },
    ));
  assert.equal(await faultOf(login.origin), "too_large");
});

Deno.test("a small body that unpacks to a large one is cut off too", async () => {
  await using login = startLogin([key]);
  const plain = new Blob([new Uint8Array(4 * 1024 * 1024)]).stream();
  const packed = await new Response(plain.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
  answerExchange(login, () => new Response(packed, { headers: { "content-encoding": "gzip" } }));
  assert.equal(await faultOf(login.origin), "too_large");
});

Deno.test("an asker that gives up ends the call, before it or within", async () => {
  await using login = startLogin([key]);
  assert.equal(await faultOf(login.origin, 2_000, AbortSignal.abort()), "timeout");
  const silence = Promise.withResolvers<Response>();
  const asker = new AbortController();
  answerExchange(login, () => {
    asker.abort();
    return silence.promise;
  });
  assert.equal(await faultOf(login.origin, 2_000, asker.signal), "timeout");
  silence.resolve(new Response());
});

Deno.test("a good answer without keys to verify it is a fault, not a ticket", async () => {
  await using login = startLogin([key]);
  const token = signToken(key, exchangeClaims());
  login.answer = (request) =>
    new URL(request.url).pathname === REST
      ? Response.json({ IsSuccessful: true, Token: token })
      : new Response("down", { status: 503 });
  assert.equal(await faultOf(login.origin), "status");
});
