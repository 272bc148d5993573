/** The doors of the API: who is let in, what is said to the others, and in which order. */

import assert from "node:assert/strict";
import { type Answer, assertSafePage, begin, postForm, send } from "../support/callback.ts";
import { facts } from "../support/facts.ts";
import { assertProblem } from "../support/problems.ts";
import { API_KEY, startService, TENANT, type TestService } from "../support/service.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";

const OTHER = "Cust99999";
const PERMISSIONS = ["ticket", "relay", "tenants", "ledger"] as const;
const keyOf = (name: string) => `bo_test_key_of_${name}_000000000000000000`;

const CALLERS = [
  { id: "everything", key: API_KEY, tenants: ["*"], may: [...PERMISSIONS] },
  ...PERMISSIONS.map((may) => ({ id: may, key: keyOf(may), tenants: ["*"], may: [may] })),
  { id: "elsewhere", key: keyOf("elsewhere"), tenants: [OTHER], may: ["ticket", "tenants"] },
].map(({ key, ...caller }) => ({ ...caller, api_key_sha256: [sha256Hex(key)] }));

/** Each route with the permission that it needs. */
const ROUTES: readonly (readonly [method: string, path: string, may: string])[] = [
  ["GET", `/v1/tenants/${TENANT}/ticket`, "ticket"],
  ["POST", `/v1/tenants/${TENANT}/ticket`, "ticket"],
  ["GET", "/v1/tenants", "tenants"],
  ["GET", `/v1/tenants/${TENANT}`, "tenants"],
  ["DELETE", `/v1/tenants/${OTHER}`, "tenants"],
  ["GET", "/v1/ledger/checkpoint", "ledger"],
  ["GET", "/v1/ledger/key", "ledger"],
  ["GET", "/v1/ledger/entries", "ledger"],
  ["GET", "/v1/ledger/entries/0/proof", "ledger"],
];

async function withService(test: (service: TestService) => Promise<void>): Promise<void> {
  const service = await startService({ callers: CALLERS });
  try {
    const { control } = service.simulator;
    control.approve(TENANT);
    const { state, nonce, cookie } = await begin(service.url);
    const id_token = control.mintIdToken({ ctx: TENANT, nonce });
    assert.equal((await postForm(service.url, { state, id_token }, cookie)).status, 303);
    await test(service);
  } finally {
    await service.close();
  }
}

function ask(
  service: TestService,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const json = { "content-type": "application/json", ...headers };
  return send(new URL(path, service.url), {
    method,
    headers: method === "POST" ? json : headers,
    ...(method === "POST" ? { body: JSON.stringify({ rejected_generation: 99 }) } : {}),
  });
}

const bearer = (name: string) => ({ authorization: `Bearer ${keyOf(name)}` });

/** What remains of an answer when its request's own id is taken out. */
function withoutId({ status, headers, body }: Answer): string {
  const id = headers.get("x-request-id")!;
  const kept = [...headers].filter(([name]) => !["date", "connection"].includes(name));
  return JSON.stringify([status, kept, body]).replaceAll(id, "");
}

const CREDENTIALS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "no credential": {},
  "an empty one": { authorization: "" },
  "an empty key": { authorization: "Bearer " },
  "another key": { authorization: "Bearer bo_another_key" },
  "a key cut short": { authorization: `Bearer ${API_KEY.slice(0, -1)}` },
  "a key with a tail": { authorization: `Bearer ${API_KEY}0` },
  "a key in upper case": { authorization: `Bearer ${API_KEY.toUpperCase()}` },
  "the digest of a key": { authorization: `Bearer ${sha256Hex(API_KEY)}` },
  "two keys": { authorization: `Bearer ${API_KEY}, Bearer ${API_KEY}` },
  "another scheme": { authorization: `Basic ${btoa(`key:${API_KEY}`)}` },
  "no scheme": { authorization: API_KEY },
  "a key elsewhere": { "x-api-key": API_KEY, cookie: `authorization=${API_KEY}` },
  "an unsigned JWT": { authorization: "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJvcmRlcnMifQ." },
  "a JWT of nobody": { authorization: "Bearer eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJodHRwOi8veCJ9.AA" },
  "a key of 100 KB": { authorization: `Bearer ${"k".repeat(15_000)}` },
};

