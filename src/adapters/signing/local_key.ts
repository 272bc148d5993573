/**
 * The app's private key in this process: for the sandbox and for SuperOffice's development
 * environment. Uses plain RSA calls and no JOSE library, because those refuse the 1024-bit keys that
 * exist. Never shows the private key again once it is read.
 */

import { Buffer } from "node:buffer";
import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { SignerFault } from "../../domain/signer_fault.ts";
import type { Signer } from "../../usecases/ports.ts";
import { requireWanted } from "./deadline.ts";
import { readKeyFile } from "./key_file.ts";

export interface LocalKeySigner extends Signer {
  /** SPKI in PEM: what the Developer Portal holds of the pair. */
  readonly publicKeyPem: string;
}

/**
 * A signer over a key file's text. Its key version is `local:` and the first 32 hex digits of the
 * SHA-256 of the public key (SPKI, DER).
 * @param pem PEM (PKCS #8 or PKCS #1) or SuperOffice's `<RSAKeyValue>` XML, 1024 to 4096 bits
 * @throws KeyFileFault that says what is wrong, and nothing of the file
 */
export function createLocalKeySigner({ pem }: { readonly pem: string }): LocalKeySigner {
  const privateKey = readKeyFile(pem);
  const publicKey = createPublicKey(privateKey);
  const keyVersion = `local:${fingerprint(publicKey)}`;
  return {
    keyVersion,
    publicKeyPem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    // deno-lint-ignore require-await -- a refusal must be a rejection, not a throw
    async sign(text, { signal }) {
      requireWanted(signal);
      const bytes = Buffer.from(text, "utf8");
      const signature = signOrFail(bytes, privateKey);
      if (!verify("sha256", bytes, publicKey, signature)) {
        throw new SignerFault("bad_signature", { retryable: true });
      }
      return { signature, keyVersion };
    },
  };
}

/** A new RSA-2048 private key: PKCS #8 in PEM. Takes some tenths of a second. */
export function generateLocalKeyPem(): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** RSASSA-PKCS1-v1_5 with SHA-256, Node's default padding for RSA keys. */
function signOrFail(bytes: Uint8Array, key: KeyObject): Uint8Array {
  try {
    return sign("sha256", bytes, key);
  } catch {
    throw new SignerFault("internal");
  }
}

function fingerprint(publicKey: KeyObject): string {
  const der = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("hex").slice(0, 32);
}
