/**
 * A stand-in for Cloud KMS over REST on this machine: real keys, real signatures, Google's checks
 * and refusals, its audit log, and faults on demand. Listens on loopback only. It keeps no key once
 * it is closed, and it protects nothing: never point anything real at it.
 */
import type { MakeRsa } from "./key_material.ts";
import { Hono } from "hono";
import { mountControl, type Verbs } from "../control/verbs.ts";
import { createApi } from "./api.ts";
import { createAuditLog } from "./audit.ts";
import type { World } from "./call.ts";
import { algorithms, protectionLevels, purposeOf, requireMember, states } from "./enums.ts";
import { createFaults } from "./faults.ts";
import { createIamPolicies, KEY_POLICY, PROJECT_POLICY } from "./iam_policies.ts";
import { createImportJobs } from "./import_jobs.ts";
import { createKeyRings } from "./key_rings.ts";
import { createKeyVersions } from "./key_versions.ts";
import { type KeyVersionOptions, type KmsLevers, kmsVerbs } from "./verbs.ts";

export type { KmsFault } from "./faults.ts";

export interface CloudKmsOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /** Refuse calls without `Authorization: Bearer` something. */
  readonly requireBearer?: boolean;
  /** Which tokens are good, where one is required; all if not given. */
  readonly acceptsBearer?: (token: string) => boolean;
  /** How long after a call its audit entry can be read. */
  readonly auditDelayMs?: number;
  /** How long import jobs, imports and new versions stay pending after the answer that says so. */
  readonly pendingMs?: number;
  /** How long a version stays usable after a caller has disabled it. */
  readonly disablingMs?: number;
  /** Makes the RSA keys of versions and import jobs, which takes up to seconds, in another way. */
  readonly makeRsa?: MakeRsa;
}

export interface CloudKmsSimulator extends KmsLevers {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The first key version: ENABLED, HSM, RSA_SIGN_PKCS1_2048_SHA256. */
  readonly keyVersion: string;
  /** The levers as verbs of the control API, which are mounted here and may be elsewhere too. */
  readonly verbs: Verbs;
  /** SPKI in PEM. @throws if there is no such version, or it has no public key */
  publicKeyPem(keyVersion?: string): string;
  /** Ends what is waiting, and the listener. */
  close(): Promise<void>;
}

/** Makes the first key version and listens on 127.0.0.1. */
export async function startCloudKms(options: CloudKmsOptions = {}): Promise<CloudKmsSimulator> {
  const now = options.clock ?? Date.now;
  let signatures = 0;
  let requiresBearer = options.requireBearer ?? false;
  const world: World = {
    keyRings: createKeyRings(now),
    keyVersions: createKeyVersions(now, options.makeRsa),
    importJobs: createImportJobs(now, options.makeRsa),
    iamPolicies: createIamPolicies(),
    timing: { pendingMs: options.pendingMs ?? 0, disablingMs: options.disablingMs ?? 0 },
    signed: () => signatures++,
  };
  const faults = createFaults();
  const audit = createAuditLog(now, options.auditDelayMs ?? 0);
  const levers: KmsLevers = {
    addKeyVersion: (versionOptions) => addKeyVersion(world, versionOptions),
    keyVersions: () => world.keyVersions.list(),
    setState: world.keyVersions.setState,
    fault: faults.arm,
    armedFault: faults.armed,
    signatures: () => signatures,
    auditEntries: audit.entries,
    auditDelay: audit.setDelay,
    pending: (milliseconds) => {
      world.timing.pendingMs = milliseconds;
    },
    disabling: (milliseconds) => {
      world.timing.disablingMs = milliseconds;
    },
    expireImportJob: world.importJobs.expire,
    iamPolicy: world.iamPolicies.set,
    requireBearer: (required) => {
      requiresBearer = required;
    },
  };
  makeFirstCryptoKey(world);
  const keyVersion = await levers.addKeyVersion({});
  const verbs = kmsVerbs(levers);
  const api = createApi({
    world,
    faults,
    audit,
    requiresBearer: () => requiresBearer,
    acceptsBearer: options.acceptsBearer ?? (() => true),
  });
  const server = listen(options.port ?? 0, verbs, api);
  return {
    ...levers,
    url: `http://127.0.0.1:${server.addr.port}`,
    keyVersion,
    verbs,
    publicKeyPem: (name = keyVersion) => publicKeyPem(world, name),
    close: async () => {
      faults.arm(null);
      await server.shutdown();
    },
  };
}

function listen(port: number, verbs: Verbs, api: Hono): Deno.HttpServer<Deno.NetAddr> {
  const app = new Hono();
  mountControl(app, verbs);
  app.route("/", api);
  // Google answers an unknown path with a page, not with its JSON error.
  app.notFound((c) => c.html("<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", 404));
  return Deno.serve({ hostname: "127.0.0.1", port, onListen: () => {} }, app.fetch);
}

const RING = "projects/box-office-sandbox/locations/europe-west4/keyRings/box-office";
const CRYPTO_KEY = `${RING}/cryptoKeys/system-user`;

function makeFirstCryptoKey({ keyRings, iamPolicies }: World): void {
  iamPolicies.set(CRYPTO_KEY, KEY_POLICY);
  iamPolicies.set(RING.split("/").slice(0, 2).join("/"), PROJECT_POLICY);
  keyRings.addRing(RING.replace(/\/keyRings\/.*/, ""), "box-office");
  keyRings.addKey(RING, "system-user", {
    purpose: "ASYMMETRIC_SIGN",
    algorithm: "RSA_SIGN_PKCS1_2048_SHA256",
    protectionLevel: "HSM",
    importOnly: false,
    destroyScheduledSeconds: 30 * 24 * 3600,
    labels: {},
  });
}

async function addKeyVersion({ keyVersions }: World, options: KeyVersionOptions): Promise<string> {
  const algorithm = requireMember(algorithms, options.algorithm ?? "RSA_SIGN_PKCS1_2048_SHA256");
  if (purposeOf(algorithm) !== "ASYMMETRIC_SIGN") {
    throw new Error(`Cannot add a version of ${algorithm}: the crypto key signs`);
  }
  const { resource } = await keyVersions.make(CRYPTO_KEY, {
    algorithm,
    protectionLevel: requireMember(protectionLevels, options.protectionLevel ?? "HSM"),
    state: requireMember(states, options.state ?? "ENABLED"),
    pendingMs: null,
  });
  return resource.name;
}

function publicKeyPem({ keyVersions }: World, name: string): string {
  const material = keyVersions.get(name)?.material ?? null;
  if (material !== null && "publicKeyPem" in material) return material.publicKeyPem;
  throw new Error(`Cannot give the public key of ${name}: no such key`);
}
