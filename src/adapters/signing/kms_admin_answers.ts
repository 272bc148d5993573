/** What Cloud KMS answers of keys, jobs and versions, as far as it is looked at. */

import { Buffer } from "node:buffer";
import type { protos } from "@google-cloud/kms";

/** `CryptoKey`, as far as an import cares. */
export interface HeldCryptoKey {
  readonly purpose: string;
  readonly importOnly: boolean;
  readonly protectionLevel: string;
}

/** `ImportJob`. */
export interface HeldImportJob {
  readonly name: string;
  readonly state: string;
  readonly importMethod: string;
  readonly protectionLevel: string;
  /** SPKI in PEM; null unless the job is ACTIVE. */
  readonly pem: string | null;
}

/** `CryptoKeyVersion`. */
export interface HeldVersion {
  readonly name: string;
  readonly state: string;
  readonly algorithm: string;
  readonly protectionLevel: string;
  readonly importJob: string | null;
  readonly importFailureReason: string | null;
  readonly attestation: HeldAttestation | null;
}

/** `KeyOperationAttestation`: of versions in an HSM only. */
export interface HeldAttestation {
  readonly format: string;
  readonly content: Uint8Array;
  readonly chains: {
    readonly caviumCerts: readonly string[];
    readonly googleCardCerts: readonly string[];
    readonly googlePartitionCerts: readonly string[];
  };
}

/** Takes it out of the client's answer. */
export function jobOf(job: protos.google.cloud.kms.v1.IImportJob): HeldImportJob {
  return {
    name: job.name ?? "",
    state: String(job.state),
    importMethod: String(job.importMethod),
    protectionLevel: String(job.protectionLevel),
    pem: job.publicKey?.pem ?? null,
  };
}

/** Takes it out of the client's answer. */
export function versionOf(version: protos.google.cloud.kms.v1.ICryptoKeyVersion): HeldVersion {
  const { attestation } = version;
  const content = attestation?.content ?? null;
  return {
    name: version.name ?? "",
    state: String(version.state),
    algorithm: String(version.algorithm),
    protectionLevel: String(version.protectionLevel),
    importJob: version.importJob || null,
    importFailureReason: version.importFailureReason || null,
    attestation: content === null ? null : {
      format: String(attestation?.format),
      content: typeof content === "string" ? Buffer.from(content, "base64") : content,
      chains: {
        caviumCerts: attestation?.certChains?.caviumCerts ?? [],
        googleCardCerts: attestation?.certChains?.googleCardCerts ?? [],
        googlePartitionCerts: attestation?.certChains?.googlePartitionCerts ?? [],
      },
    },
  };
}
