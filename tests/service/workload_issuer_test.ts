/**
 * Callers who prove themselves by tokens of an issuer that we did not write (`oidc-provider`), at a
 * whole service over HTTP: whom it takes for whom, what it tells those it refuses, and what a change
 * of keys or an issuer that is away costs those it knows.
 */

import assert from "node:assert/strict";
import { decodeJwt } from "jose";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { facts } from "../support/facts.ts";
import { assemble, rsa } from "../support/forge.ts";
import { assertProblem } from "../support/problems.ts";
import { API_KEY, createTestClock, startService, TENANT } from "../support/service.ts";
import { AUDIENCE, createSigningKey, forgeriesOf } from "../support/workload_issuer.ts";
import { startWorkloadIssuer } from "../support/workload_issuer.ts";

const SUBJECT = "deployment:acme/sync/prod";
const REPOSITORY = "repo:acme/app:ref:refs/heads/main";
const NEIGHBOUR = "deployment:neighbour/sync/prod";
const HOUR = 3_600_000;

const key = createSigningKey("rsa", "kid-mark-rsa");
const keys = [key, createSigningKey("ec", "kid-mark-ec"), createSigningKey("ed25519", "kid-mark")];
const next = createSigningKey("rsa", "kid-mark-next");
/** The neighbour's and the stranger's, under the very name of the issuer's. */
const theirs = createSigningKey("rsa", key.kid);

