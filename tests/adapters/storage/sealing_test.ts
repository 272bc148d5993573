/** Sealing of secrets at rest. */

import assert from "node:assert/strict";
import { createCipheriv, randomBytes } from "node:crypto";
import fc from "fast-check";
import { createSealing } from "../../../src/adapters/storage/sealing.ts";
import { PartFault } from "../../../src/domain/part_fault.ts";

const OLD = { id: "k1", key: new Uint8Array(32).fill(1) };
const NEW = { id: "k2", key: new Uint8Array(32).fill(2) };
const PLACE = "tickets/Cust1";
const MARK = "MARK-7T-ticket";

async function assertUnreadable(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert(error instanceof PartFault);
    assert.equal(error.reason, "unreadable");
    assert.equal(error.cause, undefined);
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /MARK/);
    return true;
  });
}

Deno.test("what was sealed opens, whatever the text", async () => {
  const { seal, open } = createSealing([OLD]);
  const texts = fc.string({ unit: "grapheme" });
  await fc.assert(fc.asyncProperty(texts, fc.string(), async (plain, place) => {
    assert.equal(await open(place, await seal(place, plain)), plain);
  }));
});

Deno.test("what another implementation of AES-256-GCM sealed opens", async () => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", OLD.key, nonce);
  cipher.setAAD(new TextEncoder().encode(`v1.${OLD.id}.${PLACE}`));
  const ciphertext = [cipher.update(MARK, "utf8"), cipher.final(), cipher.getAuthTag()];
  const bytes = Uint8Array.from([nonce, ...ciphertext].flatMap((part) => [...part]));
  const sealed = `v1.${OLD.id}.${bytes.toBase64({ alphabet: "base64url", omitPadding: true })}`;
  assert.equal(await createSealing([OLD]).open(PLACE, sealed), MARK);
});

Deno.test("a sealed value names its version and key, and never looks the same twice", async () => {
  const { seal } = createSealing([OLD]);
  assert.match(await seal(PLACE, MARK), /^v1\.k1\.[A-Za-z0-9_-]{40,}$/);
  assert.notEqual(await seal(PLACE, MARK), await seal(PLACE, MARK));
  assert.doesNotMatch(await seal(PLACE, MARK), /MARK/);
});

Deno.test("a sealed value does not open in another place", async () => {
  const { seal, open } = createSealing([OLD]);
  await assertUnreadable(open("tickets/Cust2", await seal(PLACE, MARK)));
});

Deno.test("a sealed value that was changed anywhere does not open", async () => {
  const { seal, open } = createSealing([OLD, NEW]);
  const sealed = await seal(PLACE, MARK);
  for (let at = 0; at < sealed.length - 1; at++) {
    const other = sealed[at] === "A" ? "B" : "A";
    await assertUnreadable(open(PLACE, sealed.slice(0, at) + other + sealed.slice(at + 1)));
    await assertUnreadable(open(PLACE, sealed.slice(0, at)));
  }
  await assertUnreadable(open(PLACE, sealed.replace("k1", "k2")));
});

Deno.test("garbage does not open", async () => {
  const { open } = createSealing([OLD]);
  for (const text of ["", "v1", "v1.k1.", "v1.k1.AAAA", MARK, "v2.k1." + "A".repeat(60)]) {
    await assertUnreadable(open(PLACE, text));
  }
  await fc.assert(fc.asyncProperty(fc.string(), (text) => assertUnreadable(open(PLACE, text))));
});

Deno.test("the first key seals and every key opens, until it is taken away", async () => {
  const before = createSealing([OLD]);
  const during = createSealing([NEW, OLD]);
  const after = createSealing([NEW]);
  const old = await before.seal(PLACE, MARK);
  const renewed = await during.seal(PLACE, MARK);
  assert.equal(await during.open(PLACE, old), MARK);
  assert.match(renewed, /^v1\.k2\./);
  assert.equal(await after.open(PLACE, renewed), MARK);
  await assertUnreadable(after.open(PLACE, old));
  await assertUnreadable(before.open(PLACE, renewed));
});

Deno.test("another key under the same name does not open", async () => {
  const impostor = createSealing([{ id: OLD.id, key: NEW.key }]);
  await assertUnreadable(impostor.open(PLACE, await createSealing([OLD]).seal(PLACE, MARK)));
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

Deno.test("changing the caller's key bytes afterwards changes nothing", async () => {
  const key = new Uint8Array(32).fill(9);
  const sealing = createSealing([{ id: "k1", key }]);
  const sealed = await sealing.seal(PLACE, MARK);
  key.fill(0);
  assert.equal(await sealing.open(PLACE, sealed), MARK);
});
