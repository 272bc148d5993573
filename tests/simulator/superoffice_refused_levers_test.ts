/** What the levers refuse, so that nothing is taken in silence or breaks much later. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { startSuperOffice } from "../../src/simulator/superoffice/server.ts";
import { startKms } from "../support/kms.ts";
import { tenant, ticketOf, withSuperOffice, withTicket } from "./superoffice_client.ts";

const ctx = { context_identifier: tenant };

/** 512 bits: long enough for SHA-256, too short for SHA-512. */
const shortKey = generateKeyPairSync("rsa", {
  modulusLength: 512,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
}).privateKey;

async function refusalOf(url: string, verb: string, body: unknown): Promise<string> {
  const init = { method: "POST", body: JSON.stringify(body) };
  const answer = await fetch(`${url}/_control/${verb}`, init);
  const { error } = await answer.json() ?? {};
  assert.equal(answer.status, 400, `${verb} ${JSON.stringify(body)}`);
  return error;
}

const refused: readonly (readonly [verb: string, body: unknown, error: RegExp])[] = [
  ["clock_offset_ms", { milliseconds: 1e16 }, /Cannot shift the clock/],
  ["clock_offset_ms", { x: 1, milliseconds: 0 }, /Cannot read x: this verb takes no such member/],
  ["add_tenant", { company: "Typo AS" }, /Cannot read company/],
  ["set", { stateValidForSeconds: 1e300 }, /stateValidForSeconds/],
  ["set", { ticketTtlSeconds: -1 }, /ticketTtlSeconds/],
  ["set", { exchangeDelayMs: 3e9 }, /exchangeDelayMs/],
  ["set", { stateChangeTimeoutMs: 1.5 }, /stateChangeTimeoutMs/],
  ["set", { exchangeJwtTtl: { notBeforeSeconds: 0, expiresSeconds: 1e12 } }, /exchangeJwtTtl/],
  ["set", { exchangeFailure: { status: 205 } }, /exchangeFailure/],
  ["set", { exchangeFailure: { status: 500, headers: { "bad name": "x" } } }, /exchangeFailure/],
  ["set", { exchangeFailure: { status: 500, contentType: "a\nb" } }, /exchangeFailure/],
  ["set", { exchangeError: "NoError" }, /exchangeError/],
  ["set", { stateChange: { alg: "RS512", signWith: shortKey } }, /stateChange/],
  ["mint_id_token", { ...ctx, instead: "state_change" }, /Cannot mint token/],
  ["mint_exchange_token", { ...ctx, raw: 5 }, /Cannot mint token/],
  ["mint_legacy_token", { ...ctx, signWith: "no key" }, /Cannot mint token/],
  ["mint_legacy_token", { ...ctx, ticket: "7T:A" }, /Cannot mint token/],
  ["mint_state_change", { ...ctx, type: "Move", claims: {} }, /Cannot read claims/],
  ["register_state_change_url", { url: "^https://x$" }, /not an absolute URL of http or https/],
  ["register_error_url", { url: "ftp://x" }, /not an absolute URL of http or https/],
  ["register_redirect_url", { url: "^(" }, /neither an absolute URL nor a pattern/],
];

Deno.test("levers refuse what would break later, by name, and nothing changes", () =>
  withSuperOffice(async ({ url, control }) => {
    const before = [control.switches().values, control.apps(), control.tenants()];
    for (const [verb, body, error] of refused) {
      assert.match(await refusalOf(url, verb, body), error);
    }
    assert.deepEqual([control.switches().values, control.apps(), control.tenants()], before);
  }));

Deno.test("a forced answer with a JSON body says that it is JSON", () =>
  withSuperOffice(async ({ url, control }) => {
    control.set({ exchangeFailure: { status: 503, body: '{"IsSuccessful": false}' } });
    const answer = await fetch(`${url}/Login/api/PartnerSystemUser/Authenticate`, {
      method: "POST",
      body: "{}",
    });
    assert.equal(answer.headers.get("content-type"), "application/json");
    assert.deepEqual(await answer.json(), { IsSuccessful: false });
  }));

