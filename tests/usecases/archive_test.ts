import assert from "node:assert/strict";
import { withArchive } from "../../src/adapters/tiles/archived_store.ts";
import { createTileFolder } from "../../src/adapters/tiles/folder.ts";
import { leafHash, rootFromProof } from "../../src/domain/merkle.ts";
import { PartFault } from "../../src/domain/part_fault.ts";
import { verifyReceipt } from "../../src/domain/receipt.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { createArchive, shelfSource } from "../../src/usecases/archive.ts";
import { createAudit } from "../../src/usecases/audit.ts";
import { makeReceipt } from "../../src/usecases/receipts.ts";
import { verifyLog } from "../../src/usecases/verification.ts";
import { createCheckpoints } from "../../src/usecases/checkpoints.ts";
import { createLedgerWorld, ORIGIN } from "../support/ledger_world.ts";
import { CALLER } from "../support/parts.ts";

const LATER = Date.UTC(2030, 0, 1);

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function open(folder: string, entries = 700) {
  const world = createLedgerWorld();
  const shelf = createTileFolder(folder);
  const archive = createArchive({ store: world.store, shelf, checkpoints: world.checkpoints });
  return { ...world, shelf, archive, filled: world.fill(entries) };
}

async function filesBelow(folder: string, below = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(`${folder}/${below}`)) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    found.push(...entry.isDirectory ? await filesBelow(folder, path) : [path]);
  }
  return found.sort();
}

Deno.test("a copy is a whole log of C2SP tlog-tiles that verifies by itself, and nothing is removed", () =>
  withFolder(async (folder) => {
    const { archive, filled, store, checkpoints, shelf, key, close } = open(folder);
    await filled;
    assert.deepEqual(await archive.copy(), { kind: "archived", from: 0, to: 0, size: 700 });
    assert.deepEqual(await filesBelow(folder), [
      "checkpoint",
      "tile/0/000",
      "tile/0/001",
      "tile/0/002.p/188",
      "tile/1/000.p/2",
      "tile/entries/000",
      "tile/entries/001",
      "tile/entries/002.p/188",
    ]);
    const checkpoint = await Deno.readTextFile(`${folder}/checkpoint`);
    assert.equal(checkpoint, (await checkpoints.current()).note);
    const options = { checkpoint, isLiving: false, kept: [], key: await key() };
    assert.ok((await verifyLog(shelfSource(shelf, 700), options)).ok);
    assert.equal(await store.floor(), 0);
    close();
  }));

Deno.test("what was moved is there only, and readers with the archive see the log whole", () =>
  withFolder(async (folder) => {
    const { archive, filled, store, shelf, checkpoints, log, fill, key, close } = open(folder);
    await filled;
    const all = await store.read(-1, 1000);
    assert.deepEqual(await archive.move(LATER), { kind: "archived", from: 0, to: 512, size: 700 });
    await assert.rejects(store.read(-1, 1), PartFault);
    assert.deepEqual(await store.read(511, 1000), all.slice(512));
    const whole = withArchive(store, shelf);
    for (const [after, limit] of [[-1, 1000], [-1, 3], [254, 4], [510, 3], [511, 5], [699, 5]]) {
      const wanted = all.slice(after! + 1, after! + 1 + limit!);
      assert.deepEqual(await whole.read(after!, limit!), wanted, `${after} ${limit}`);
    }
    const clock = { sleep: () => Promise.resolve() };
    const audit = createAudit({ store: whole, checkpoints, clock, log });
    for (const index of [0, 300, 511, 512, 699]) {
      const outcome = await audit.proof(CALLER, index, null);
      assert.ok(outcome.ok);
      const { size, proof, rootHash } = outcome.value;
      assert.equal(rootFromProof(leafHash(all[index]!), index, size, proof), rootHash);
    }
    await fill(400);
    assert.deepEqual(await archive.move(LATER), {
      kind: "archived",
      from: 512,
      to: 1024,
      size: 1100,
    });
    const { note } = await checkpoints.current();
    const options = { checkpoint: note, isLiving: false, kept: [], key: await key() };
    assert.ok((await verifyLog(shelfSource(shelf, 1100), options)).ok);
    close();
  }));

