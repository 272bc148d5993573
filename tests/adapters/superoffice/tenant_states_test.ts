/** Tenant states as SuperOffice publishes them, and everything else it may say. */

import assert from "node:assert/strict";
import {
  createTenantStates,
  judgeTenantState,
} from "../../../src/adapters/superoffice/tenant_states.ts";
import { ContextId } from "../../../src/domain/context_id.ts";
import { createEndpoints } from "../../../src/adapters/superoffice/endpoints.ts";
import { closedOrigin, type Json, startLogin } from "./fixtures.ts";

const tenant = ContextId.parse("Cust12345")!;
const good: Json = {
  ContextIdentifier: "Cust12345",
  Endpoint: "https://online2.superoffice.com/Cust12345",
  State: "Running",
  IsRunning: true,
  ValidUntil: "2026-01-15T12:00:00.1234567Z",
  Api: "https://online2.superoffice.com/Cust12345/api",
  Version: "Release_11.10",
};

const { tenantHosts } = createEndpoints(new URL("https://online.superoffice.com"));

function judge(changes: Json, status = 200, mediaType = "application/json") {
  const body = JSON.stringify({ ...good, ...changes });
  return judgeTenantState({ status, mediaType, date: null, body }, tenant, tenantHosts);
}

Deno.test("a state gives addresses with a final slash", () => {
  assert.deepEqual(judge({}), {
    state: "Running",
    isRunning: true,
    webapiUrl: "https://online2.superoffice.com/Cust12345/api/",
    netserverUrl: "https://online2.superoffice.com/Cust12345/Remote/Services88/",
    validUntil: Date.UTC(2026, 0, 15, 12, 0, 0, 123),
  });
});

Deno.test("slashes that are there already and the default port make no difference", () => {
  const Endpoint = "https://online2.superoffice.com:443/Cust12345/";
  const state = judge({ Endpoint, Api: `${good.Api}/` });
  assert.deepEqual(state, judge({}));
});

Deno.test("a tenant that is not running is told as it is", () => {
  const state = judge({ State: "Suspended", IsRunning: false, Api: null, Endpoint: "" });
  assert.deepEqual(state, {
    state: "Suspended",
    isRunning: false,
    webapiUrl: null,
    netserverUrl: null,
    validUntil: Date.UTC(2026, 0, 15, 12, 0, 0, 123),
  });
});

const UNSAFE = [
  "http://online2.superoffice.com/x",
  "http://127.0.0.1:8080/x",
  "https://superoffice.com.evil.test/",
  "https://evilsuperoffice.com/",
  "https://u:p@online2.superoffice.com/",
  "https://online2.superoffice.com/?x=1",
  "ftp://x/",
  "//x",
  7,
];

for (const url of UNSAFE) {
  Deno.test(`an address that no tenant can have is dropped: ${url}`, () => {
    assert.equal(judge({ Api: url })?.webapiUrl, null);
    assert.equal(judge({ Endpoint: url })?.netserverUrl, null);
    assert.equal(judge({ Api: url })?.netserverUrl, judge({})?.netserverUrl);
  });
}

const VALID_UNTIL: Readonly<Record<string, number>> = {
  "2026-01-15T12:00:00Z": 0,
  "2026-01-15T12:00:00.5Z": 500,
  "2026-01-15T12:00:00.1234567Z": 123,
  "2026-01-15T12:00:00.9999999Z": 999,
};

for (const [text, ms] of Object.entries(VALID_UNTIL)) {
  Deno.test(`a state is valid until ${text}`, () => {
    assert.equal(judge({ ValidUntil: text })?.validUntil, Date.UTC(2026, 0, 15, 12) + ms);
  });
}

const NO_INSTANT = [
  undefined,
  null,
  "",
  1768478400,
  "2026-01-15",
  "2026-01-15T12:00:00",
  "2026-01-15T12:00:00+01:00",
  "2026-01-15t12:00:00z",
  "2026-01-15 12:00:00Z",
  "2026-01-15T12:00:00.12345678Z",
  "2026-01-15T12:00:00.Z",
  "2026-02-31T12:00:00Z",
  "2026-01-15T25:00:00Z",
  "2026-01-15T12:00:00Z ",
  "Thu, 15 Jan 2026 12:00:00 GMT",
];

for (const value of NO_INSTANT) {
  Deno.test(`a validity that is no instant of UTC is none: ${JSON.stringify(value)}`, () => {
    const state = judge({ ValidUntil: value });
    assert.equal(state?.validUntil, null);
    assert.equal(state?.state, "Running");
  });
}

const odd: Readonly<Record<string, Json>> = {
  "another tenant": { ContextIdentifier: "Cust54321" },
  "no tenant": { ContextIdentifier: undefined },
  "no state": { State: undefined },
  "a state that is a number": { State: 2 },
  "a state that is markup": { State: "<b>Running</b>" },
  "no word on running": { IsRunning: undefined },
  "a word on running that is text": { IsRunning: "true" },
};

for (const [name, changes] of Object.entries(odd)) {
  Deno.test(`a state of ${name} is none`, () => assert.equal(judge(changes), null));
}

Deno.test("any status but 200, and anything but JSON, is none", () => {
  assert.equal(judge({}, 404), null);
  assert.equal(judge({}, 302), null);
  assert.equal(judge({}, 200, "text/html"), null);
});

Deno.test("the state is read at the identity origin", async () => {
  await using login = startLogin([]);
  login.answer = () => Response.json(good);
  const states = createTenantStates({ endpoints: login.endpoints, timeoutMs: 2_000 });
  assert.equal((await states.read(tenant))?.state, "Running");
  assert.deepEqual([...login.counts.keys()], ["/api/state/Cust12345"]);
});

Deno.test("a SuperOffice that is not there gives none, and throws nothing", async () => {
  const origin = new URL(closedOrigin());
  const endpoints = createEndpoints(origin);
  assert.equal(await createTenantStates({ endpoints, timeoutMs: 500 }).read(tenant), null);
});
