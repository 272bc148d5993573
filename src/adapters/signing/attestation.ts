/**
 * What an HSM itself says of a key: a statement signed by the HSM's partition, whose key both the maker of
 * the hardware and Google have certified. Believes it only with both chains, and only of the very
 * public key that is asked about. Sources: Cloud KMS, "Verifying attestations", and Google's
 * `verify_attestation_chains.py`.
 */

import { Buffer } from "node:buffer";
import { type KeyObject, verify, X509Certificate } from "node:crypto";
import { readAttributes } from "./attestation_attributes.ts";
import type { AttestationRoots } from "./attestation_roots.ts";
import { isEqual } from "./octets.ts";

export interface Attestation {
  /** gzip, as Cloud KMS hands it out, or what is inside. */
  readonly content: Uint8Array;
  /** All certificates of both chains in PEM, in any order. */
  readonly certificates: readonly string[];
}

export type AttestationProblem =
  | "content_unreadable"
  | "certificate_unreadable"
  | "no_manufacturer_chain"
  | "no_owner_chain"
  | "stray_certificate"
  | "bad_signature"
  | "other_key"
  | "extractable";

export type AttestationVerdict =
  | {
    readonly ok: true;
    /** Subjects, root first. */
    readonly manufacturer: readonly string[];
    readonly owner: readonly string[];
    /** Whether the key was made in the HSM; null if the statement's form is not known. */
    readonly isLocal: boolean | null;
  }
  | { readonly ok: false; readonly problem: AttestationProblem };

/** @param publicKey what Cloud KMS says the key is; RSA */
export async function verifyAttestation(
  { content, certificates }: Attestation,
  publicKey: KeyObject,
  roots: AttestationRoots,
): Promise<AttestationVerdict> {
  const statement = await gunzip(content);
  if (statement === null || statement.length <= SIGNATURE_LENGTH) {
    return refused("content_unreadable");
  }
  const pool = readPool(certificates, roots);
  if (pool === null) return refused("certificate_unreadable");
  const maker = takeMakerChain(roots.manufacturer, pool);
  if (maker === null) return refused("no_manufacturer_chain");
  const [, card, partition] = maker;
  const owner = takeOwnerChain(roots.owner, pool, card, partition);
  if (owner === null) return refused("no_owner_chain");
  if (pool.size > 0) return refused("stray_certificate");
  const data = statement.subarray(0, -SIGNATURE_LENGTH);
  const signature = statement.subarray(-SIGNATURE_LENGTH);
  if (!verifies(data, signature, partition)) return refused("bad_signature");
  const modulus = modulusOf(publicKey);
  if (modulus.length < 128 || !data.includes(modulus)) return refused("other_key");
  const attributes = readAttributes(statement, SIGNATURE_LENGTH);
  if (!isEqual(attributes?.modulus ?? modulus, modulus)) return refused("other_key");
  if (attributes?.isExtractable === true) return refused("extractable");
  return {
    ok: true,
    manufacturer: maker.map(subjectOf),
    owner: owner.map(subjectOf),
    isLocal: attributes?.isLocal ?? null,
  };
}

/**
 * What a statement says of a public key, be it believed or not: for finding a key, not for trusting it.
 * @returns whether it is about that key; null if it cannot be told
 */
export async function isAboutKey(
  content: Uint8Array,
  publicKey: KeyObject,
): Promise<boolean | null> {
  const statement = await gunzip(content);
  if (statement === null || statement.length <= SIGNATURE_LENGTH) return null;
  if (statement.includes(modulusOf(publicKey))) return true;
  return readAttributes(statement, SIGNATURE_LENGTH)?.modulus ? false : null;
}

/** Of the partition's key: RSA of 2048 bits, whatever the attested key is. */
const SIGNATURE_LENGTH = 256;

/** A statement has some kilobytes. */
const MOST = 1 << 20;

type Chain = readonly [root: X509Certificate, card: X509Certificate, partition: X509Certificate];

function refused(problem: AttestationProblem): AttestationVerdict {
  return { ok: false, problem };
}

/** @returns null if it begins as gzip does and is none, or is too long */
async function gunzip(content: Uint8Array): Promise<Buffer | null> {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return Buffer.from(content);
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const packed = new Blob([Uint8Array.from(content)]).stream();
    for await (const part of packed.pipeThrough(new DecompressionStream("gzip"))) {
      length += part.length;
      if (length > MOST) return null;
      parts.push(part);
    }
  } catch {
    return null;
  }
  return Buffer.concat(parts);
}

/** Each certificate once, and no root: those we have. @returns null if one cannot be read */
function readPool(
  certificates: readonly string[],
  { manufacturer, owner }: AttestationRoots,
): Set<X509Certificate> | null {
  const seen = new Set([...manufacturer, ...owner].map((root) => root.fingerprint256));
  const pool = new Set<X509Certificate>();
  try {
    for (const pem of certificates) {
      const certificate = new X509Certificate(pem);
      if (seen.has(certificate.fingerprint256)) continue;
      seen.add(certificate.fingerprint256);
      pool.add(certificate);
    }
    return pool;
  } catch {
    return null;
  }
}

/** The maker certifies the card, and the card its partitions. Takes both out of the pool. */
function takeMakerChain(
  roots: readonly X509Certificate[],
  pool: Set<X509Certificate>,
): Chain | null {
  for (const root of roots) {
    for (const card of [...pool].filter((it) => isIssued(it, root))) {
      const partition = [...pool].find((it) => it !== card && isIssued(it, card));
      if (partition !== undefined) return take(pool, [root, card, partition]);
    }
  }
  return null;
}

/** Google certifies the keys of both itself. Takes both certificates out of the pool. */
function takeOwnerChain(
  roots: readonly X509Certificate[],
  pool: Set<X509Certificate>,
  card: X509Certificate,
  partition: X509Certificate,
): Chain | null {
  for (const root of roots) {
    const issued = [...pool].filter((it) => isIssued(it, root));
    const [ofCard, ofPartition] = [card, partition].map((known) =>
      issued.find((it) => hasKeyOf(it, known))
    );
    if (ofCard && ofPartition) return take(pool, [root, ofCard, ofPartition]);
  }
  return null;
}

function take(pool: Set<X509Certificate>, chain: Chain): Chain {
  for (const certificate of chain) pool.delete(certificate);
  return chain;
}

function isIssued(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.issuer === issuer.subject && isVerified(certificate, issuer);
}

function isVerified(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

function hasKeyOf(one: X509Certificate, other: X509Certificate): boolean {
  const [a, b] = [one, other].map((it) => it.publicKey.export({ type: "spki", format: "der" }));
  return a!.equals(b!);
}

function verifies(data: Uint8Array, signature: Uint8Array, by: X509Certificate): boolean {
  try {
    return verify("sha256", data, by.publicKey, signature);
  } catch {
    return false;
  }
}

function modulusOf(publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: "jwk" }).n ?? "", "base64url");
}

function subjectOf({ subject }: X509Certificate): string {
  return /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll("\n", ", ");
}
