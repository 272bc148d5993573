import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createLedgerKey } from "../../src/adapters/signing/ledger_key.ts";
import {
  checkpointBody,
  openCheckpoint,
  openNote,
  parseVerifierKey,
  signedNote,
  verifierKeyText,
} from "../../src/domain/checkpoint.ts";
import { isKeyName } from "../../src/domain/key_name.ts";
import { Secret } from "../../src/domain/secret.ts";

/** Published with Go's note package, which the C2SP format comes from. */
const PUBLISHED_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PUBLISHED_NOTE = "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n\n" +
  "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng" +
  "otpRZb6KE6RyyBwJnAM=\n";

const NAME = "tickets.example.com/ledger";
const CHECKPOINT = { origin: NAME, size: 42, rootHash: "ab".repeat(32) };

async function sign(name = NAME, seed = 7) {
  const signer = createLedgerKey(new Secret(Buffer.alloc(32, seed).toString("base64")));
  const key = { name, publicKey: await signer.publicKey() };
  const body = checkpointBody({ ...CHECKPOINT, origin: name });
  return { key, note: signedNote(body, key, await signer.sign(Buffer.from(body))) };
}

Deno.test("the published verifier key opens the published note", () => {
  const key = parseVerifierKey(PUBLISHED_KEY);
  assert.ok(key !== null);
  assert.equal(verifierKeyText(key), PUBLISHED_KEY);
  assert.match(openNote(PUBLISHED_NOTE, key)!, /^If you think[\s\S]*is\.\n$/);
  assert.equal(openNote(PUBLISHED_NOTE.replace("answer", "reply"), key), null);
});

Deno.test("no part of the published key, and no key with one character changed, is a key", () => {
  // As Go's own test of it does, golang.org/x/mod/sumdb/note, TestNewVerifier.
  const { length } = PUBLISHED_KEY;
  for (let from = 0; from <= length; from++) {
    const changed = String.fromCharCode(PUBLISHED_KEY.charCodeAt(from) + 1);
    const other = PUBLISHED_KEY.slice(0, from) + changed + PUBLISHED_KEY.slice(from + 1);
    assert.equal(parseVerifierKey(other), null, other);
    for (let to = from + 1; to <= length; to++) {
      if (to - from === length) continue;
      const part = PUBLISHED_KEY.slice(from, to);
      assert.equal(parseVerifierKey(part), null, part);
    }
  }
});

Deno.test("a checkpoint is written as the specification's example", () => {
  // c2sp.org/tlog-checkpoint.
  const root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  const checkpoint = {
    origin: "example.com/behind-the-sofa",
    size: 20_852_163,
    rootHash: Buffer.from(root, "base64").toString("hex"),
  };
  assert.equal(
    checkpointBody(checkpoint),
    `example.com/behind-the-sofa\n20852163\n${root}\n`,
  );
});

Deno.test("a note's text may have empty lines: the last of all is before the signatures", async () => {
  // The text of the example in c2sp.org/signed-note.
  const text = "Ognuno sta solo sul cuor della terra\n" +
    "trafitto da un raggio di sole:\n\ned è subito sera.\n";
  const signer = createLedgerKey(new Secret(Buffer.alloc(32, 7).toString("base64")));
  const key = { name: "quasimodo.example/salvatore", publicKey: await signer.publicKey() };
  const note = signedNote(text, key, await signer.sign(Buffer.from(text)));
  assert.equal(openNote(note, key), text);
  assert.equal(openNote(note.replace("\n\n", "\n"), key), null);
});

Deno.test("a signed checkpoint says what was signed", async () => {
  const { key, note } = await sign();
  assert.deepEqual(openCheckpoint(note, key), CHECKPOINT);
  assert.deepEqual(openCheckpoint(note, parseVerifierKey(verifierKeyText(key))!), CHECKPOINT);
});

Deno.test("a signature of another key beside ours changes nothing", async () => {
  const ours = await sign();
  const other = await sign("other.example.com/ledger", 8);
  const line = other.note.trimEnd().split("\n").at(-1);
  assert.deepEqual(openCheckpoint(`${ours.note}${line}\n`, ours.key), CHECKPOINT);
});

Deno.test("a bent checkpoint does not open", async () => {
  const { key, note } = await sign();
  const other = await sign(NAME, 8);
  const elsewhere = await sign("other.example.com/ledger");
  const bent: Readonly<Record<string, string>> = {
    "another size": note.replace("\n42\n", "\n43\n"),
    "a leading zero": note.replace("\n42\n", "\n042\n"),
    "another origin": note.replace(NAME, "x.example.com/ledger"),
    "no signature": note.slice(0, note.indexOf("\u2014")),
    "no final newline": note.trimEnd(),
    "white space": note.replace("\n42\n", "\n42 \n"),
    "another key": other.note,
    "another log": elsewhere.note,
    "a hyphen for the dash": note.replace("\u2014", "-"),
    "a cut signature": note.replace(/.{4}\n$/, "\n"),
    "nothing": "",
  };
  for (const [what, text] of Object.entries(bent)) {
    assert.equal(openCheckpoint(text, key), null, what);
  }
});

Deno.test("a verifier key whose hash or type is wrong is none", async () => {
  const text = verifierKeyText((await sign()).key);
  assert.equal(parseVerifierKey(text.replace(/\+[0-9a-f]{8}\+/, "+00000000+")), null);
  assert.equal(parseVerifierKey(text.replace(NAME, "other")), null);
  assert.equal(parseVerifierKey(text.slice(0, -4)), null);
  assert.equal(parseVerifierKey(""), null);
});

Deno.test("a key name holds neither white space nor a plus sign", () => {
  assert.ok(isKeyName(NAME));
  for (const name of ["", "a b", "a+b", "a\nb", "a\u00a0b"]) assert.ok(!isKeyName(name), name);
});
