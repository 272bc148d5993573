/**
 * One key version as people, SuperOffice's tools and JOSE libraries want to see it. Shows public halves
 * only, and says it when Cloud KMS does not give one out.
 */

import { Buffer } from "node:buffer";
import type { KeyObject } from "node:crypto";
import { fingerprintOf, type ProofOptions, publicKeyOf } from "./key_proof.ts";
import type { KmsAdmin } from "./kms_admin.ts";
import { KmsAdminFault } from "./kms_admin_fault.ts";
import type { HeldVersion } from "./kms_admin_answers.ts";
import type { KeyKind } from "./kms_checks.ts";

export interface PublicHalf {
  /** Hex of the SHA-256 of SPKI in DER. */
  readonly fingerprint: string;
  /** SPKI. */
  readonly pem: string;
  /** .NET's form with Modulus and Exponent; null unless RSA. */
  readonly rsaXml: string | null;
  /** RFC 7517. */
  readonly jwk: Readonly<Record<string, string>>;
}

export interface ShownKey {
  readonly version: Omit<HeldVersion, "attestation">;
  /** Null if Cloud KMS gives none out in this state. */
  readonly publicHalf: PublicHalf | null;
}

/** Asks for state and public key. @throws KmsAdminFault */
export async function showKey(
  keyVersion: string,
  { admin, proving }: { readonly admin: KmsAdmin; readonly proving: ProofOptions },
): Promise<ShownKey> {
  const { attestation: _, ...version } = await admin.version(keyVersion);
  try {
    return { version, publicHalf: publicHalfOf(await publicKeyOf(keyVersion, proving, ANY)) };
  } catch (error) {
    const isHidden = error instanceof KmsAdminFault && error.reason === "key_not_enabled";
    if (!isHidden || version.state === "ENABLED") throw error;
    return { version, publicHalf: null };
  }
}

/** The public key in every form. */
export function publicHalfOf(publicKey: KeyObject): PublicHalf {
  const { kty, ...numbers } = publicKey.export({ format: "jwk" }) as Record<string, string>;
  const isRsa = kty === "RSA";
  return {
    fingerprint: fingerprintOf(publicKey),
    pem: publicKey.export({ type: "spki", format: "pem" }).toString(),
    rsaXml: isRsa ? rsaXmlOf(numbers["n"]!, numbers["e"]!) : null,
    jwk: { kty: kty!, ...numbers, ...(isRsa && { alg: "RS256" }), use: "sig" },
  };
}

/** Whatever it is: showing is not using. */
const ANY: KeyKind = { algorithm: /^/, fits: () => true };

function rsaXmlOf(n: string, e: string): string {
  const [modulus, exponent] = [n, e].map((it) => Buffer.from(it, "base64url").toString("base64"));
  return `<RSAKeyValue><Modulus>${modulus}</Modulus><Exponent>${exponent}</Exponent></RSAKeyValue>`;
}
