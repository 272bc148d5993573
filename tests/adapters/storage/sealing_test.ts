/** Sealing of secrets at rest. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { createSealing } from "../../../src/adapters/storage/sealing.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";

const OLD = { id: "k1", key: new Uint8Array(32).fill(1) };
const NEW = { id: "k2", key: new Uint8Array(32).fill(2) };
const PLACE = "tickets/Cust1";
const MARK = "MARK-7T-ticket";

function assertUnreadable(work: () => unknown): void {
  assert.throws(work, (error: unknown) => {
    assert(error instanceof PartFault);
    assert.equal(error.reason, "unreadable");
    assert.equal(error.cause, undefined);
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /MARK/);
    return true;
  });
}

Deno.test("what was sealed opens, whatever the text", () => {
  const { seal, open } = createSealing([OLD]);
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.string(), (plain, place) => {
    assert.equal(open(place, seal(place, plain)), plain);
  }));
});

Deno.test("a sealed value names its version and key, and never looks the same twice", () => {
  const { seal } = createSealing([OLD]);
  assert.match(seal(PLACE, MARK), /^v1\.k1\.[A-Za-z0-9_-]{40,}$/);
  assert.notEqual(seal(PLACE, MARK), seal(PLACE, MARK));
  assert.doesNotMatch(seal(PLACE, MARK), /MARK/);
});

Deno.test("a sealed value does not open in another place", () => {
  const { seal, open } = createSealing([OLD]);
  assertUnreadable(() => open("tickets/Cust2", seal(PLACE, MARK)));
});

Deno.test("a sealed value that was changed anywhere does not open", () => {
  const { seal, open } = createSealing([OLD, NEW]);
  const sealed = seal(PLACE, MARK);
  for (let at = 0; at < sealed.length - 1; at++) {
    const other = sealed[at] === "A" ? "B" : "A";
    assertUnreadable(() => open(PLACE, sealed.slice(0, at) + other + sealed.slice(at + 1)));
    assertUnreadable(() => open(PLACE, sealed.slice(0, at)));
  }
  assertUnreadable(() => open(PLACE, sealed.replace("k1", "k2")));
});

Deno.test("garbage does not open", () => {
  const { open } = createSealing([OLD]);
  for (const text of ["", "v1", "v1.k1.", "v1.k1.AAAA", MARK, "v2.k1." + "A".repeat(60)]) {
    assertUnreadable(() => open(PLACE, text));
  }
  fc.assert(fc.property(fc.string(), (text) => assertUnreadable(() => open(PLACE, text))));
});

Deno.test("the first key seals and every key opens, until it is taken away", () => {
  const before = createSealing([OLD]);
  const during = createSealing([NEW, OLD]);
  const after = createSealing([NEW]);
  const old = before.seal(PLACE, MARK);
  const renewed = during.seal(PLACE, MARK);
  assert.equal(during.open(PLACE, old), MARK);
  assert.match(renewed, /^v1\.k2\./);
  assert.equal(after.open(PLACE, renewed), MARK);
  assertUnreadable(() => after.open(PLACE, old));
  assertUnreadable(() => before.open(PLACE, renewed));
});

Deno.test("another key under the same name does not open", () => {
  const impostor = createSealing([{ id: OLD.id, key: NEW.key }]);
  assertUnreadable(() => impostor.open(PLACE, createSealing([OLD]).seal(PLACE, MARK)));
});

Deno.test("unfit keys are refused, and not shown", () => {
  const unfit = [
    [],
    [{ id: "k1", key: new Uint8Array(16) }],
    [{ id: "k.1", key: new Uint8Array(32) }],
    [{ id: "", key: new Uint8Array(32) }],
    [OLD, { id: "k1", key: NEW.key }],
  ];
  for (const keys of unfit) assert.throws(() => createSealing(keys), TypeError);
});

Deno.test("changing the caller's key bytes afterwards changes nothing", () => {
  const key = new Uint8Array(32).fill(9);
  const sealing = createSealing([{ id: "k1", key }]);
  const sealed = sealing.seal(PLACE, MARK);
  key.fill(0);
  assert.equal(sealing.open(PLACE, sealed), MARK);
});