facts("the doors of the API let in who may come in", withService, {
  "a caller of another tenant is refused before the tenant is looked up, in memory too": async (
    service,
  ) => {
    const path = `/v1/tenants/${TENANT}/ticket`;
    const nobody = "/v1/tenants/Cust55555/ticket";
    const cold = await ask(service, "GET", path, bearer("elsewhere"));
    assertProblem(cold, "caller_forbidden");
    assert.equal(service.simulator.control.exchangeCount(), 0);
    assert.equal((await ask(service, "GET", path, bearer("ticket"))).status, 200);
    const warm = await ask(service, "GET", path, bearer("elsewhere"));
    const unknown = await ask(service, "GET", nobody, bearer("elsewhere"));
    assert.equal(withoutId(warm), withoutId(cold));
    assert.equal(withoutId(unknown), withoutId(cold));
    for (const method of ["GET", "POST"]) {
      assertProblem(await ask(service, method, path, bearer("elsewhere")), "caller_forbidden");
    }
    for (const method of ["GET", "DELETE"]) {
      const answer = await ask(service, method, `/v1/tenants/${TENANT}`, bearer("elsewhere"));
      assertProblem(answer, "caller_forbidden");
    }
    const own = await ask(service, "GET", `/v1/tenants/${OTHER}/ticket`, bearer("elsewhere"));
    assertProblem(own, "tenant_unknown");
    const list = await ask(service, "GET", "/v1/tenants", bearer("elsewhere"));
    assert.deepEqual(JSON.parse(list.body), { tenants: [], next: null });
  },

  "without a credential of ours every route answers 401 and nothing else": async (service) => {
    for (const [method, path] of [...ROUTES, ["GET", "/v1/no/such"], ["PUT", "/v1/tenants"]]) {
      assertProblem(await ask(service, method!, path!), "caller_unknown");
    }
    for (const [name, headers] of Object.entries(CREDENTIALS)) {
      const answer = await ask(service, "GET", `/v1/tenants/${TENANT}/ticket`, headers);
      assert.equal(answer.status, 401, name);
      assertProblem(answer, "caller_unknown");
    }
  },

  "an unknown caller cannot tell a tenant from nobody, a body from none, a route from none": async (
    service,
  ) => {
    await (await service.call(`/v1/tenants/${TENANT}/ticket`)).body?.cancel();
    const paths = [TENANT, OTHER, "Cust-1", "%ff"].map((ctx) => `/v1/tenants/${ctx}/ticket`);
    const seen = new Set<string>();
    for (const path of [...paths, "/v1/tenants?limit=x", "/v1/ledger/entries/x/proof"]) {
      seen.add(withoutId(await ask(service, "GET", path)));
    }
    for (const path of paths) seen.add(withoutId(await ask(service, "POST", path)));
    const huge = { method: "POST", body: "x".repeat(2 * 1024 * 1024) };
    seen.add(withoutId(await send(new URL(paths[0]!, service.url), huge)));
    assert.equal(seen.size, 1, [...seen].join("\n"));
  },

  "every route takes its own permission and no other": async (service) => {
    for (const [method, path, needed] of ROUTES) {
      for (const permission of PERMISSIONS) {
        const answer = await ask(service, method, path, bearer(permission));
        if (permission === needed) assert.ok(![401, 403].includes(answer.status), answer.body);
        else assertProblem(answer, "caller_forbidden");
      }
    }
  },

  "methods that an address does not take are answered 405 with those it does": async (service) => {
    const key = { authorization: `Bearer ${API_KEY}` };
    const rows = [
      ["PUT", `/v1/tenants/${TENANT}/ticket`, "GET, HEAD, POST"],
      ["DELETE", "/v1/tenants", "GET, HEAD"],
      ["PATCH", `/v1/tenants/${TENANT}`, "DELETE, GET, HEAD"],
      ["POST", "/v1/ledger/entries", "GET, HEAD"],
      ["DELETE", "/healthz", "GET, HEAD"],
      ["OPTIONS", "/v1/tenants", "GET, HEAD"],
      ["PUT", "/consent/callback", "GET, HEAD, POST"],
      ["POST", "/consent", "GET, HEAD"],
    ];
    for (const [method, path, allow] of rows) {
      const answer = await ask(service, method!, path!, key);
      assert.equal(answer.status, 405);
      if (path!.startsWith("/consent")) assertSafePage(answer);
      else assertProblem(answer, "method_not_allowed");
      const named = answer.headers.get("allow")!.split(", ").sort().join(", ");
      assert.equal(named, allow, `${method} ${path}`);
    }
  },

  "HEAD answers as GET does, without the body": async (service) => {
    const key = { authorization: `Bearer ${API_KEY}` };
    for (const path of ["/healthz", "/", `/v1/tenants/${TENANT}/ticket`, "/v1/tenants"]) {
      const got = await ask(service, "GET", path, key);
      const head = await ask(service, "HEAD", path, key);
      assert.equal(head.body, "");
      assert.equal(head.status, got.status);
      assert.equal(head.headers.get("content-type"), got.headers.get("content-type"));
    }
  },

  "readiness says a word per part and no address, also when a part is down": async (service) => {
    const ready = await ask(service, "GET", "/readyz");
    const parts = { store: "up", superoffice: "up" };
    assert.deepEqual(JSON.parse(ready.body), { status: "ready", parts });
    const other = await service.another();
    try {
      await service.simulator.close();
      const answer = await send(new URL("/readyz", other.url));
      assert.equal(answer.status, 503);
      const down = { status: "not_ready", parts: { ...parts, superoffice: "down" } };
      assert.deepEqual(JSON.parse(answer.body), down);
    } finally {
      await other.close();
    }
  },
});