Deno.test("without its archive the service says of what was moved that it is not there", () =>
  withFolder(async (folder) => {
    const { archive, filled, audit, log, close } = open(folder);
    await filled;
    await archive.move(LATER);
    const refusal = { code: "not_found", reason: "archived", retryAfterSeconds: null };
    for (
      const outcome of [
        await audit.entries(CALLER, -1, 10),
        await audit.proof(CALLER, 5, null),
        await audit.tile(CALLER, "tile/entries/000"),
        await audit.tile(CALLER, "tile/0/000"),
      ]
    ) assert.deepEqual(outcome, { ok: false, refusal });
    assert.ok((await audit.checkpoint(CALLER)).ok);
    assert.deepEqual(log.lines, []);
    close();
  }));

Deno.test("only what is old enough is moved, in whole bundles", () =>
  withFolder(async (folder) => {
    const { archive, filled, clock, store, fill, close } = open(folder, 300);
    await filled;
    await clock.pass(60_000);
    const instant = clock.now();
    await fill(700);
    const answer = await archive.move(instant);
    assert.deepEqual(answer, { kind: "archived", from: 0, to: 256, size: 1000 });
    assert.equal(await store.floor(), 256);
    assert.deepEqual(await archive.move(instant), { ...answer, from: 256 });
    close();
  }));

Deno.test("a folder with another log's files is refused by name, and nothing is removed", () =>
  withFolder(async (folder) => {
    const other = open(folder);
    await other.filled;
    await other.archive.copy();
    other.close();
    const { archive, store, fill, close } = open(folder, 0);
    await fill(700, "Cust999");
    const answer = await archive.move(LATER);
    assert.deepEqual(answer, { kind: "foreign", path: "tile/entries/000" });
    assert.equal(await store.floor(), 0);
    close();
  }));

const DAMAGES: readonly (readonly [what: string, damage: (folder: string) => Promise<void>])[] = [
  ["bundle is missing", (folder) => Deno.remove(`${folder}/tile/entries/000`)],
  ["tile is missing", (folder) => Deno.remove(`${folder}/tile/0/000`)],
  ["bundle is cut", (folder) => Deno.truncate(`${folder}/tile/entries/001`, 100)],
  ["tile is cut", (folder) => Deno.truncate(`${folder}/tile/0/001`, 32)],
];

for (const [what, damage] of DAMAGES) {
  Deno.test(`nothing more leaves the store while an archived ${what}`, () =>
    withFolder(async (folder) => {
      const { archive, filled, store, fill, close } = open(folder);
      await filled;
      await archive.move(LATER);
      await damage(folder);
      await fill(400);
      const answer = await archive.move(LATER);
      assert.equal(answer.kind, "unverified");
      assert.equal(await store.floor(), 512);
      close();
    }));
}

Deno.test("an archive that was cut off goes on where it stood", () =>
  withFolder(async (folder) => {
    const { store, shelf, checkpoints, filled, close } = open(folder, 17_000);
    await filled;
    let steps = 0;
    const failing = {
      ...store,
      forget(below: number) {
        if (++steps === 2) return Promise.reject(new PartFault("store", "network"));
        return store.forget(below);
      },
    };
    const cut = createArchive({ store: failing, shelf, checkpoints });
    await assert.rejects(cut.move(LATER), PartFault);
    assert.equal(await store.floor(), 64 * 256);
    const again = createArchive({ store, shelf, checkpoints });
    const answer = await again.move(LATER);
    assert.deepEqual(answer, { kind: "archived", from: 64 * 256, to: 66 * 256, size: 17_000 });
    close();
  }));

Deno.test("a process that cannot read the archive goes on signing after another one archived", () =>
  withFolder(async (folder) => {
    const { shelf, store, filled, checkpoints, another, fill, log, close } = open(folder, 300);
    await filled;
    await checkpoints.current();
    await fill(700);
    await createArchive({ store, shelf, checkpoints: another() }).move(LATER);
    await fill(10);
    assert.equal((await checkpoints.current()).checkpoint.size, 1010);
    const line = { level: "warn", event: "ledger.not_proven", fields: { size: 300 } };
    assert.deepEqual(log.lines, [line]);
    close();
  }));