/** A service with one consented tenant, its callers' issuer, a neighbour's, and a stranger. */
async function start() {
  const time = createTestClock();
  const seconds = () => Math.floor(time.now() / 1000);
  let count = 0;
  const claims = (sub: string) => () => {
    const iat = seconds();
    return { sub, iat, exp: iat + 300, jti: `jti-mark-${count++}` };
  };
  const [issuer, neighbour, stranger] = await Promise.all([
    startWorkloadIssuer(claims(SUBJECT), keys),
    startWorkloadIssuer(claims(NEIGHBOUR), [theirs]),
    startWorkloadIssuer(claims(SUBJECT), [theirs]),
  ]);
  const rights = { tenants: [TENANT], may: ["ticket"] };
  const ours = { audience: AUDIENCE, ...rights };
  const service = await startService({
    clock: time,
    callers: [
      { id: "key", api_key_sha256: [sha256Hex(API_KEY)], ...rights },
      { id: "sync", issuer: issuer.url, subject: SUBJECT, ...ours },
      { id: "app", issuer: issuer.url, subject: "repo:acme/*:ref:refs/heads/main", ...ours },
      { id: "neighbour", issuer: neighbour.url, subject: NEIGHBOUR, ...ours },
    ],
  });
  await service.consent();
  const ask = async (token: string, tenant = TENANT) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await service.call(`/v1/tenants/${tenant}/ticket`, { headers });
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  const parts = { time, seconds, service, issuer, neighbour, stranger, ask };
  return {
    ...parts,
    status: async (token: string) => (await ask(token)).status,
    loads: () => issuer.asked.filter((path) => path === "/jwks").length,
    async [Symbol.asyncDispose]() {
      await service.close();
      await Promise.all([issuer, neighbour, stranger].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}

async function withWorld(test: (world: World) => Promise<void>): Promise<void> {
  await using world = await start();
  await test(world);
}

type World = Awaited<ReturnType<typeof start>>;

/** All by which a caller can tell one answer from another. */
function shapeOf({ status, headers, body }: Awaited<ReturnType<World["ask"]>>) {
  const { request_id: _, ...rest } = JSON.parse(body);
  const others = [...headers].filter(([name]) => !["date", "x-request-id"].includes(name));
  return { status, others, rest };
}

/** Operators read the subject of a token that its issuer signed for none of their entries. */
function logOf({ log }: World["service"]): string {
  return JSON.stringify(log.lines.map(({ fields: { subject, ...fields }, ...line }) => ({
    ...line,
    ...(fields.reason === "rules" ? { fields } : { subject, fields }),
  })));
}

/** Each is refused as if it were no token at all, and nothing of it is told or written down. */
async function assertRefused(world: World, tokens: Readonly<Record<string, string>>) {
  const none = await world.ask("none");
  assertProblem(none, "caller_unknown");
  const named = Object.entries(tokens);
  const answers = await Promise.all(named.map(([, token]) => world.ask(token)));
  const told = logOf(world.service) + answers.map(({ body }) => body);
  for (const [index, [name, token]] of named.entries()) {
    assert.deepEqual(shapeOf(answers[index]!), shapeOf(none), name);
    for (const part of [token, ...token.split(".")]) {
      assert.ok(part.length < 8 || !told.includes(part), `${name} is repeated`);
    }
  }
  assert.doesNotMatch(told, /deployment:|repo:|-mark|evil/);
  assert.ok(!told.includes(world.stranger.url));
  assert.deepEqual(world.stranger.asked, []);
  assert.ok(world.loads() <= 2, "they make the service ask the issuer once more at most");
  assert.equal(await world.status(await world.issuer.issue()), 200, "a good token still opens");
}

facts("tokens of a running oidc-provider", withWorld, {
  "are asked about once by twenty first calls at once, and never again": async (world) => {
    const tokens = await Promise.all(Array.from({ length: 20 }, () => world.issuer.issue()));
    for (const ms of [0, 299_000]) {
      world.time.advance(ms);
      assert.deepEqual(new Set(await Promise.all(tokens.map(world.status))), new Set([200]));
    }
    assert.deepEqual(world.issuer.asked, ["/.well-known/openid-configuration", "/jwks"]);
  },

  "open their caller's tenant and no other, by each algorithm": async (world) => {
    for (const alg of ["RS256", "PS256", "ES256", "EdDSA"]) {
      for (const sub of [SUBJECT, REPOSITORY]) {
        const token = await world.issuer.issue({ alg, claims: { sub } });
        const answer = await world.ask(token);
        assert.equal(answer.status, 200, `${alg} ${sub}`);
        assert.equal(JSON.parse(answer.body).context_identifier, TENANT);
        assert.match((await world.ask(token, "Cust99999")).body, /"caller_forbidden"/);
      }
    }
    assert.equal(await world.status(await world.neighbour.issue()), 200);
  },

  "are nobody's if they are not for now, or not for us alone": async (world) => {
    const { issuer } = world;
    const now = world.seconds();
    const good = { nbf: now + 60, iat: now + 60, exp: now - 59, aud: [AUDIENCE] };
    assert.equal(await world.status(await issuer.issue({ claims: good })), 200);
    const near = [`${AUDIENCE}/`, `${AUDIENCE}:443`, ` ${AUDIENCE}`, `${AUDIENCE}\n`];
    const far = ["https://else.example.com", AUDIENCE.toUpperCase(), AUDIENCE.slice(0, -1), "*"];
    const lists = [[AUDIENCE, far[0]], [far[0], AUDIENCE], [[AUDIENCE]], [], { [AUDIENCE]: true }];
    const ends = [now - 60, now - 61, 0, -1, `${now + 300}`, [now + 300], true, null, undefined];
    await assertRefused(world, {
      ...await issuer.issueEach("exp", ends),
      ...await issuer.issueEach("nbf", [now + 61, `${now}`, null]),
      ...await issuer.issueEach("iat", [now + 61, `${now}`, null]),
      ...await issuer.issueEach("aud", [...near, ...far, ...lists]),
    });
  },

  "are nobody's if their subject only looks like a caller's": async (world) => {
    const visible = ["-evil", "/x", "/", "x", "%00", "%0A", "%0d%0a", "\\", "*", "/../prod"];
    const hidden = ["\n", "\r\n", "\nevil", "\0", "\0evil", "\t", " ", "\u00a0", "\u2028"];
    const joiners = ["\u00ad", "\u200b", "\u200d", "\u202e", "\ufeff", "\u0301", "\ud800"];
    const added = [...visible, ...hidden, ...joiners];
    const stages = ["%70rod", "PROD", "\uff50rod", "\u0440rod", "pr\u043ed", "pro\u0301d", "*"];
    const slashes = ["%2F", "%2f", "%252F", "\uff0f", "\u2215", "\\", ":", "//", "/./", "/x/../"];
    const bend = (text: string, by: string, all: readonly string[]) =>
      all.map((one) => text.replaceAll(by, one));
    await assertRefused(
      world,
      await world.issuer.issueEach("sub", [
        ...[SUBJECT, REPOSITORY].flatMap((one) => added.flatMap((it) => [one + it, it + one])),
        ...bend(SUBJECT, "/sync", added.map((one) => `${one}/sync`)),
        ...bend(SUBJECT, "prod", stages),
        ...[SUBJECT, REPOSITORY].flatMap((one) => bend(one, "/", slashes)),
        ...bend(SUBJECT, ":", ["%3A", "\uff1a", "\u02d0", "/", "::"]),
        ...bend(REPOSITORY, "app", ["", "app/evil", "app:pull", "evil/app", "app:ref"]),
        ...bend(REPOSITORY, "app", ["app\n", "app%2Fevil", "app\uff0fevil", "\u0430pp", " "]),
        ...bend(REPOSITORY, "acme", ["acme-evil", "ACME", "*", "evil/acme", "\u0430cme"]),
        ...[SUBJECT.toUpperCase(), SUBJECT.replace("s", "\u017f"), encodeURIComponent(SUBJECT)],
        ...[SUBJECT + "x".repeat(5_000), NEIGHBOUR, "*", "", [SUBJECT], { [SUBJECT]: SUBJECT }],
        ...[12345, true, null, undefined],
      ]),
    );
  },

  "are nobody's from another issuer, whatever it calls itself": async (world) => {
    const { issuer, neighbour, stranger } = world;
    const { url } = issuer;
    const spelled = [`${url}/`, `${url}/.`, `${url}?`, `${url}#`, `${url}\n`, ` ${url}`, [url]];
    const hosts = ["localhost", "127.1", "127.0.0.1.", "[::1]", "\uff11\uff12\uff17.0.0.1"];
    const others = [stranger.url, neighbour.url, url.toUpperCase(), "", null, undefined];
    const names = [...spelled, ...hosts.map((one) => url.replace("127.0.0.1", one)), ...others];
    await assertRefused(world, {
      ...await issuer.issueEach("iss", names),
      "a stranger's": await stranger.issue(),
      "a stranger's in the issuer's name": await stranger.issue({ claims: { iss: url } }),
      "a neighbour's with the subject": await neighbour.issue({ claims: { sub: SUBJECT } }),
      "a neighbour's in the name": await neighbour.issue({ claims: { iss: url, sub: SUBJECT } }),
    });
  },

  "are nobody's if the issuer's key did not sign them as it should": async (world) => {
    const { issuer, stranger } = world;
    await assertRefused(world, {
      ...forgeriesOf(await issuer.issue(), keys, theirs, stranger.url),
      "RS512 by the issuer": await issuer.issue({ alg: "RS512" }),
      "20 KiB": await issuer.issue({ claims: { more: "x".repeat(20_000) } }),
    });
  },

  "hold until a minute after their end, seen before or not, and not longer": async (world) => {
    const tokens = await Promise.all([1, 2, 3].map(() => world.issuer.issue()));
    const [seen, unseen, late] = tokens as [string, string, string];
    assert.equal(await world.status(seen), 200);
    world.time.advance(359_999);
    assert.equal(await world.status(seen), 200);
    assert.equal(await world.status(unseen), 200);
    world.time.advance(1);
    await assertRefused(world, { seen, unseen, late });
  },
});

facts("the keys of a running oidc-provider", withWorld, {
  "keep nobody waiting but its own callers": async (world) => {
    const token = await world.issuer.issue();
    const held = world.issuer.hold();
    const waiting = world.status(token);
    await held.reached;
    assert.equal(await world.status(API_KEY), 200);
    assert.equal(await world.status(await world.neighbour.issue()), 200);
    held.release();
    assert.equal(await waiting, 200);
  },

  "are asked for once a minute at most, however many tokens name unknown ones": async (world) => {
    const claims = decodeJwt(await world.issuer.issue());
    for (const [ms, loads] of [[0, 2], [59_999, 2], [1, 3]] as const) {
      world.time.advance(ms);
      const tokens = Array.from({ length: 20 }, (_, index) => {
        const header = { alg: "RS256", kid: `${ms}-${index}` };
        return assemble(header, claims, rsa(theirs.privateKey));
      });
      assert.deepEqual(new Set(await Promise.all(tokens.map(world.status))), new Set([401]));
      assert.equal(world.loads(), loads);
    }
  },

  "change twice: no good call is refused, and the withdrawn one opens nothing": async (world) => {
    const { issuer, time } = world;
    const before = world.loads();
    const claims = { exp: world.seconds() + 3_600 };
    const [seen, unseen] = [await issuer.issue({ claims }), await issuer.issue({ claims })];
    assert.equal(await world.status(seen), 200);
    const last = createSigningKey("rsa", "kid-mark-last");
    const changes = new Map([[10, [next, key]], [20, [next]], [30, [last, next]], [40, [last]]]);
    let earlier = await issuer.issue();
    for (let step = 0; step < 50; step++) {
      if (changes.has(step)) issuer.publish(changes.get(step)!);
      const [one, two, later] = await Promise.all([issuer.issue(), issuer.issue(), issuer.issue()]);
      const statuses = await Promise.all([earlier, one, two].map(world.status));
      assert.deepEqual(statuses, [200, 200, 200], `step ${step}`);
      earlier = later;
      time.advance(15_000);
    }
    assert.ok(world.loads() - before <= 3, "twice for new keys, once for their age");
    assert.equal(await world.status(unseen), 401);
    // What was seen is looked at again behind an answer.
    let tries = 0;
    while (tries++ < 50 && await world.status(seen) === 200) time.advance(5_000);
    assert.equal(await world.status(seen), 401);
  },
});

facts("an oidc-provider that goes away", withWorld, {
  "is believed at once when it comes back with a new key": async (world) => {
    const { issuer, time } = world;
    assert.equal(await world.status(await issuer.issue()), 200);
    await issuer.goAway();
    issuer.publish([next]);
    time.advance(300_000);
    assert.equal(await world.status(API_KEY), 200);
    await issuer.comeBack();
    assert.equal(await world.status(await issuer.issue()), 200);
  },

  "leaves keys that serve a day, and none of our other callers hears of it": async (world) => {
    const { issuer, time } = world;
    const claims = { exp: world.seconds() + 48 * 3_600 };
    const tokens = await Promise.all([1, 2, 3, 4, 5].map(() => issuer.issue({ claims })));
    const last = tokens.pop()!;
    await issuer.goAway();
    for (const [index, ms] of [0, 3 * HOUR, 20 * HOUR, HOUR - 1].entries()) {
      time.advance(ms);
      assert.equal(await world.status(tokens[index]!), 200, `token ${index}`);
      assert.equal(await world.status(API_KEY), 200);
    }
    time.advance(1);
    assertProblem(await world.ask(last), "caller_unknown");
    assert.equal(await world.status(API_KEY), 200);
    assert.equal(await world.status(await world.neighbour.issue()), 200);
    await issuer.comeBack();
    time.advance(1_000);
    assert.equal(await world.status(last), 200);
  },
});
