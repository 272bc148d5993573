import assert from "node:assert/strict";
import { EMPTY_TREE, extend, leafHash, rootFromProof, rootHash } from "../../src/domain/merkle.ts";
import { createAudit } from "../../src/usecases/audit.ts";
import type { CheckpointSigner, LedgerStore } from "../../src/usecases/ports.ts";
import { CALLER } from "../support/parts.ts";
import { createMemoryLog } from "../support/service.ts";

const SIZE = 20_000;
const LEAVES = Array.from({ length: SIZE }, (_, index) => `leaf ${index}`);
const headOf = (leaves: readonly string[]) =>
  leaves.reduce((tree, leaf) => extend(tree, leafHash(leaf)), EMPTY_TREE);
const HEAD = headOf(LEAVES);

/** Answers at once, as a store on disk does. */
const store: LedgerStore = {
  head: () => Promise.resolve(HEAD),
  read: (after, limit) => Promise.resolve(LEAVES.slice(after + 1, after + 1 + limit)),
  append: () => Promise.reject(new Error("nobody appends here")),
};
const unused: CheckpointSigner = {
  publicKey: () => Promise.reject(new Error("nobody signs here")),
  sign: () => Promise.reject(new Error("nobody signs here")),
};
const audit = createAudit({
  store,
  signer: unused,
  origin: "log.example",
  clock: { sleep: (ms) => new Promise((done) => setTimeout(done, ms)) },
  log: createMemoryLog(),
});

Deno.test("a proof over 20 000 entries lets others have their turn", async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  try {
    const outcome = await audit.proof(CALLER, 12_345, null);
    assert.ok(outcome.ok);
    const { index, size, proof } = outcome.value;
    assert.equal(outcome.value.leafHash, leafHash(LEAVES[index]!));
    assert.equal(outcome.value.rootHash, rootHash(HEAD));
    assert.equal(rootFromProof(leafHash(LEAVES[index]!), index, size, proof), rootHash(HEAD));
  } finally {
    clearInterval(timer);
  }
  assert.ok(turns >= 10, `${turns} turns`);
});

Deno.test("a proof against an older size ends with that size, inside a page or at its edge", async () => {
  for (const size of [1, 999, 1000, 1001, 2000, 7777, SIZE]) {
    const outcome = await audit.proof(CALLER, size - 1, size);
    assert.ok(outcome.ok);
    const root = rootHash(headOf(LEAVES.slice(0, size)));
    assert.equal(outcome.value.rootHash, root);
    const { proof } = outcome.value;
    assert.equal(rootFromProof(leafHash(LEAVES[size - 1]!), size - 1, size, proof), root);
  }
  assert.ok(!(await audit.proof(CALLER, 5, 5)).ok);
  assert.ok(!(await audit.proof(CALLER, 0, SIZE + 1)).ok);
});
