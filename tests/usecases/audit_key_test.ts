import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import { SignerFault } from "../../src/domain/signer_fault.ts";
import { createAudit } from "../../src/usecases/audit.ts";
import { createCheckpoints } from "../../src/usecases/checkpoints.ts";
import type { CheckpointSigner } from "../../src/usecases/ports.ts";
import { CALLER, createParts } from "../support/parts.ts";
import { createMemoryLog } from "../support/service.ts";

/** The ledger for readers, over a key that fails with this. */
async function auditing(error: Error) {
  const parts = createParts();
  await parts.ledger.record(
    { requestId: "r", caller: "c", contextIdentifier: "Cust12345" },
    { kind: "tenant_removed", reason: "requested" },
  );
  const log = createMemoryLog();
  const signer: CheckpointSigner = {
    publicKey: () => Promise.reject(error),
    sign: () => Promise.reject(error),
  };
  const store = parts.stores.ledger;
  const clock = { sleep: () => Promise.resolve() };
  const checkpoints = createCheckpoints({ store, signer, origin: "log.example", clock, log });
  const audit = createAudit({ store, checkpoints, clock, log });
  return { audit, log, close: parts.close };
}

const faults: readonly (readonly [Error, event: string, reason: string])[] = [
  [new SignerFault("key_not_enabled"), "audit.key_fault", "key_not_enabled"],
  [new SignerFault("timeout", { retryable: true }), "audit.key_fault", "timeout"],
  [new PartFault("store", "network"), "audit.store_fault", "network"],
];

for (const [error, event, reason] of faults) {
  Deno.test(`${error.name} ${reason} is ledger_unavailable, and the log says why`, async () => {
    const { audit, log, close } = await auditing(error);
    const refusal = { code: "ledger_unavailable", reason, retryAfterSeconds: 2 };
    for (const deed of [audit.checkpoint, audit.key]) {
      assert.deepEqual(await deed(CALLER), { ok: false, refusal });
    }
    const line = { level: "warn", event, fields: { reason } };
    assert.deepEqual(log.lines, [line, line]);
    close();
  });
}

Deno.test("a ledger whose key is away still shows its entries and proofs", async () => {
  const { audit, close } = await auditing(new SignerFault("denied"));
  const entries = await audit.entries(CALLER, -1, 10);
  assert.ok(entries.ok && entries.value.length === 1);
  assert.ok((await audit.proof(CALLER, 0, null)).ok);
  close();
});

Deno.test("what is nobody's fault is not called one", async () => {
  const { audit, log, close } = await auditing(new TypeError("a mistake of ours"));
  await assert.rejects(audit.checkpoint(CALLER), TypeError);
  assert.deepEqual(log.lines, []);
  close();
});
