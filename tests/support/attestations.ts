/** Attestations of the form that Cloud HSM's have, with roots of our own: made by openssl. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createPrivateKey, type KeyObject, sign, X509Certificate } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { AttestationRoots } from "../../src/adapters/signing/attestation_roots.ts";

export interface TestHsm {
  readonly roots: AttestationRoots;
  /** In PEM, by whose they are. */
  readonly chains: {
    readonly caviumCerts: readonly string[];
    readonly googleCardCerts: readonly string[];
    readonly googlePartitionCerts: readonly string[];
  };
  readonly partitionKey: KeyObject;
  /** Certificates of other HSMs: of another card, and of a partition of ours that Google does not know. */
  readonly strangers: { readonly card: string; readonly partition: string };
  /** By issuers of the right names with keys of their own, on the right keys. */
  readonly forged: {
    readonly card: string;
    readonly partition: string;
    readonly ownedCard: string;
    readonly ownedPartition: string;
  };
}

/** Keys and certificates, the forged ones too. */
export async function makeHsm(): Promise<TestHsm> {
  const folder = await Deno.makeTempDir();
  const { openssl, read, root, issue } = authorityIn(folder);
  try {
    await Promise.all([root("maker", "/O=Maker/CN=maker root"), root("google", "/CN=owner root")]);
    for (const name of ["card", "partition", "other"]) {
      await openssl("genrsa", "-out", `${name}.key`, "2048");
    }
    await issue("card", "maker", "card");
    await issue("partition", "card", "partition");
    await issue("owned-card", "google", "card");
    await issue("owned-partition", "google", "partition");
    await issue("other-card", "google", "other");
    await issue("other-partition", "card", "other");
    await Promise.all([
      root("fake-maker", "/O=Maker/CN=maker root"),
      root("fake-google", "/CN=owner root"),
      root("fake-card", "/CN=card"),
    ]);
    await issue("forged-card", "fake-maker", "card", "card");
    await issue("forged-partition", "fake-card", "partition", "partition");
    await issue("forged-owned-card", "fake-google", "card", "owned-card");
    await issue("forged-owned-partition", "fake-google", "partition", "owned-partition");
    const certificate = async (name: string) => new X509Certificate(await read(`${name}.pem`));
    return {
      roots: { manufacturer: [await certificate("maker")], owner: [await certificate("google")] },
      chains: {
        caviumCerts: [await read("partition.pem"), await read("card.pem")],
        googleCardCerts: [await read("owned-card.pem")],
        googlePartitionCerts: [await read("owned-partition.pem")],
      },
      partitionKey: createPrivateKey(await read("partition.key")),
      strangers: {
        card: await read("other-card.pem"),
        partition: await read("other-partition.pem"),
      },
      forged: {
        card: await read("forged-card.pem"),
        partition: await read("forged-partition.pem"),
        ownedCard: await read("forged-owned-card.pem"),
        ownedPartition: await read("forged-owned-partition.pem"),
      },
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** openssl with its files in this folder. */
function authorityIn(folder: string) {
  const openssl = async (...args: readonly string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args: [...args], cwd: folder })
      .output();
    assert.ok(success, new TextDecoder().decode(stderr));
  };
  const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  const root = async (name: string, subject: string) => {
    const made = ["-keyout", `${name}.key`, "-out", `${name}.pem`, "-days", "30", "-subj", subject];
    await openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", ...made);
  };
  /** A certificate of `issuer` on the key of `of`. */
  const issue = async (name: string, issuer: string, of: string, subject = name) => {
    const signing = ["-CA", `${issuer}.pem`, "-CAkey", `${issuer}.key`, "-days", "30"];
    await openssl(
      "req",
      "-new",
      "-key",
      `${of}.key`,
      "-out",
      `${name}.csr`,
      "-subj",
      `/CN=${subject}`,
    );
    await openssl("x509", "-req", "-in", `${name}.csr`, ...signing, "-out", `${name}.pem`);
  };
  return { openssl, read, root, issue };
}

/** Type and value of an attribute. */
export type Attribute = readonly [type: number, value: Uint8Array];

/** What an HSM says of an imported private key that cannot be taken out. */
export function attributesOf(publicKey: KeyObject): readonly Attribute[] {
  return [
    [0x0000, Uint8Array.of(3)],
    [0x0120, modulusOf(publicKey)],
    [0x0162, Uint8Array.of(0)],
    [0x0163, Uint8Array.of(0)],
  ];
}

/** What it says of the public half, which can always be taken out. */
function publicAttributesOf(modulus: Uint8Array): readonly Attribute[] {
  return [
    [0x0000, Uint8Array.of(2)],
    [0x0120, modulus],
    [0x0162, Uint8Array.of(1)],
    [0x0163, Uint8Array.of(1)],
  ];
}

const modulusOf = (publicKey: KeyObject) =>
  Buffer.from(publicKey.export({ format: "jwk" }).n ?? "", "base64url");

/**
 * A statement as firmware 2 or 3 lays it out, not compressed: of the private key, and with firmware 3 of
 * its public half before it, as in the statements of Cloud HSM that were printed by others.
 * @param half the key whose public half it is; if not given, the private key's own
 */
export function statementOf(
  { partitionKey }: Pick<TestHsm, "partitionKey">,
  attributes: readonly Attribute[],
  firmware: 2 | 3 = 3,
  half?: KeyObject,
): Buffer {
  const own = attributes.find(([type]) => type === 0x0120)?.[1] ?? new Uint8Array();
  const modulus = half === undefined ? own : modulusOf(half);
  const data = firmware === 2
    ? Buffer.concat([Buffer.alloc(20), listOf(attributes)])
    : firmware3(listOf(publicAttributesOf(modulus)), listOf(attributes));
  return Buffer.concat([data, sign("sha256", data, partitionKey)]);
}

function listOf(attributes: readonly Attribute[]): Buffer {
  const values = attributes.flatMap(([type, value]) => [words(type, value.length), value]);
  const size = values.reduce((sum, value) => sum + value.length, 0);
  return Buffer.concat([words(0x7e6, attributes.length, size), ...values]);
}

/** As Cloud KMS hands it out. */
export const packed = (statement: Uint8Array): Buffer => gzipSync(statement);

function firmware3(first: Buffer, second: Buffer): Buffer {
  const info = Buffer.alloc(8);
  info.writeUInt16BE(info.length, 4);
  info.writeUInt16BE(info.length + first.length, 6);
  const gap = Buffer.alloc(16);
  const buffer = info.length + first.length + second.length;
  const header = words(0, 3, 16 + gap.length + buffer + 256, buffer);
  return Buffer.concat([header, gap, info, first, second]);
}

function words(...numbers: readonly number[]): Buffer {
  const octets = Buffer.alloc(numbers.length * 4);
  numbers.forEach((number, place) => octets.writeUInt32BE(number, place * 4));
  return octets;
}
