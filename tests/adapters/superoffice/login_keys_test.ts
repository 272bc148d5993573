/** Login keys: rotation, outages, and discovery documents that point elsewhere. */

import assert from "node:assert/strict";
import { createLoginKeys } from "../../../src/adapters/superoffice/login_keys.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";
import { createKey, type FakeLogin, type Json, JWKS, NOW, startLogin } from "./fixtures.ts";

const first = createKey("FIRST");
const second = createKey("SECOND");
const DOWN = () => new Response("down", { status: 503 });

function keysOf(login: FakeLogin, clock = { now: NOW }) {
  return createLoginKeys({
    endpoints: login.endpoints,
    timeoutMs: 2_000,
    now: () => clock.now,
  });
}

Deno.test("discovery and keys are fetched once and remembered for ten minutes", async () => {
  await using login = startLogin([first]);
  const clock = { now: NOW };
  const keys = keysOf(login, clock);
  await Promise.all([keys.find("FIRST"), keys.find("FIRST"), keys.metadata()]);
  clock.now += 10 * 60_000 - 1;
  assert.notEqual(await keys.find("FIRST"), null);
  assert.equal(login.counts.get(JWKS), 1);
  clock.now += 1;
  await keys.find("FIRST");
  assert.equal(login.counts.get(JWKS), 2);
});

Deno.test("a rotated key is found at once, the old one is gone with it", async () => {
  await using login = startLogin([first]);
  const keys = keysOf(login);
  await keys.find("FIRST");
  login.keys = [second.jwk];
  assert.notEqual(await keys.find("SECOND"), null);
  assert.equal(await keys.find("FIRST"), null);
});

Deno.test("both keys work while both are published", async () => {
  await using login = startLogin([first, second]);
  const keys = keysOf(login);
  assert.notEqual(await keys.find("FIRST"), null);
  assert.notEqual(await keys.find("SECOND"), null);
});

Deno.test("unknown keys fetch again at most once in 30 seconds, whoever asks", async () => {
  await using login = startLogin([first]);
  const clock = { now: NOW };
  const keys = keysOf(login, clock);
  await keys.find("FIRST");
  await Promise.all(Array.from({ length: 20 }, (_, index) => keys.find(`forged-${index}`)));
  assert.equal(login.counts.get(JWKS), 2);
  clock.now += 29_999;
  assert.equal(await keys.find("forged"), null);
  assert.equal(login.counts.get(JWKS), 2);
  clock.now += 1;
  assert.equal(await keys.find("forged"), null);
  assert.equal(login.counts.get(JWKS), 3);
});

Deno.test("while SuperOffice is down old keys serve for 24 hours and no longer", async () => {
  await using login = startLogin([first]);
  const clock = { now: NOW };
  const keys = keysOf(login, clock);
  await keys.find("FIRST");
  login.answer = DOWN;
  clock.now += 24 * 3_600_000 - 1;
  assert.notEqual(await keys.find("FIRST"), null);
  clock.now += 1;
  await assert.rejects(keys.find("FIRST"), new PartFault("superoffice", "status"));
});

Deno.test("during an outage SuperOffice is asked once in 30 seconds", async () => {
  await using login = startLogin([first]);
  const clock = { now: NOW };
  const keys = keysOf(login, clock);
  await keys.find("FIRST");
  clock.now += 11 * 60_000;
  login.answer = DOWN;
  const asked = () => [...login.counts.values()].reduce((sum, count) => sum + count, 0);
  await keys.find("FIRST");
  const before = asked();
  for (let index = 0; index < 10; index++) await keys.find("FIRST");
  assert.equal(asked(), before);
  clock.now += 30_000;
  login.answer = () => null;
  login.keys = [second.jwk];
  assert.notEqual(await keys.find("SECOND"), null);
});

const GARBAGE: Readonly<Record<string, () => Response>> = {
  "an empty set": () => Response.json({ keys: [] }),
  "no set": () => Response.json({}),
  "HTML": () => new Response("<html>", { headers: { "content-type": "text/html" } }),
  "a list": () => Response.json([]),
  "keys that are no objects": () => Response.json({ keys: [null, "x"] }),
};

for (const [name, answer] of Object.entries(GARBAGE)) {
  Deno.test(`instead of keys, ${name} is a fault and never replaces good keys`, async () => {
    await using login = startLogin([first]);
    const clock = { now: NOW };
    const keys = keysOf(login, clock);
    await keys.find("FIRST");
    login.answer = (request) => new URL(request.url).pathname === JWKS ? answer() : null;
    clock.now += 11 * 60_000;
    assert.notEqual(await keys.find("FIRST"), null);
    const anew = keysOf(login, clock);
    await assert.rejects(anew.find("FIRST"), new PartFault("superoffice", "protocol"));
  });
}

const BENT: Readonly<Record<string, Json>> = {
  "another issuer": { issuer: "https://sod.superoffice.com" },
  "the issuer with a path": { issuer: "http://127.0.0.1/login" },
  "no issuer": { issuer: undefined },
  "keys elsewhere": { jwks_uri: "https://keys.example.com/jwks" },
  "keys on another port": { jwks_uri: "http://127.0.0.1:1/jwks" },
  "keys in a data address": { jwks_uri: 'data:application/json,{"keys":[]}' },
  "a token endpoint elsewhere": { token_endpoint: "https://evil.example.com/tokens" },
  "an authorize endpoint elsewhere": { authorization_endpoint: "https://evil.example.com/" },
  "no token endpoint": { token_endpoint: undefined },
};

for (const [name, discovery] of Object.entries(BENT)) {
  Deno.test(`a discovery document with ${name} is a fault`, async () => {
    await using login = startLogin([first]);
    login.discovery = discovery;
    const keys = keysOf(login);
    await assert.rejects(keys.metadata(), new PartFault("superoffice", "protocol"));
    await assert.rejects(keys.find("FIRST"), new PartFault("superoffice", "protocol"));
    assert.equal(login.counts.get(JWKS), undefined);
  });
}

Deno.test("a discovery document behind a redirect is not followed", async () => {
  await using login = startLogin([first]);
  login.answer = (request) =>
    new URL(request.url).pathname === "/elsewhere" ? null : Response.redirect(
      new URL("/elsewhere", request.url),
    );
  await assert.rejects(keysOf(login).metadata(), new PartFault("superoffice", "status"));
  assert.equal(login.counts.get("/elsewhere"), undefined);
});