Deno.test("a deleted tenant approves nothing, and what it had approved and its tickets are gone", () =>
  withSuperOffice(async (stage) => {
    const { control } = stage;
    const ticket = await ticketOf(stage);
    control.remove(tenant);
    assert.equal(control.tenants()[0]?.authorization, null);
    assert.throws(() => control.approve(tenant), /Cannot approve in Cust12345: deleted/);
    // Were it not gone, it would work again.
    control.setTenantState(tenant, "Running");
    control.approve(tenant);
    const address = `${stage.tenantUrls[0]}/${tenant}/api/v1/User/currentPrincipal`;
    const answer = await fetch(address, { headers: withTicket(stage, ticket) });
    await answer.body?.cancel();
    assert.equal(answer.status, 401);
  }));

Deno.test("a damaged snapshot is called so, and no word of it is repeated", async () => {
  let whole = "";
  await withSuperOffice(() => {}, { onChange: (snapshot) => whole = snapshot });
  const { people: _, ...rest } = JSON.parse(whole);
  const damaged = [
    whole.slice(0, 120),
    JSON.stringify({ ...rest, tenants: [null] }),
    JSON.stringify({ ...rest, people: [] }),
  ];
  for (const snapshot of damaged) {
    await assert.rejects(startSuperOffice({ snapshot }), (error: Error) => {
      assert.equal(error.message, "Cannot read simulator snapshot: damaged");
      assert.equal(error.cause, undefined);
      return true;
    });
  }
});

Deno.test("more than a megabyte is not read", () =>
  withSuperOffice(async ({ url, tenantUrls }) => {
    for (const host of [url, ...tenantUrls]) {
      const body = "x".repeat((1 << 20) + 1);
      const answer = await fetch(`${host}/${tenant}/api/v1/Contact`, { method: "POST", body });
      await answer.body?.cancel();
      assert.equal(answer.status, 413);
    }
  }));

Deno.test("faults and waits of Cloud KMS that cannot be are refused", async () => {
  const kms = await startKms();
  try {
    for (
      const [verb, body] of [
        ["kms_fault", { kind: "page", http: 204 }],
        ["kms_fault", { kind: "slow", ms: 1e12 }],
        ["kms_fault", { kind: "reset", calls: 1.5 }],
        ["kms_audit_delay", { milliseconds: 3e9 }],
        ["kms_pending", { milliseconds: -1 }],
        ["kms_set_state", {
          key_version: kms.keyVersion,
          state: "DISABLED",
          effective_after_ms: 0.5,
        }],
      ] as const
    ) {
      await refusalOf(kms.url, verb, body);
    }
    assert.equal(kms.armedFault(), null);
    assert.equal(kms.keyVersions()[0]?.state, "ENABLED");
  } finally {
    await kms.close();
  }
});

Deno.test("a fault of Cloud KMS that cannot be armed says which member is why", async () => {
  const kms = await startKms();
  try {
    const refusals = [
      [{ kind: "magic" }, /kind is none of status, page/],
      [{ kind: "reset", method: "sign" }, /method is none of .*asymmetricSign/],
      [{ kind: "corrupt_ciphertext" }, /no answer of asymmetricSign has what corrupt_ciphertext/],
      [{ kind: "status" }, /the members of status are missing/],
    ] as const;
    for (const [fault, why] of refusals) {
      assert.match(await refusalOf(kms.url, "kms_fault", fault), why);
    }
    const init = { method: "POST", body: '{"kind": "reset", "method": "GetPublicKey"}' };
    await (await fetch(`${kms.url}/_control/kms_fault`, init)).body?.cancel();
    assert.equal(kms.armedFault()?.method, "getPublicKey");
  } finally {
    await kms.close();
  }
});
