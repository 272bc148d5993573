/**
 * A stand-in for Cloud KMS over REST on this machine: real keys, real signatures, Google's checks
 * and refusals, its audit log, and faults on demand. Listens on loopback only. It keeps no key once
 * it is closed, and it protects nothing: never point anything real at it.
 */
import { Hono } from "hono";
import { createApi } from "./api.ts";
import { createAuditLog } from "./audit.ts";
import { createControl } from "./control.ts";
import { createFaults, type KmsFault } from "./faults.ts";
import { createKeyVersions, type KeyVersionOptions } from "./key_versions.ts";

export type { KmsFault } from "./faults.ts";

export interface CloudKmsOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /** Refuse calls without `Authorization: Bearer` something. */
  readonly requireBearer?: boolean;
  /** How long after a call its audit entry can be read. */
  readonly auditDelayMs?: number;
}

export interface CloudKmsSimulator {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The first key version: ENABLED, HSM, RSA_SIGN_PKCS1_2048_SHA256. */
  readonly keyVersion: string;
  /** SPKI in PEM. @throws if there is no such version */
  publicKeyPem(keyVersion?: string): string;
  /** Adds a version to the same crypto key. @returns its name */
  addKeyVersion(options: KeyVersionOptions): Promise<string>;
  /** @param effectiveAfterMs how long signing goes on after a disabling; Google documents minutes */
  setState(keyVersion: string, state: string, effectiveAfterMs?: number): void;
  /** Arms a fault, or clears it with null; answers that the fault before it held back are let go. */
  fault(fault: KmsFault | null): void;
  /** AsymmetricSign calls that produced a signature. */
  signatures(): number;
  /** Cloud Audit Logs of AsymmetricSign and GetPublicKey, refused ones too, oldest first. */
  auditEntries(): readonly unknown[];
  /** Ends what is waiting, and the listener. */
  close(): Promise<void>;
}

/** Makes the first key version and listens on 127.0.0.1. */
export async function startCloudKms(options: CloudKmsOptions = {}): Promise<CloudKmsSimulator> {
  const now = options.clock ?? Date.now;
  const keyVersions = createKeyVersions(now);
  const keyVersion = await keyVersions.add({});
  const faults = createFaults();
  const audit = createAuditLog(now, options.auditDelayMs ?? 0);
  let signatures = 0;
  const api = createApi({
    keyVersions,
    faults,
    audit,
    requireBearer: options.requireBearer ?? false,
    signed: () => signatures++,
  });
  const control = createControl({ keyVersions, faults, audit, signatures: () => signatures });
  const app = new Hono().route("/_control", control).route("/", api);
  // Google answers an unknown path with a page, not with its JSON error.
  app.notFound((c) => c.html("<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", 404));
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: options.port ?? 0, onListen: () => {} },
    app.fetch,
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    keyVersion,
    publicKeyPem: (name = keyVersion) => {
      const version = keyVersions.get(name);
      if (!version) throw new Error(`Cannot give the public key of ${name}: no such key version`);
      return version.publicKeyPem;
    },
    addKeyVersion: keyVersions.add,
    setState: keyVersions.setState,
    fault: faults.arm,
    signatures: () => signatures,
    auditEntries: audit.entries,
    close: async () => {
      faults.arm(null);
      await server.shutdown();
    },
  };
}
