/**
 * Sealing of secrets at rest: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. The name of
 * the place where a value is kept is authenticated with it, so a sealed value copied to another
 * tenant's place does not open. The first key seals, every key opens. Refuses to say why a value
 * does not open, and never shows any part of it. By WebCrypto, which is there when the process starts:
 * Node's cryptography takes longer to load than a ticket takes to be read.
 */

import type { Notice } from "../../domain/notice.ts";
import { PartFault } from "../../domain/part_fault.ts";

/** A key of 32 bytes and its name, which is written into each value it seals. */
export interface SealingKey {
  readonly id: string;
  readonly key: Uint8Array;
}

/** Seals and opens texts for one place in a store. */
export interface Sealing {
  /** Names of the keys, the current one first. */
  readonly keyIds: readonly string[];
  /** @returns `v1.<key id>.<base64url of nonce, ciphertext and tag>` */
  seal(storeKey: string, plain: string): Promise<string>;
  /** @throws PartFault `unreadable` unless this place's value was sealed by one of the keys */
  open(storeKey: string, sealed: string): Promise<string>;
}

const VERSION = "v1";
const ALGORITHM = "AES-GCM";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;
const SEALED = /^v1\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]+)$/;
const SEALED_HEAD = /^v1\.([A-Za-z0-9_-]{1,64})\./;
const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;

/**
 * Makes a sealing from its keys, the current one first. A key that is no longer listed makes its
 * values unreadable; to rotate, put the new key first and keep the old one.
 *
 * @throws TypeError if there is no key, a key is not of 32 bytes, or a name is unfit or used twice
 */
export function createSealing(keys: readonly SealingKey[]): Sealing {
  const byId = new Map<string, Promise<CryptoKey>>();
  for (const { id, key } of keys) {
    if (!KEY_ID.test(id)) throw new TypeError("Cannot use a sealing key: unfit name");
    if (key.length !== KEY_BYTES) throw new TypeError("Cannot use a sealing key: not 32 bytes");
    if (byId.has(id)) throw new TypeError("Cannot use a sealing key: its name is used twice");
    byId.set(id, importKey(key));
  }
  const current = keys[0];
  if (current === undefined) throw new TypeError("Cannot seal: there is no key");
  const sealingKey = byId.get(current.id)!;

  return {
    keyIds: [...byId.keys()],
    async seal(storeKey, plain) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const parameters = parametersOf(nonce, current.id, storeKey);
      const text = encoder.encode(plain);
      const ciphertext = await crypto.subtle.encrypt(parameters, await sealingKey, text);
      const bytes = new Uint8Array(NONCE_BYTES + ciphertext.byteLength);
      bytes.set(nonce);
      bytes.set(new Uint8Array(ciphertext), NONCE_BYTES);
      return `${VERSION}.${current.id}.${bytes.toBase64(BASE64URL)}`;
    },
    async open(storeKey, sealed) {
      const [, id = "", text = ""] = SEALED.exec(sealed) ?? [];
      const key = byId.get(id);
      if (key === undefined) throw new PartFault("store", "unreadable");
      try {
        return await decrypt(await key, id, storeKey, text);
      } catch {
        throw new PartFault("store", "unreadable");
      }
    },
  };
}

/** @returns the name of the key that a value says it is sealed under; null if it is none of ours */
export function keyIdOf(sealed: string): string | null {
  return SEALED_HEAD.exec(sealed)?.[1] ?? null;
}

/** @throws whatever there is to throw for a text that is not just what was sealed */
async function decrypt(
  key: CryptoKey,
  id: string,
  storeKey: string,
  text: string,
): Promise<string> {
  const bytes = Uint8Array.fromBase64(text, BASE64URL);
  const parameters = parametersOf(bytes.subarray(0, NONCE_BYTES), id, storeKey);
  const sealed = bytes.subarray(NONCE_BYTES);
  return decoder.decode(await crypto.subtle.decrypt(parameters, key, sealed));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function importKey(key: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", Uint8Array.from(key), ALGORITHM, false, [
    "encrypt",
    "decrypt",
  ]);
}

/** Authenticated are version, key name and place; neither of the first two can hold a dot. */
function parametersOf(iv: Uint8Array<ArrayBuffer>, id: string, storeKey: string): AesGcmParams {
  const additionalData = encoder.encode(`${VERSION}.${id}.${storeKey}`);
  return { name: ALGORITHM, iv, additionalData, tagLength: 8 * TAG_BYTES };
}

/** Where a notice's body is sealed to: who writes the store alone cannot have us sign and send theirs. */
export function noticePlace(id: string): string {
  return `notices/${id}`;
}

/** The notice as it is stored: its body sealed. */
export async function sealNotice(sealing: Sealing, notice: Notice | null): Promise<Notice | null> {
  if (notice === null) return null;
  return { ...notice, body: await sealing.seal(noticePlace(notice.id), notice.body) };
}
