/** What somebody else than SuperOffice could send to the door of pushes: nothing comes of it. */

import assert from "node:assert/strict";
import type { TokenBend } from "../../src/simulator/superoffice/behaviour.ts";
import type { StateChange } from "../../src/simulator/superoffice/state_change.ts";
import { type Answer, query, send } from "../support/callback.ts";
import { facts } from "../support/facts.ts";
import { PREFIX, publishedKey, respelled } from "../support/forge.ts";
import { assertProblem } from "../support/problems.ts";
import { API_KEY, startService, TENANT, type TestService } from "../support/service.ts";
import { startVendor } from "../support/vendor.ts";

const PATH = "/v1/state-changes";

function post(url: URL, push: unknown, headers = {}): Promise<Answer> {
  return send(new URL(PATH, url), {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof push === "string" ? push : JSON.stringify(push),
  });
}

async function withService(test: (service: TestService) => Promise<void>): Promise<void> {
  const service = await startService();
  try {
    await service.consent();
    await (await service.call(`/v1/tenants/${TENANT}/ticket`)).body?.cancel();
    await test(service);
  } finally {
    await service.close();
  }
}

/** All that a push could change. */
const everything = (service: TestService) =>
  ["tenants", "tickets", "ledger_leaves"].map((table) => query(service, `SELECT * FROM ${table}`));

/** Refused, in the log with one word, and nothing has changed. */
async function assertNothing(
  service: TestService,
  send: () => Promise<Answer>,
  reason: string,
  code = "caller_unknown",
): Promise<void> {
  const before = everything(service);
  service.log.lines.length = 0;
  assertProblem(await send(), code);
  assert.deepEqual(everything(service), before);
  const refusals = service.log.lines.filter(({ event }) => event === "state_change.refused");
  assert.deepEqual(refusals.map(({ fields }) => fields.reason), [reason]);
}

const now = () => Math.floor(Date.now() / 1000);

const BENDS: Readonly<Record<string, readonly [bend: TokenBend, reason: string]>> = {
  "no signature": [{ alg: "none" }, "algorithm"],
  "a public key's HMAC": [{ alg: "HS256" }, "algorithm"],
  "an unknown key": [{ header: { kid: "0".repeat(40) } }, "unknown_key"],
  "another environment's issuer": [{ claims: { iss: "https://sod.superoffice.com" } }, "issuer"],
  "another application's audience": [{ claims: { aud: "f".repeat(32) } }, "audience"],
  "another tenant": [{ claims: { [`${PREFIX}ctx`]: "Cust99999" } }, "context"],
  "no tenant": [{ claims: { [`${PREFIX}ctx`]: null } }, "context"],
  "an end in the past": [{ claims: { exp: now() - 61 } }, "expired"],
  "a beginning to come": [{ claims: { nbf: now() + 600 } }, "not_yet_valid"],
  "no end": [{ claims: { exp: null } }, "malformed"],
  "a nonce": [{ claims: { nonce: "nonce" } }, "kind"],
  "a person as its subject": [{ claims: { sub: "admin@example.test" } }, "kind"],
  "an id_token in its place": [{ instead: "id_token" }, "kind"],
  "an exchange token in its place": [{ instead: "exchange" }, "kind"],
  "a legacy token in its place": [{ instead: "legacy" }, "kind"],
  "anything in its place": [{ raw: "a.b.c" }, "malformed"],
};

