/**
 * Sealing of secrets at rest: AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce. The name of
 * the place where a value is kept is authenticated with it, so a sealed value copied to another
 * tenant's place does not open. The first key seals, every key opens. Refuses to say why a value
 * does not open, and never shows any part of it.
 */

import { Buffer } from "node:buffer";
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { PartFault } from "../../domain/part_fault.ts";

/** A key of 32 bytes and its name, which is written into each value it seals. */
export interface SealingKey {
  readonly id: string;
  readonly key: Uint8Array;
}

/** Seals and opens texts for one place in a store. */
export interface Sealing {
  /** @returns `v1.<key id>.<base64url of nonce, ciphertext and tag>` */
  seal(storeKey: string, plain: string): string;
  /** @throws PartFault `unreadable` unless this place's value was sealed by one of the keys */
  open(storeKey: string, sealed: string): string;
}

const VERSION = "v1";
const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;
const SEALED = /^v1\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]+)$/;

/**
 * Makes a sealing from its keys, the current one first. A key that is no longer listed makes its
 * values unreadable; to rotate, put the new key first and keep the old one.
 *
 * @throws TypeError if there is no key, a key is not of 32 bytes, or a name is unfit or used twice
 */
export function createSealing(keys: readonly SealingKey[]): Sealing {
  const byId = new Map<string, Uint8Array>();
  for (const { id, key } of keys) {
    if (!KEY_ID.test(id)) throw new TypeError("Cannot use a sealing key: unfit name");
    if (key.length !== KEY_BYTES) throw new TypeError("Cannot use a sealing key: not 32 bytes");
    if (byId.has(id)) throw new TypeError("Cannot use a sealing key: its name is used twice");
    byId.set(id, Uint8Array.from(key));
  }
  const current = keys[0];
  if (current === undefined) throw new TypeError("Cannot seal: there is no key");
  const sealingKey = byId.get(current.id)!;

  return {
    seal(storeKey, plain) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, sealingKey, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(additionalData(current.id, storeKey));
      const ciphertext = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      const bytes = Buffer.concat([nonce, ciphertext, cipher.getAuthTag()]);
      return `${VERSION}.${current.id}.${bytes.toString("base64url")}`;
    },
    open(storeKey, sealed) {
      const match = SEALED.exec(sealed);
      const id = match?.[1];
      const key = id === undefined ? undefined : byId.get(id);
      const bytes = Buffer.from(match?.[2] ?? "", "base64url");
      if (id === undefined || key === undefined || bytes.length < NONCE_BYTES + TAG_BYTES) {
        throw new PartFault("store", "unreadable");
      }
      try {
        return decrypt(key, additionalData(id, storeKey), bytes);
      } catch {
        throw new PartFault("store", "unreadable");
      }
    },
  };
}

function decrypt(key: Uint8Array, aad: Uint8Array, bytes: Uint8Array): string {
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(bytes.length - TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(tag);
  const ciphertext = bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString("utf8");
}

/** Version, key name and place; neither of the first two can hold a dot. */
function additionalData(id: string, storeKey: string): Uint8Array {
  return Buffer.from(`${VERSION}.${id}.${storeKey}`, "utf8");
}
