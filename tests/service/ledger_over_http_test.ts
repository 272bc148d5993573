import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { createTileService } from "../../src/adapters/tiles/service.ts";
import { parseVerifierKey } from "../../src/domain/checkpoint.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { Secret } from "../../src/domain/secret.ts";
import { shelfSize, shelfSource } from "../../src/usecases/archive.ts";
import { verifyLog } from "../../src/usecases/verification.ts";
import { API_KEY, startService, TENANT, type TestService } from "../support/service.ts";

/** What an auditor has who knows an address and a credential, and whose key it should be. */
function auditorOf({ url, call }: TestService, credential = API_KEY) {
  const shelf = createTileService({
    address: new URL("/v1/ledger/", url),
    credential: new Secret(credential),
    timeoutMs: 20_000,
    sleep: () => Promise.reject(new Error("nothing to wait for")),
  });
  const key = async () => parseVerifierKey(await (await call("/v1/ledger/key")).text())!;
  const checkpoint = async () => new TextDecoder().decode((await shelf.read("checkpoint"))!);
  return {
    shelf,
    key,
    checkpoint,
    async verify(
      { note, kept = [], trusted }: {
        readonly note?: string;
        readonly kept?: readonly string[];
        readonly trusted?: Awaited<ReturnType<typeof key>>;
      } = {},
    ) {
      const text = note ?? await checkpoint();
      const by = trusted ?? await key();
      const source = shelfSource(shelf, shelfSize(text, by) ?? 0);
      return await verifyLog(source, { checkpoint: text, isLiving: false, kept, key: by });
    },
  };
}

/** A consent and a ticket: four entries. */
async function use(service: TestService): Promise<void> {
  await service.consent();
  const answer = await service.call(`/v1/tenants/${TENANT}/ticket`);
  assert.equal(answer.status, 200, await answer.text());
}

Deno.test("a service's ledger verifies over HTTP, with what was kept of it, while it grows", async () => {
  const service = await startService();
  try {
    await use(service);
    const auditor = auditorOf(service);
    const first = await auditor.checkpoint();
    const verdict = await auditor.verify();
    assert.ok(verdict.ok && verdict.size === 4, JSON.stringify(verdict));
    await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" });
    const older = await auditor.verify({ note: first });
    assert.ok(older.ok && older.size === 4, JSON.stringify(older));
    const whole = await auditor.verify({ kept: [first] });
    assert.ok(whole.ok && whole.size > 4, JSON.stringify(whole));
  } finally {
    await service.close();
  }
});

Deno.test("a service is refused by another's key, and beside another's checkpoint", async () => {
  const [service, other] = [await startService(), await startService()];
  try {
    await Promise.all([use(service), use(other)]);
    const [ours, theirs] = [auditorOf(service), auditorOf(other)];
    const verdict = await ours.verify({ trusted: await theirs.key() });
    const why = "the checkpoint is malformed or not signed by this key";
    assert.deepEqual(verdict, { ok: false, index: null, why });
    const spliced = await ours.verify({ note: await theirs.checkpoint() });
    assert.deepEqual(spliced, { ok: false, index: null, why });
    const kept = await ours.verify({ kept: [await theirs.checkpoint()] });
    assert.ok(!kept.ok && kept.why.startsWith("a checkpoint that was kept"));
  } finally {
    await service.close();
    await other.close();
  }
});

Deno.test("an auditor without a credential that may is told, and judges nothing", async () => {
  const service = await startService();
  try {
    const { shelf } = auditorOf(service, "nobody's");
    const isAuth = (error: unknown) => error instanceof PartFault && error.reason === "auth";
    await assert.rejects(shelf.read("checkpoint"), isAuth);
  } finally {
    await service.close();
  }
});

Deno.test("an entry that was bent in a service's own file is named over HTTP", async () => {
  const service = await startService();
  try {
    await use(service);
    const auditor = auditorOf(service);
    assert.ok((await auditor.verify()).ok);
    const database = new DatabaseSync(`${service.dataDir}/box-office.sqlite`);
    database.exec("DROP TRIGGER ledger_leaves_keep");
    const { changes } = database.prepare(
      "UPDATE ledger_leaves SET leaf = replace(leaf, 'everything', 'somebody') WHERE position = 2",
    ).run();
    database.close();
    assert.equal(changes, 1);
    const why = "it is not the entry that the checkpoint covers";
    assert.deepEqual(await auditor.verify(), { ok: false, index: 2, why });
  } finally {
    await service.close();
  }
});

Deno.test("a service that is given another head answers no checkpoint any more", async () => {
  const service = await startService();
  try {
    await use(service);
    const auditor = auditorOf(service);
    const note = await auditor.checkpoint();
    const database = new DatabaseSync(`${service.dataDir}/box-office.sqlite`);
    const frontier = JSON.stringify([database.prepare("SELECT hex(zeroblob(32)) AS h").get()!.h]);
    const set = database.prepare("UPDATE ledger_head SET frontier = ? WHERE size = 4");
    assert.equal(set.run(frontier).changes, 1);
    database.close();
    const answer = await service.call("/v1/ledger/checkpoint");
    assert.equal(answer.status, 503);
    assert.equal((await answer.json()).code, "ledger_unavailable");
    // What it answered before is still true of the entries.
    assert.ok((await auditor.verify({ note })).ok);
  } finally {
    await service.close();
  }
});
