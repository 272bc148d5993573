import assert from "node:assert/strict";
import { openCheckpoint, parseVerifierKey } from "../../src/domain/checkpoint.ts";
import { startService, TENANT, type TestService } from "../support/service.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;
const CHECKPOINT = "/v1/ledger/checkpoint";
const KEY = "/v1/ledger/key";

/** The second version of the stand-in's crypto key; the first is the app's. */
const LEDGER_KEY = "projects/box-office-sandbox/locations/europe-west4/keyRings/box-office/" +
  "cryptoKeys/system-user/cryptoKeyVersions/2";

/** A service with both keys in one Cloud KMS. It starts before its ledger key is there. */
async function startWithLedgerKey(): Promise<TestService> {
  const service = await startService({ kms: true, env: { LEDGER_KMS_KEY_VERSION: LEDGER_KEY } });
  assert.equal(await service.kms!.addKeyVersion({ algorithm: "EC_SIGN_ED25519" }), LEDGER_KEY);
  return service;
}

async function textOf(service: TestService, path: string): Promise<string> {
  const response = await service.call(path);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}

async function assertUnavailable(service: TestService, path: string): Promise<void> {
  const response = await service.call(path);
  assert.equal(response.status, 503, path);
  assert.match(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
  assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
  assert.equal((await response.json()).code, "ledger_unavailable");
}

/** Key versions that signed, oldest first. */
function signed(service: TestService): string[] {
  interface Entry {
    readonly protoPayload: {
      readonly methodName: string;
      readonly resourceName: string;
      readonly status: { readonly code?: number };
    };
  }
  return (service.kms!.auditEntries() as Entry[])
    .map(({ protoPayload }) => protoPayload)
    .filter(({ methodName, status }) =>
      methodName === "AsymmetricSign" && status.code === undefined
    )
    .map(({ resourceName }) => resourceName);
}

Deno.test("the checkpoint is signed in Cloud KMS and opens with the key of the ledger", async () => {
  const service = await startWithLedgerKey();
  try {
    await service.consent();
    await textOf(service, TICKET);
    const key = parseVerifierKey(await textOf(service, KEY));
    assert.ok(key);
    const checkpoint = openCheckpoint(await textOf(service, CHECKPOINT), key);
    assert.equal(checkpoint?.size, (await service.entries()).length);
    assert.deepEqual(signed(service), [service.kms!.keyVersion, LEDGER_KEY]);
  } finally {
    await service.close();
  }
});

Deno.test("a disabled ledger key costs the checkpoint and nothing else", async () => {
  const service = await startWithLedgerKey();
  try {
    service.kms!.setState(LEDGER_KEY, "DISABLED");
    await assertUnavailable(service, KEY);
    await assertUnavailable(service, CHECKPOINT);
    await service.consent();
    const ticket = await service.call(TICKET);
    assert.equal(ticket.headers.get("x-ticket-source"), "exchange");
    assert.match((await ticket.json()).ticket, /^7T:/);
    assert.ok((await service.entries()).length > 0);
    assert.deepEqual(signed(service), [service.kms!.keyVersion]);
    const faults = service.log.lines.filter(({ event }) => event === "audit.key_fault");
    assert.deepEqual(faults.map(({ fields }) => fields["reason"]), [
      "key_not_enabled",
      "key_not_enabled",
    ]);

    service.kms!.setState(LEDGER_KEY, "ENABLED");
    const key = parseVerifierKey(await textOf(service, KEY));
    assert.ok(key && openCheckpoint(await textOf(service, CHECKPOINT), key));
    service.kms!.setState(LEDGER_KEY, "DISABLED");
    const note = await textOf(service, CHECKPOINT);
    assert.ok(openCheckpoint(note, key), "nothing was added, so the last one is still the newest");
    await service.call("/v1/tenants/Cust12345", { method: "DELETE" });
    await assertUnavailable(service, CHECKPOINT);
    assert.deepEqual(parseVerifierKey(await textOf(service, KEY)), key, "a known key stays known");
  } finally {
    await service.close();
  }
});