Deno.test("nothing leaves the store before the checkpoint beside the log covers it", () =>
  withFolder(async (folder) => {
    const { shelf, store, signer, filled, another, fill, log, clock, close } = open(folder, 300);
    await filled;
    const older = createCheckpoints({
      store: { ...store, keepNote: () => Promise.resolve(false) },
      signer,
      origin: ORIGIN,
      clock,
      log,
    });
    const { note } = await older.current();
    await fill(700);
    let raced = false;
    const racing = {
      ...store,
      async keepNote(...args: Parameters<typeof store.keepNote>) {
        // An instance that signed 300 entries keeps its note first.
        if (!raced) await store.keepNote("checkpoint", null, note);
        raced = true;
        return await store.keepNote(...args);
      },
    };
    const checkpoints = createCheckpoints({ store: racing, signer, origin: ORIGIN, clock, log });
    const answer = await createArchive({ store: racing, shelf, checkpoints }).move(LATER);
    assert.equal(answer.kind, "archived");
    await fill(10);
    assert.equal((await another().current()).checkpoint.size, 1010);
    close();
  }));

Deno.test("a reader is not disturbed by what is archived meanwhile", () =>
  withFolder(async (folder) => {
    const { archive, filled, store, shelf, close } = open(folder);
    await filled;
    const all = await store.read(-1, 700);
    await archive.copy();
    for (const way of ["read", "tiles"] as const) {
      await store.forget(way === "read" ? 256 : 512);
      let isFirst = true;
      const racing = withArchive({
        ...store,
        async floor() {
          const floor = isFirst ? 0 : await store.floor();
          isFirst = false;
          return floor;
        },
      }, shelf);
      if (way === "read") assert.deepEqual(await racing.read(-1, 10), all.slice(0, 10));
      else assert.equal((await racing.tiles([{ level: 0, number: 1 }]))[0]!.length, 256);
    }
    close();
  }));

Deno.test("the folder of another log gives no reader anything", () =>
  withFolder((folder) =>
    withFolder(async (foreign) => {
      const other = open(foreign, 0);
      await other.fill(700, "Cust666");
      await other.archive.copy();
      const { archive, filled, store, close } = open(folder);
      await filled;
      await archive.move(LATER);
      const wrong = withArchive(store, other.shelf);
      const isInconsistent = (error: unknown) =>
        error instanceof PartFault && error.reason === "inconsistent";
      await assert.rejects(wrong.read(-1, 1), isInconsistent);
      await assert.rejects(wrong.tiles([{ level: 0, number: 1 }]), isInconsistent);
      other.close();
      close();
    })
  ));

Deno.test("what is no file in a folder of tiles is not read, and none is read beyond its length", () =>
  withFolder(async (folder) => {
    const shelf = createTileFolder(folder);
    await Deno.mkdir(`${folder}/tile/0/000`, { recursive: true });
    await Deno.symlink("/dev/zero", `${folder}/tile/0/001`);
    await Deno.writeFile(`${folder}/tile/0/002`, new Uint8Array(100_000));
    const reasons = [];
    for (const name of ["tile/0/000", "tile/0/001", "tile/0/002"]) {
      reasons.push(await shelf.read(name).catch(({ reason }) => reason));
    }
    assert.deepEqual(reasons, ["unreadable", "unreadable", "too_large"]);
    await assert.rejects(shelf.read("tile/../../etc/passwd"), TypeError);
    await assert.rejects(shelf.write("../x", new Uint8Array(1)), TypeError);
  }));

Deno.test("a receipt holds one tenant's entries, archived ones too, and verifies alone", () =>
  withFolder(async (folder) => {
    const { archive, store, shelf, checkpoints, log, fill, filled, key, close } = open(folder, 5);
    await filled;
    await fill(300, "Cust777");
    await fill(3, "Cust12345");
    await archive.move(LATER);
    const whole = withArchive(store, shelf);
    const clock = { sleep: () => Promise.resolve() };
    const audit = createAudit({ store: whole, checkpoints, clock, log });
    const tenant = ContextId.parse("Cust12345")!;
    const receipt = await makeReceipt({ store: whole, audit, checkpoints }, tenant);
    const text = JSON.stringify(receipt);
    assert.doesNotMatch(text, /Cust777/);
    const indexes = receipt.entries.map(({ leaf }) => JSON.parse(leaf).index);
    assert.deepEqual(indexes, [0, 1, 2, 3, 4, 305, 306, 307]);
    const verdict = verifyReceipt(text, await key());
    assert.ok(verdict.ok && verdict.size === 8, JSON.stringify(verdict));
    close();
  }));
