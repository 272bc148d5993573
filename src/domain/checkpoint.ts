/**
 * Checkpoints of the ledger: C2SP tlog-checkpoint bodies in C2SP signed notes with Ed25519
 * signatures (c2sp.org/tlog-checkpoint, c2sp.org/signed-note). Makes texts and judges texts; holds
 * no private key.
 *
 *     tickets.example.com/ledger
 *     42
 *     b64(root)
 *
 *     — tickets.example.com/ledger b64(key hash, signature)
 */

import { createHash, createPublicKey, verify } from "node:crypto";
import { Buffer } from "node:buffer";

/** What a checkpoint says. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly rootHash: string;
}

/** A parsed verifier key: name and the 32 bytes of an Ed25519 public key. */
export interface VerifierKey {
  readonly name: string;
  readonly publicKey: Uint8Array;
}

/** The signed note format's type byte for Ed25519. */
const ED25519 = 1;

/** DER of an Ed25519 SubjectPublicKeyInfo before its 32 key bytes (RFC 8410). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

function keyHash(key: VerifierKey): Buffer {
  return createHash("sha256").update(key.name).update(Uint8Array.of(0x0a, ED25519))
    .update(key.publicKey).digest().subarray(0, 4);
}

/** @returns the verifier key as text: `name+hash+base64` */
export function verifierKeyText(key: VerifierKey): string {
  const encoded = Buffer.concat([Uint8Array.of(ED25519), key.publicKey]).toString("base64");
  return `${key.name}+${keyHash(key).toString("hex")}+${encoded}`;
}

/** @returns the key, or null unless the text is a well-formed Ed25519 verifier key */
export function parseVerifierKey(text: string): VerifierKey | null {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u.exec(text.trim());
  if (match === null) return null;
  const bytes = Buffer.from(match[3]!, "base64");
  if (bytes[0] !== ED25519) return null;
  const key = { name: match[1]!, publicKey: new Uint8Array(bytes.subarray(1)) };
  return verifierKeyText(key) === text.trim() ? key : null;
}

/** @returns the text of a checkpoint that gets signed, with its final newline */
export function checkpointBody(checkpoint: Checkpoint): string {
  const root = Buffer.from(checkpoint.rootHash, "hex").toString("base64");
  return `${checkpoint.origin}\n${checkpoint.size}\n${root}\n`;
}

/** @returns a signed note: body, empty line, one signature line */
export function signedNote(body: string, key: VerifierKey, signature: Uint8Array): string {
  const encoded = Buffer.concat([keyHash(key), signature]).toString("base64");
  return `${body}\n\u2014 ${key.name} ${encoded}\n`;
}

/**
 * Checks a signed note against a verifier key. Signatures by other keys are passed over.
 *
 * @returns the text that was signed, with its final newline, or null
 */
export function openNote(note: string, key: VerifierKey): string | null {
  const split = note.lastIndexOf("\n\n");
  if (split < 0) return null;
  const body = note.slice(0, split + 1);
  const lines = note.slice(split + 2).split("\n");
  if (lines.pop() !== "") return null;
  return lines.some((line) => isSignedBy(line, body, key)) ? body : null;
}

/**
 * Checks a signed checkpoint against a verifier key.
 *
 * @returns what it says, or null if it is malformed, not signed by that key, or of another log
 */
export function openCheckpoint(note: string, key: VerifierKey): Checkpoint | null {
  const body = openNote(note, key);
  const checkpoint = body === null ? null : parseBody(body);
  return checkpoint !== null && checkpoint.origin === key.name ? checkpoint : null;
}

/**
 * Reads what a note says, whoever signed it: for a note that is nobody's we trust, and only to be held
 * against a log.
 *
 * @returns null if it is no checkpoint
 */
export function readUnverified(note: string): Checkpoint | null {
  const split = note.lastIndexOf("\n\n");
  return split < 0 ? null : parseBody(note.slice(0, split + 1));
}

function isSignedBy(line: string, body: string, key: VerifierKey): boolean {
  const match = /^\u2014 (\S+) ([A-Za-z0-9+/]{91}=)$/u.exec(line);
  if (match === null || match[1] !== key.name) return false;
  const bytes = Buffer.from(match[2]!, "base64");
  if (!bytes.subarray(0, 4).equals(keyHash(key))) return false;
  const publicKey = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, key.publicKey]),
    format: "der",
    type: "spki",
  });
  return verify(null, Buffer.from(body), publicKey, bytes.subarray(4));
}

/** Extension lines after the root are allowed by the format and passed over. */
function parseBody(body: string): Checkpoint | null {
  const [origin, size, root] = body.split("\n");
  if (origin === undefined || size === undefined || root === undefined) return null;
  if (origin === "" || !/^(0|[1-9]\d*)$/.test(size)) return null;
  // Deno 2.5 throws for some of what is no base64, so that is told by its form.
  if (!/^[A-Za-z0-9+/]{43}=$/.test(root)) return null;
  const bytes = Buffer.from(root, "base64");
  if (bytes.toString("base64") !== root) return null;
  const count = Number(size);
  return Number.isSafeInteger(count)
    ? { origin, size: count, rootHash: bytes.toString("hex") }
    : null;
}
