/**
 * `key attest`: whether an HSM says that it holds this key. Asks Cloud KMS, or judges what was saved, and
 * then needs nobody.
 */

import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import {
  type Attestation,
  type AttestationProblem,
  type AttestationVerdict,
  verifyAttestation,
} from "../adapters/signing/attestation.ts";
import { type AttestationRoots, knownRoots } from "../adapters/signing/attestation_roots.ts";
import { fingerprintOf, publicKeyOf } from "../adapters/signing/key_proof.ts";
import { readBytes, readText } from "./files.ts";
import { kmsTools, readPlaces, requireKeyVersion, sayingWhy } from "./key_place.ts";
import { print } from "../print.ts";
import { UsageFault } from "../usage_fault.ts";

export interface AttestOptions {
  readonly keyVersion?: string;
  readonly attestation?: string;
  readonly certificates?: string;
  readonly publicKey?: string;
  readonly manufacturerRoot?: string;
  readonly ownerRoot?: string;
  readonly save?: string;
  readonly json?: true;
}

/** @returns 0 if the HSM says so, 1 if not @throws UsageFault */
export async function runAttest(options: AttestOptions): Promise<number> {
  const { attestation, certificates, publicKey } = options;
  const files = [attestation, certificates, publicKey].filter((path) => path !== undefined);
  if (files.length !== 0 && files.length !== 3) {
    throw new UsageFault(
      "Cannot verify: --attestation, --certificates and --public-key belong together; without them Cloud KMS is asked",
    );
  }
  const given = files.length === 3
    ? savedOf(attestation!, certificates!, publicKey!)
    : await sayingWhy(() => askedOf(options));
  const verdict = await verifyAttestation(given, given.publicKey, rootsOf(options));
  say(verdict, given, options.json);
  return verdict.ok ? 0 : 1;
}

interface Given extends Attestation {
  readonly publicKey: KeyObject;
}

function savedOf(attestation: string, certificates: string, publicKey: string): Given {
  return {
    content: readBytes(attestation),
    certificates: certificatesIn(readText(certificates)),
    publicKey: orRefuse("--public-key", () => createPublicKey(readText(publicKey))),
  };
}

async function askedOf({ keyVersion, save }: AttestOptions): Promise<Given> {
  const places = readPlaces();
  const name = requireKeyVersion(keyVersion, places);
  const { admin, proving } = kmsTools(name, places, "SOFTWARE");
  const { attestation, protectionLevel } = await admin.version(name);
  const publicKey = await publicKeyOf(name, proving);
  if (attestation === null) {
    const why = protectionLevel === "HSM"
      ? "although it is HSM; a real HSM has one, the simulator's has none"
      : `which is ${protectionLevel}; only keys in an HSM have one`;
    throw new UsageFault(`Cannot verify: Cloud KMS has no attestation of this version, ${why}`);
  }
  const { caviumCerts, googleCardCerts, googlePartitionCerts } = attestation.chains;
  const certificates = [...caviumCerts, ...googleCardCerts, ...googlePartitionCerts];
  if (save !== undefined) saveTo(save, attestation.content, certificates, publicKey);
  return { content: attestation.content, certificates, publicKey };
}

function saveTo(
  folder: string,
  content: Uint8Array,
  certificates: readonly string[],
  publicKey: KeyObject,
): void {
  try {
    Deno.mkdirSync(folder, { recursive: true });
    Deno.writeFileSync(`${folder}/attestation.dat`, content);
    Deno.writeTextFileSync(`${folder}/certificates.pem`, `${certificates.join("\n")}\n`);
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    Deno.writeTextFileSync(`${folder}/public_key.pem`, pem);
  } catch {
    throw new UsageFault("Cannot save to the folder of --save: it cannot be written to");
  }
}

function rootsOf({ manufacturerRoot, ownerRoot }: AttestOptions): AttestationRoots {
  const known = knownRoots();
  const read = (path: string | undefined, option: string, otherwise: readonly X509Certificate[]) =>
    path === undefined ? otherwise : orRefuse(
      option,
      () => certificatesIn(readText(path)).map((pem) => new X509Certificate(pem)),
    );
  return {
    manufacturer: read(manufacturerRoot, "--manufacturer-root", known.manufacturer),
    owner: read(ownerRoot, "--owner-root", known.owner),
  };
}

function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}

function orRefuse<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UsageFault) throw error;
    throw new UsageFault(`Cannot read the file of ${option}: it is not PEM of its kind`);
  }
}

function say(verdict: AttestationVerdict, { publicKey }: Given, json: true | undefined): void {
  const fingerprint = fingerprintOf(publicKey);
  if (json) {
    const { ok, ...rest } = verdict;
    print.line(JSON.stringify({ attested: ok, fingerprint, ...jsonOf(rest) }));
    return;
  }
  if (!verdict.ok) {
    print.line(`no: ${SENTENCES[verdict.problem]}`);
    return;
  }
  const { isLocal } = verdict;
  print.line(`yes: an HSM holds the key with SHA-256 ${fingerprint}`);
  print.line(`manufacturer  ${verdict.manufacturer.join(" → ")}`);
  print.line(`owner         ${verdict.owner.join(" → ")}`);
  print.line(
    `made there    ${
      isLocal === null ? "it is not said in a form we know" : isLocal ? "yes" : "no: imported"
    }`,
  );
}

function jsonOf(rest: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { isLocal, ...others } = rest;
  return "problem" in rest ? rest : { ...others, made_in_hsm: isLocal };
}

const SENTENCES: Readonly<Record<AttestationProblem, string>> = {
  content_unreadable: "the attestation is damaged; fetch it again",
  certificate_unreadable: "a certificate is damaged; fetch them again",
  no_manufacturer_chain:
    "no chain leads from the maker's root to the HSM's partition; if the maker has a new root, name it with --manufacturer-root",
  no_owner_chain:
    "no chain leads from Google's root to the same card and partition; if Google has a new root, name it with --owner-root",
  stray_certificate: "there is a certificate that belongs to neither chain; fetch them again",
  bad_signature:
    "the HSM's partition did not sign this; fetch it again, and trust no key that stays so",
  other_key: "the HSM says it of another key; compare key show with what you expect",
  extractable: "the HSM says that the key can be taken out of it; use another key",
};
