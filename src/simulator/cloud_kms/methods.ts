/**
 * Every method of Cloud KMS that this stand-in serves, by the path that Google's HTTP annotations give
 * it (`google/cloud/kms/v1/service.proto`), with the permission it needs and the audit log it is
 * written to.
 */
import {
  createCryptoKey,
  createCryptoKeyVersion,
  createKeyRing,
  destroyCryptoKeyVersion,
  getCryptoKey,
  getCryptoKeyVersion,
  getIamPolicy,
  getKeyRing,
  listCryptoKeys,
  listCryptoKeyVersions,
  listKeyRings,
  restoreCryptoKeyVersion,
  updateCryptoKeyPrimaryVersion,
  updateCryptoKeyVersion,
} from "./admin_methods.ts";
import type { Act } from "./call.ts";
import { asymmetricSign, decrypt, encrypt, getPublicKey } from "./data_methods.ts";
import {
  createImportJob,
  getImportJob,
  importCryptoKeyVersion,
  listImportJobs,
} from "./import_methods.ts";

/** What a permission is for; ADMIN_WRITE goes to Admin Activity, the rest to Data Access. */
export type PermissionType = "ADMIN_READ" | "ADMIN_WRITE" | "DATA_READ";

export interface Method {
  readonly name: MethodName;
  readonly http: string;
  /** Matches a path below `/v1/`; its one group is the name of a resource. */
  readonly path: RegExp;
  /** `cloudkms.…` */
  readonly permission: string;
  readonly type: PermissionType;
  readonly act: Act;
}

type Row = readonly [
  http: string,
  resource: string,
  ending: string,
  permission: string,
  type: PermissionType,
  act: Act,
];

const LOCATION = "projects/[^/]+/locations/[^/:]+";
const RING = `${LOCATION}/keyRings/[^/:]+`;
const KEY = `${RING}/cryptoKeys/[^/:]+`;
const VERSION = `${KEY}/cryptoKeyVersions/[^/:]+`;
const JOB = `${RING}/importJobs/[^/:]+`;
const KEY_OR_VERSION = `${KEY}(?:/cryptoKeyVersions/[^/:]+)?`;

const KEY_OR_RING = `${RING}(?:/cryptoKeys/[^/:]+)?`;

const READ = "ADMIN_READ";
const WRITE = "ADMIN_WRITE";
const USE = "DATA_READ";

// deno-fmt-ignore
const rows = {
  asymmetricSign: ["POST", VERSION, ":asymmetricSign", "cryptoKeyVersions.useToSign", USE, asymmetricSign],
  getPublicKey: ["GET", VERSION, "/publicKey", "cryptoKeyVersions.viewPublicKey", USE, getPublicKey],
  encrypt: ["POST", KEY_OR_VERSION, ":encrypt", "cryptoKeyVersions.useToEncrypt", USE, encrypt],
  decrypt: ["POST", KEY, ":decrypt", "cryptoKeyVersions.useToDecrypt", USE, decrypt],
  createKeyRing: ["POST", LOCATION, "/keyRings", "keyRings.create", WRITE, createKeyRing],
  getKeyRing: ["GET", RING, "", "keyRings.get", READ, getKeyRing],
  listKeyRings: ["GET", LOCATION, "/keyRings", "keyRings.list", READ, listKeyRings],
  createCryptoKey: ["POST", RING, "/cryptoKeys", "cryptoKeys.create", WRITE, createCryptoKey],
  getCryptoKey: ["GET", KEY, "", "cryptoKeys.get", READ, getCryptoKey],
  listCryptoKeys: ["GET", RING, "/cryptoKeys", "cryptoKeys.list", READ, listCryptoKeys],
  updateCryptoKeyPrimaryVersion: ["POST", KEY, ":updatePrimaryVersion", "cryptoKeys.update", WRITE, updateCryptoKeyPrimaryVersion],
  createCryptoKeyVersion: ["POST", KEY, "/cryptoKeyVersions", "cryptoKeyVersions.create", WRITE, createCryptoKeyVersion],
  getCryptoKeyVersion: ["GET", VERSION, "", "cryptoKeyVersions.get", READ, getCryptoKeyVersion],
  listCryptoKeyVersions: ["GET", KEY, "/cryptoKeyVersions", "cryptoKeyVersions.list", READ, listCryptoKeyVersions],
  updateCryptoKeyVersion: ["PATCH", VERSION, "", "cryptoKeyVersions.update", WRITE, updateCryptoKeyVersion],
  destroyCryptoKeyVersion: ["POST", VERSION, ":destroy", "cryptoKeyVersions.destroy", WRITE, destroyCryptoKeyVersion],
  restoreCryptoKeyVersion: ["POST", VERSION, ":restore", "cryptoKeyVersions.restore", WRITE, restoreCryptoKeyVersion],
  getIamPolicy: ["GET", KEY_OR_RING, ":getIamPolicy", "cryptoKeys.getIamPolicy", READ, getIamPolicy],
  createImportJob: ["POST", RING, "/importJobs", "importJobs.create", WRITE, createImportJob],
  getImportJob: ["GET", JOB, "", "importJobs.get", READ, getImportJob],
  listImportJobs: ["GET", RING, "/importJobs", "importJobs.list", READ, listImportJobs],
  importCryptoKeyVersion: ["POST", KEY, "/cryptoKeyVersions:import", "cryptoKeyVersions.create", WRITE, importCryptoKeyVersion],
} as const satisfies Record<string, Row>;

export type MethodName = keyof typeof rows;

/** The method that such a request calls, and the name in its path; null if there is none. */
export function route(http: string, path: string): { method: Method; resource: string } | null {
  for (const method of methods) {
    const resource = method.http === http ? method.path.exec(path)?.[1] : undefined;
    if (resource !== undefined) return { method, resource };
  }
  return null;
}

/** Every method that there is. */
export const methodNames: readonly string[] = Object.keys(rows);

export function isMethodName(name: unknown): name is MethodName {
  return typeof name === "string" && Object.hasOwn(rows, name);
}

const methods: readonly Method[] = Object.entries(rows).map(([name, row]) => {
  const [http, resource, ending, permission, type, act] = row;
  const path = new RegExp(`^/v1/(${resource})${ending}$`);
  return { name: name as MethodName, http, path, permission: `cloudkms.${permission}`, type, act };
});
