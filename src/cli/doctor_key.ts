/** Checks of the keys that sign: what Cloud KMS says of them, or whether there is one at all. */

import { KeyFileFault } from "../adapters/signing/key_file_fault.ts";
import { checkPublicKeyAnswer, RSA_PKCS1_SHA256 } from "../adapters/signing/kms_checks.ts";
import { createLocalKeySigner } from "../adapters/signing/local_key.ts";
import { CHECK_MS, type Ward } from "./doctor_ward.ts";
import type { KmsKey } from "../config_keys.ts";
import { Secret } from "../domain/secret.ts";
import { SignerFault, type SignerFaultReason } from "../domain/signer_fault.ts";
import { AGENT, generatedKey } from "../parts.ts";
import { isFile } from "../parts_stores.ts";
import { type Check, type Finding, ok, problem, warning } from "../usecases/doctor.ts";

/** The key that signs, and its standby if there is one. */
export function keyChecks(ward: Ward): Check[] {
  const { signing } = ward.config;
  switch (signing.kind) {
    case "google_kms": {
      const { key, standby } = signing;
      return both(key, standby, (it, at) => checkKmsKey(ward, KMS_VARIABLES[at], it));
    }
    case "file": {
      const { pem, standby } = signing;
      const where = (at: Place) => `the key file of ${FILE_VARIABLES[at]}`;
      return both(pem, standby, (it, at) => Promise.resolve(checkFile(ward, it, where(at))));
    }
    case "generated":
      return both(null, null, () => checkGenerated(ward));
  }
}

type Place = 0 | 1;

const KMS_VARIABLES = ["KMS_KEY_VERSION", "KMS_STANDBY_KEY_VERSION"] as const;
const FILE_VARIABLES = ["SIGNING_KEY_FILE", "SIGNING_STANDBY_KEY_FILE"] as const;

function both<T>(
  first: T,
  standby: T | null,
  check: (key: T, at: Place) => Promise<Finding>,
): Check[] {
  // Google's package may have to be loaded as well.
  const deadlineMs = 2 * CHECK_MS;
  return [
    { name: "signing_key", deadlineMs, run: () => check(first, 0) },
    ...(standby === null
      ? []
      : [{ name: "standby_key", deadlineMs, run: () => check(standby, 1) }]),
  ];
}

/**
 * That a version can be read, and is what SuperOffice takes and the configuration asks for. Signs nothing.
 *
 * @param variable names it in what is to be done
 */
export async function checkKmsKey(
  ward: Pick<Ward, "host" | "isLive">,
  variable: string,
  key: KmsKey,
): Promise<Finding> {
  const { keyVersion, endpoint } = key;
  const place = { endpoint: endpoint?.href ?? null, projectId: keyVersion.split("/")[1]! };
  const calling = { timeoutMs: CHECK_MS, headers: { "user-agent": AGENT } };
  try {
    await ward.host.ready();
    const answer = await ward.host.getPublicKey(place, keyVersion, calling);
    checkPublicKeyAnswer(answer, key, RSA_PKCS1_SHA256);
    const is = `${keyVersion} is ${answer.algorithm}, ${answer.protectionLevel}`;
    return doubtOf(is, ward, key) ?? ok(is);
  } catch (error) {
    if (!(error instanceof SignerFault)) throw error;
    const [text, remedy] = FAULTS[error.reason] ?? [error.reason, "Ask again later"];
    return problem(`${keyVersion}: ${text}`, remedy.replaceAll("$", variable));
  }
}

/** What works, and is not how live tenants should be served. */
function doubtOf(is: string, { isLive }: Pick<Ward, "isLive">, key: KmsKey): Finding | null {
  if (!isLive) return null;
  if (key.protectionLevel === "SOFTWARE") {
    return warning(`${is}, and less than an HSM is accepted`, "Set KMS_PROTECTION_LEVEL=HSM");
  }
  if (key.endpoint === null || key.endpoint.hostname.endsWith(".googleapis.com")) return null;
  return warning(
    `${is}, but says so at ${key.endpoint.origin}, which is not Google's`,
    "Unset KMS_ENDPOINT: who answers there is sent our Google tokens, and could answer for any key",
  );
}

type Words = readonly [text: string, remedy: string];

const SILENT: Words = ["Cloud KMS does not answer", "Look at the way there: proxy, firewall"];

/** `$` stands for the variable that names the key. */
const FAULTS: Readonly<Partial<Record<SignerFaultReason, Words>>> = {
  wrong_protection: [
    "it is protected less than KMS_PROTECTION_LEVEL asks for",
    "Import the key into an HSM key, and name that version in $",
  ],
  invalid: [
    "its algorithm is not RSA_SIGN_PKCS1_(2048|3072|4096)_SHA256, or the version cannot be read",
    "SuperOffice takes no other: import the key under one of these",
  ],
  key_not_enabled: ["the version is not enabled", "Enable it in Cloud KMS, or name another in $"],
  denied: [
    "this identity may not read its public key",
    "Grant roles/cloudkms.signer and roles/cloudkms.publicKeyViewer on the key",
  ],
  not_found: ["there is no such version", "Look at $"],
  unauthenticated: [
    "Google takes none of this machine's credentials",
    "Give it some: GOOGLE_CREDENTIALS, GOOGLE_APPLICATION_CREDENTIALS, or the platform's own identity",
  ],
  quota: ["the quota of Cloud KMS is used up", "Look at the project's quotas"],
  checksum: [
    "a checksum of its public key is wrong",
    "Ask again; if it stays, look at the way there",
  ],
  wrong_key: ["Cloud KMS answers for another key, or with one of another size", "Look at $"],
  timeout: SILENT,
  network: SILENT,
  unavailable: SILENT,
};

/** The sandbox's own. */
async function checkGenerated(ward: Ward): Promise<Finding> {
  if (!isFile(ward.config, "signing_key.pem")) {
    return problem("there is no signing_key.pem under DATA_DIR", "Start the service once");
  }
  const pem = new Secret(await generatedKey(ward.config));
  return checkFile(ward, pem, "signing_key.pem under DATA_DIR");
}

/** Reads it, and signs nothing: a signature would belong into the ledger. */
function checkFile({ config }: Ward, pem: Secret, where: string): Finding {
  try {
    const { keyVersion } = createLocalKeySigner({ pem: pem.reveal() });
    return ok(`${where} holds ${keyVersion}, good for ${config.environment}`);
  } catch (error) {
    if (!(error instanceof KeyFileFault)) throw error;
    return problem(error.message, `Look at ${where}`);
  }
}
