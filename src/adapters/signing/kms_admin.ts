/**
 * What a ceremony does in Cloud KMS besides signing: rings, keys, import jobs, versions. One try a
 * call, and again only where a second time does no harm. Keeps of the answers what is looked at.
 */

import type { GoogleAccess } from "../../domain/google_identity.ts";
import { once } from "../../domain/once.ts";
import { callLimit, type CallLimits, within } from "./deadline.ts";
import type { LeastProtection } from "./kms_checks.ts";
import {
  callOptions,
  type KmsClient,
  type KmsSdk,
  loadKmsSdk,
  openKmsClient,
} from "./kms_client.ts";
import {
  type HeldCryptoKey,
  type HeldImportJob,
  type HeldVersion,
  jobOf,
  versionOf,
} from "./kms_admin_answers.ts";
import { attempting, KmsAdminFault } from "./kms_admin_fault.ts";

/** What SuperOffice takes, in the sizes that Cloud KMS holds. */
export type RsaAlgorithm = `RSA_SIGN_PKCS1_${2048 | 3072 | 4096}_SHA256`;

/** An AES-256 key under RSAES-OAEP with SHA-256, and the key under that by AES key wrap with padding. */
export const IMPORT_METHOD = "RSA_OAEP_3072_SHA256_AES_256";

/** Its methods reject with KmsAdminFault. What is not there is null; what is there already is no fault. */
export interface KmsAdmin {
  hasKeyRing(name: string): Promise<boolean>;
  createKeyRing(location: string, id: string): Promise<void>;
  cryptoKey(name: string): Promise<HeldCryptoKey | null>;
  /** An import-only key that signs, without a version. */
  createCryptoKey(
    keyRing: string,
    id: string,
    options: { readonly algorithm: RsaAlgorithm; readonly protectionLevel: LeastProtection },
  ): Promise<void>;
  importJob(name: string): Promise<HeldImportJob | null>;
  createImportJob(
    keyRing: string,
    id: string,
    options: { readonly protectionLevel: LeastProtection },
  ): Promise<void>;
  versions(cryptoKey: string): Promise<readonly HeldVersion[]>;
  version(name: string): Promise<HeldVersion>;
  /** One try: a second one would make a second version. @returns its name */
  importVersion(request: {
    readonly parent: string;
    readonly algorithm: RsaAlgorithm;
    readonly importJob: string;
    readonly wrappedKey: Uint8Array;
  }): Promise<string>;
}

export interface KmsAdminOptions extends CallLimits {
  readonly projectId: string;
  /** Null for Google's. */
  readonly endpoint: URL | null;
  /** Who we are; null: Google's library is to find out. */
  readonly access: GoogleAccess | null;
  readonly userAgent: string;
  readonly pause: (ms: number) => Promise<void>;
  /** For tests: how the package is loaded. */
  readonly loadSdk?: () => Promise<KmsSdk>;
}

/** Nothing is loaded or connected before the first call. */
export function createKmsAdmin(options: KmsAdminOptions): KmsAdmin {
  const { projectId, endpoint, access, userAgent, pause, loadSdk = loadKmsSdk } = options;
  const client = once(async () => openKmsClient(await loadSdk(), endpoint, projectId, access));
  const calling = () => callOptions(callLimit(options), { "user-agent": userAgent });

  /** One try. */
  const call: Attempt = (what, permission, act) =>
    attempting(
      { what, permission: `cloudkms.${permission}` },
      () => {
        const timeoutMs = callLimit(options);
        // A list may have pages without an end, each of them in time.
        return within(client.get().then(act), { timeoutMs });
      },
    );

  /** A few tries, for what may be done twice. */
  const repeat: Attempt = async (what, permission, act) => {
    for (let attempt = 1;; attempt++) {
      try {
        return await call(what, permission, act);
      } catch (error) {
        const fault = error instanceof KmsAdminFault && error.retryable;
        if (!fault || attempt === ATTEMPTS) throw error;
        await pause(PAUSE_MS);
      }
    }
  };

  return { ...ringMethods(repeat, calling), ...versionMethods(call, repeat, calling) };
}

