/** Odd, hostile and oversized input at the doors of the API, from a caller who may do everything. */

import assert from "node:assert/strict";
import { assertSafePage, begin, postForm, send } from "../support/callback.ts";
import { facts } from "../support/facts.ts";
import { assertProblem } from "../support/problems.ts";
import { sendRaw } from "../support/raw_http.ts";
import { API_KEY, startService, TENANT, type TestService } from "../support/service.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;
const AUTHORIZATION = { authorization: `Bearer ${API_KEY}` };

async function withService(test: (service: TestService) => Promise<void>): Promise<void> {
  const service = await startService();
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

const get = (service: TestService, path: string, headers: Readonly<Record<string, string>> = {}) =>
  send(new URL(path, service.url), { headers: { ...AUTHORIZATION, ...headers } });

const raw = ({ url }: TestService, target: string, lines: readonly string[] = []) =>
  sendRaw(url, [
    `GET ${target} HTTP/1.1`,
    "host: localhost",
    "connection: close",
    `authorization: Bearer ${API_KEY}`,
    ...lines,
  ]);

/** Context identifiers that are none; the first part of the path ends where a slash does. */
const NO_TENANT = [
  "Cust",
  "Cust-1",
  "Cust+1",
  "Cust1.0",
  "Cust0x1",
  "12345",
  "Customer1",
  "%20Cust12345",
  "Cust12345%20",
  "Cust12345%00",
  "Cust12345%0a",
  "Cust12345%2Fticket",
  "..%2FCust12345",
  "Cust%EF%BC%91%EF%BC%92", // full-width digits
  "Cust%D9%A1%D9%A2", // Arabic-Indic digits
  "Cu%C5%BFt12345", // long s, which is an S in upper case
  "Cust12345;x=1",
  "Cust12345'--",
  "Cust%2531",
  "%ff",
  "%",
  "*",
  "__proto__",
  "Cust1234567890123456",
  `Cust${"1".repeat(4000)}`,
];

const BODIES: Readonly<Record<string, string>> = {
  "nothing": "",
  "no JSON": "{",
  "a number": "1",
  "a list": "[1]",
  "null": "null",
  "no member": "{}",
  "text": '{"rejected_generation":"1"}',
  "zero": '{"rejected_generation":0}',
  "less than zero": '{"rejected_generation":-1}',
  "half": '{"rejected_generation":1.5}',
  "more than a number holds": '{"rejected_generation":1e309}',
  "more than is exact": '{"rejected_generation":9007199254740993}',
  "a list in it": '{"rejected_generation":[1]}',
  "a member too many": '{"rejected_generation":1,"force":true}',
  "another letter case": '{"Rejected_Generation":1}',
  "a million brackets": "[".repeat(1_000_000),
  "a byte order mark and more": "\ufeff{}x",
};

facts("the doors of the API survive what is brought to them", withService, {
  "a context identifier that is none is refused, at every route that takes one": async (
    service,
  ) => {
    for (const ctx of NO_TENANT) {
      for (const target of [`/v1/tenants/${ctx}/ticket`, `/v1/tenants/${ctx}`]) {
        const answer = await raw(service, target);
        assert.equal(answer.status, 400, `${ctx}: ${answer.status}`);
        assertProblem(answer, "invalid_request");
      }
    }
    assert.equal(service.simulator.control.exchangeCount(), 0);
  },

  "a tenant's identifier is one in any case, and another with zeros before it": async (service) => {
    for (const ctx of ["cust12345", "CUST12345", "%43ust12345"]) {
      const answer = await raw(service, `/v1/tenants/${ctx}/ticket`);
      assert.equal(JSON.parse(answer.body).context_identifier, TENANT);
    }
    for (const ctx of ["cust00012345", "Cust012345"]) {
      assertProblem(await raw(service, `/v1/tenants/${ctx}/ticket`), "tenant_unknown");
    }
    assert.equal(service.simulator.control.exchangeCount(), 1);
  },

  "addresses that are none are not found, however they are spelt": async (service) => {
    for (
      const target of [
        "/v1",
        "/v1/",
        "/v1/tenants/",
        `/v1/tenants/${TENANT}/`,
        `/v1/tenants/${TENANT}/ticket/`,
        `/v1/tenants/${TENANT}/ticket/x`,
        "/v1//tenants",
        "//v1/tenants",
        "/V1/tenants",
        "/v1/tenants/%2e%2e/ledger",
        "/.env",
        "/openapi.yaml",
        "/constructor",
        "/consentx",
      ]
    ) {
      const answer = await raw(service, target);
      assert.ok([400, 404].includes(answer.status), `${target}: ${answer.status}`);
      assertProblem(answer, answer.status === 400 ? "invalid_request" : "not_found");
    }
  },

  "a body that is not of its form is refused, and no ticket is exchanged for it": async (
    service,
  ) => {
    const post = (body: string, type = "application/json") =>
      send(new URL(TICKET, service.url), {
        method: "POST",
        headers: { ...AUTHORIZATION, "content-type": type },
        body,
      });
    service.simulator.control.resetCounters();
    for (const [name, body] of Object.entries(BODIES)) {
      const answer = await post(body);
      assert.equal(answer.status, 400, `${name}: ${answer.body}`);
      assertProblem(answer, "invalid_request");
    }
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      assertProblem(await post('{"rejected_generation":1}', type), "invalid_request");
    }
    assertProblem(await post(" ".repeat(1024 * 1024 + 1)), "payload_too_large");
    assertProblem(await post("x".repeat(3 * 1024 * 1024), "text/plain"), "payload_too_large");
    assert.equal(service.simulator.control.exchangeCount(), 0);
    assert.equal((await post('{"rejected_generation":7}')).status, 200);
  },

  "no member of a body reaches a prototype, and of two equal ones the last counts": async (
    service,
  ) => {
    for (
      const body of [
        '{"__proto__":{"rejected_generation":1}}',
        '{"__proto__":{"isAdmin":true},"rejected_generation":1}',
        '{"constructor":{"prototype":{"isAdmin":true}},"rejected_generation":1}',
        '{"rejected_generation":1,"rejected_generation":"x"}',
      ]
    ) {
      const headers = { ...AUTHORIZATION, "content-type": "application/json" };
      const answer = await send(new URL(TICKET, service.url), { method: "POST", headers, body });
      assert.ok(answer.status === 400 || answer.status === 200, answer.body);
      assert.equal(Object.hasOwn(Object.prototype, "isAdmin"), false);
      if (body.includes('"x"')) assertProblem(answer, "invalid_request");
    }
  },

  "page parameters take whole numbers in their range and nothing else": async (service) => {
    const bad = ["", "x", "1.5", "1e3", "0x1", " 1", "1 ", "+1", "-2", "9".repeat(20), "NaN", "١"];
    for (const value of bad) {
      const text = encodeURIComponent(value);
      for (const path of ["/v1/tenants", "/v1/ledger/entries"]) {
        for (const name of ["after", "limit"]) {
          assertProblem(await get(service, `${path}?${name}=${text}`), "invalid_request");
        }
      }
      assertProblem(
        await get(service, `/v1/ledger/entries/${text || "x"}/proof`),
        "invalid_request",
      );
    }
    for (const limit of ["0", "-1", "1001"]) {
      assertProblem(await get(service, `/v1/tenants?limit=${limit}`), "invalid_request");
    }
    for (const query of ["limit=1&limit=2", "after=0&after=0"]) {
      assertProblem(await get(service, `/v1/tenants?${query}`), "invalid_request");
    }
    assertProblem(await get(service, "/v1/ledger/entries?limit=10001"), "invalid_request");
    assertProblem(await get(service, "/v1/ledger/entries/0/proof?size=999999"), "not_found");
    assertProblem(await get(service, "/v1/ledger/entries/999999/proof"), "not_found");
    const far = await get(service, "/v1/tenants?after=999999999999999&limit=1000");
    assert.deepEqual(JSON.parse(far.body), { tenants: [], next: null });
    assert.equal((await get(service, "/v1/ledger/entries?after=999999999999")).body, "");
  },

  "a request id is repeated when it is safe and replaced when it is not": async (service) => {
    const asked = (line: string) => raw(service, "/v1/tenants/x", [`x-request-id: ${line}`]);
    for (const good of ["a", "0af7651916cd43dd8448eb211c80319c", "A:b.c-d_e", "x".repeat(128)]) {
      assert.equal((await asked(good)).headers.get("x-request-id"), good);
    }
    const bad = [
      "",
      "a b",
      "x".repeat(129),
      "<b>",
      '"',
      "é",
      "a\tb",
      "a,b",
      "a\r\nx-evil: 1",
      "{}",
    ];
    for (const id of bad) {
      const answer = await asked(id);
      assert.notEqual(answer.headers.get("x-request-id"), id);
      assert.equal(answer.headers.get("x-evil"), null);
      if (answer.status === 400 && answer.body !== "") assertProblem(answer, "invalid_request");
    }
    const twice = await raw(service, "/v1/tenants/x", ["x-request-id: a", "x-request-id: b"]);
    assert.notEqual(twice.headers.get("x-request-id"), "a");
  },

  "headers without end are refused, and the next caller is served": async (service) => {
    for (const line of [`x: ${"x".repeat(600_000)}`, `cookie: ${"a=b; ".repeat(120_000)}`]) {
      const answer = await raw(service, TICKET, [line]).catch(() => null);
      assert.ok(answer === null || (answer.status >= 400 && answer.status < 500));
    }
    const many = Array.from({ length: 5000 }, (_, n) => `x-${n}: 1`);
    const answer = await raw(service, TICKET, many).catch(() => null);
    assert.ok(answer === null || (answer.status >= 400 && answer.status < 500));
    assert.equal((await get(service, TICKET)).status, 200);
  },

  "every page is under the strict policy, and no answer is for other origins": async (service) => {
    const origin = { origin: "https://evil.example", "access-control-request-method": "GET" };
    const pages = ["/", "/consent/done", "/consent/callback", "/consent/nothing", "/consent/"];
    for (const path of [...pages, "/consent?tenant=x", "/consent?tenant=Cust1&tenant=Cust2"]) {
      assertSafePage(await send(new URL(path, service.url), { headers: origin }));
    }
    for (
      const path of [...pages, TICKET, "/v1/tenants", "/healthz", "/openapi.json", "/style.css"]
    ) {
      for (const method of ["GET", "OPTIONS"]) {
        const headers = { ...AUTHORIZATION, ...origin };
        const answer = await send(new URL(path, service.url), { method, headers });
        for (const name of answer.headers.keys()) assert.doesNotMatch(name, /^access-control-/);
      }
    }
  },
});