facts("the door of pushes obeys SuperOffice alone", withService, {
  "a token that is forged, bent or of another kind is refused and leaves nothing": async (
    service,
  ) => {
    const { control } = service.simulator;
    for (const [name, [bend, reason]] of Object.entries(BENDS)) {
      control.set({ stateChange: bend });
      const push = control.mintStateChange({ ctx: TENANT, type: "Delete" });
      const code = reason === "malformed" ? "invalid_request" : "caller_unknown";
      await assertNothing(service, () => post(service.url, push), reason, code).catch((error) => {
        throw new Error(name, { cause: error });
      });
    }
    control.set({ stateChange: null });
  },

  "an id_token of the administrator's sign-in is no push": async (service) => {
    const { control } = service.simulator;
    const push = control.mintStateChange({ ctx: TENANT, type: "Suspend" });
    for (const nonce of [undefined, "nonce"]) {
      const Token = control.mintIdToken({ ctx: TENANT, ...(nonce === undefined ? {} : { nonce }) });
      await assertNothing(service, () => post(service.url, { ...push, Token }), "kind");
    }
  },

  "another environment's push is refused": async (service) => {
    const other = await startVendor();
    try {
      await other.control.rotateLoginKey();
      const push = other.control.mintStateChange({ ctx: TENANT, type: "Delete" });
      await assertNothing(service, () => post(service.url, push), "unknown_key");
    } finally {
      await other.close();
    }
  },

  "a push about one tenant says nothing of another": async (service) => {
    const { control } = service.simulator;
    control.addTenant({ contextIdentifier: "Cust777" });
    const push = control.mintStateChange({ ctx: "Cust777", type: "Delete" });
    const bent = { ...push, ContextIdentifier: TENANT };
    await assertNothing(service, () => post(service.url, bent), "context");
  },

  "a caller's key is nothing here, and no way around the token": async (service) => {
    const push = { ChangeType: 4, ContextIdentifier: TENANT, Token: "x.y.z" };
    const headers = { authorization: `Bearer ${API_KEY}` };
    await assertNothing(
      service,
      () => post(service.url, push, headers),
      "malformed",
      "invalid_request",
    );
  },

  "a push is judged by its token, whatever its body calls itself": async (
    service,
  ) => {
    const { control } = service.simulator;
    const push = control.mintStateChange({ ctx: TENANT, type: "Upgrade" });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "text/json"]) {
      const headers = { "content-type": type };
      const forged = { ...push, Token: `${push.Token.slice(0, -4)}AAAA` };
      await assertNothing(service, () => post(service.url, forged, headers), "signature");
    }
  },

  "bodies of another form or size are refused": async (service) => {
    const { control } = service.simulator;
    const push = control.mintStateChange({ ctx: TENANT, type: "Delete" });
    const before = everything(service);
    const ofBytes = (bytes: number) => {
      const padded = (padding: string) => ({ ChangeType: 4, ContextIdentifier: TENANT, padding });
      return padded("x".repeat(bytes - JSON.stringify(padded("")).length));
    };
    await assertNothing(
      service,
      () => post(service.url, ofBytes(64 * 1024)),
      "malformed",
      "invalid_request",
    );
    const large = ofBytes(64 * 1024 + 1);
    assertProblem(await post(service.url, large), "payload_too_large");
    const chunked = new Blob([JSON.stringify(large)]).stream();
    const streamed = { method: "POST", headers: { "content-type": "application/json" } };
    const url = new URL(PATH, service.url);
    assertProblem(await send(url, { ...streamed, body: chunked }), "payload_too_large");
    for (
      const body of ["", "null", "[]", "{", `{"ChangeType":4,${JSON.stringify(push).slice(1)}`]
    ) {
      await assertNothing(
        service,
        () => post(service.url, body),
        "malformed",
        "invalid_request",
      );
    }
    assert.deepEqual(everything(service), before);
  },

  "other methods and other addresses open nothing": async (service) => {
    for (const method of ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await send(new URL(PATH, service.url), { method });
      assertProblem(answer, "method_not_allowed");
      assert.equal(answer.headers.get("allow"), "POST");
    }
    const push = service.simulator.control.mintStateChange({ ctx: TENANT, type: "Delete" });
    for (const path of [`${PATH}/`, `${PATH}/x`, "/v1/State-Changes", "/v1//state-changes"]) {
      const answer = await send(new URL(path, service.url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(push),
      });
      assertProblem(answer, "caller_unknown");
    }
  },

  "a push works once, whoever sends it again, how often and in which spelling": async (service) => {
    const { control } = service.simulator;
    const { n } = await publishedKey(service.simulator);
    const push: StateChange = control.mintStateChange({ ctx: TENANT, type: "BackupRestored" });
    const other = await service.another();
    try {
      const urls = Array.from({ length: 20 }, (_, at) => at % 2 === 0 ? service.url : other.url);
      const answers = await Promise.all(urls.map((url) => post(url, push)));
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [
        200,
        ...Array(19).fill(401),
      ]);
      assert.equal(
        (await service.entries()).filter(({ kind }) => kind === "tenant_state").length,
        1,
      );
      const again: Record<string, unknown> = {
        "in another spelling of the change": { ...push, ChangeType: "BackupRestored" },
        "in another spelling of the tenant": { ...push, ContextIdentifier: TENANT.toLowerCase() },
        ...Object.fromEntries(
          Object.entries(respelled(push.Token, n)).map((
            [name, Token],
          ) => [name, { ...push, Token }]),
        ),
      };
      const before = everything(service);
      for (const [name, body] of Object.entries(again)) {
        const { status } = await post(service.url, body);
        assert.ok(status === 401 || status === 400, name);
      }
      assert.deepEqual(everything(service), before);
    } finally {
      await other.close();
    }
  },
});