/** Says what it is about, and does it. */
type Attempt = <T>(
  what: string,
  permission: string,
  act: (client: KmsClient) => Promise<T>,
) => Promise<T>;

type Calling = () => ReturnType<typeof callOptions>;

type VersionMethods = Pick<KmsAdmin, "versions" | "version" | "importVersion">;

function ringMethods(repeat: Attempt, calling: Calling): Omit<KmsAdmin, keyof VersionMethods> {
  return {
    hasKeyRing: async (name) =>
      await orNull(
        repeat(
          "look for the key ring",
          "keyRings.get",
          (kms) => kms.getKeyRing({ name }, calling()),
        ),
      ) !== null,
    createKeyRing: (parent, keyRingId) =>
      repeat(
        "create the key ring",
        "keyRings.create",
        (kms) => unlessThere(kms.createKeyRing({ parent, keyRingId, keyRing: {} }, calling())),
      ),
    cryptoKey: async (name) => {
      const found = await orNull(
        repeat(
          "look for the key",
          "cryptoKeys.get",
          (kms) => kms.getCryptoKey({ name }, calling()),
        ),
      );
      if (found === null) return null;
      const [{ purpose, importOnly, versionTemplate }] = found;
      const protectionLevel = String(versionTemplate?.protectionLevel);
      return { purpose: String(purpose), importOnly: importOnly === true, protectionLevel };
    },
    createCryptoKey: (parent, cryptoKeyId, versionTemplate) =>
      repeat("create the key", "cryptoKeys.create", (kms) =>
        unlessThere(kms.createCryptoKey({
          parent,
          cryptoKeyId,
          skipInitialVersionCreation: true,
          cryptoKey: {
            purpose: "ASYMMETRIC_SIGN",
            importOnly: true,
            versionTemplate,
          },
        }, calling()))),
    importJob: async (name) => {
      const found = await orNull(
        repeat(
          "look for the import job",
          "importJobs.get",
          (kms) => kms.getImportJob({ name }, calling()),
        ),
      );
      return found === null ? null : jobOf(found[0]);
    },
    createImportJob: (parent, importJobId, { protectionLevel }) =>
      repeat("create the import job", "importJobs.create", (kms) =>
        unlessThere(kms.createImportJob(
          {
            parent,
            importJobId,
            importJob: { importMethod: IMPORT_METHOD, protectionLevel },
          },
          calling(),
        ))),
  };
}

function versionMethods(call: Attempt, repeat: Attempt, calling: Calling): VersionMethods {
  return {
    versions: async (parent) => {
      const [found] = await repeat(
        "list the key's versions",
        "cryptoKeyVersions.list",
        (kms) => kms.listCryptoKeyVersions({ parent }, calling()),
      );
      return found.map(versionOf);
    },
    version: async (name) => {
      const [found] = await repeat(
        "look at the key version",
        "cryptoKeyVersions.get",
        (kms) => kms.getCryptoKeyVersion({ name }, calling()),
      );
      return versionOf(found);
    },
    importVersion: async (request) => {
      const [{ name }] = await call(
        "import the key",
        "importJobs.useToImport or cloudkms.cryptoKeyVersions.create",
        (kms) => kms.importCryptoKeyVersion(request, calling()),
      );
      return name ?? "";
    },
  };
}

const ATTEMPTS = 4;
const PAUSE_MS = 1000;

/** gRPC's code. */
const ALREADY_EXISTS = 6;

/** Somebody else was faster, or an answer was lost: either way it is there now. */
async function unlessThere(creating: Promise<unknown>): Promise<void> {
  try {
    await creating;
  } catch (error) {
    if (Object(error).code !== ALREADY_EXISTS) throw error;
  }
}

async function orNull<T>(asking: Promise<T>): Promise<T | null> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof KmsAdminFault && error.reason === "not_found") return null;
    throw error;
  }
}
