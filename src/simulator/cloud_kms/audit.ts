/**
 * Cloud Audit Logs (Data Access) for the two calls that touch the key, in the shape of entries as
 * `entries.list` returned them in October 2026: the digest as lower-case hex, never the signature,
 * no request id, an empty `status` for a served request. Entries come late when asked to.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type KmsError, statuses } from "./kms_error.ts";
import type { ResourceName } from "./resource_name.ts";

export type MethodName = "AsymmetricSign" | "GetPublicKey";

/** One call as the log sees it. */
export interface AuditedCall {
  readonly method: MethodName;
  readonly resource: ResourceName;
  /** Null if the caller sent the data itself, or a body that could not be read. */
  readonly digest: { readonly hash: string; readonly bytes: Uint8Array } | null;
  /** Null for a request that was served. */
  readonly error: KmsError | null;
  readonly headers: Headers;
}

export interface AuditLog {
  record(call: AuditedCall): void;
  /** Entries that have been received by now, oldest first. */
  entries(): readonly unknown[];
}

export function createAuditLog(now: () => number, delayMs: number): AuditLog {
  const received: { readonly at: number; readonly entry: unknown }[] = [];
  return {
    record(call) {
      const at = now();
      const entry = writeEntry(call, received.length, at, at + delayMs);
      received.push({ at: at + delayMs, entry });
    },
    entries: () => received.filter(({ at }) => at <= now()).map(({ entry }) => entry),
  };
}

const PERMISSIONS = {
  AsymmetricSign: "cloudkms.cryptoKeyVersions.useToSign",
  GetPublicKey: "cloudkms.cryptoKeyVersions.viewPublicKey",
} as const;

/** The permission that a call needs, as audit entries and refusals name it. */
export function permissionOf(method: MethodName): string {
  return PERMISSIONS[method];
}

function writeEntry(call: AuditedCall, serial: number, at: number, receivedAt: number): unknown {
  const { resource, error } = call;
  const timestamp = nanoseconds(at, serial);
  return {
    protoPayload: {
      "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
      status: error ? { code: statuses[error.status].code, message: error.message } : {},
      authenticationInfo: {
        principalEmail: "box-office@box-office-sandbox.iam.gserviceaccount.com",
        principalSubject: "serviceAccount:box-office@box-office-sandbox.iam.gserviceaccount.com",
      },
      requestMetadata: requestMetadata(call.headers, timestamp),
      serviceName: "cloudkms.googleapis.com",
      methodName: call.method,
      authorizationInfo: [authorization(call)],
      resourceName: resource.name,
      request: request(call),
      metadata: {},
      resourceLocation: { currentLocations: [resource.location] },
    },
    insertId: insertId(resource.name, serial),
    resource: {
      type: "cloudkms_cryptokeyversion",
      labels: {
        crypto_key_version_id: resource.version,
        project_id: resource.project,
        crypto_key_id: resource.cryptoKey,
        key_ring_id: resource.keyRing,
        location: resource.location,
      },
    },
    timestamp,
    severity: "INFO",
    logName: `projects/${resource.project}/logs/cloudaudit.googleapis.com%2Fdata_access`,
    receiveTimestamp: nanoseconds(receivedAt, serial),
  };
}

/** What a caller controls in the log: its user agent, and a reason it may give. */
function requestMetadata(headers: Headers, time: string): unknown {
  const reason = headers.get("x-goog-request-reason");
  return {
    callerIp: "203.0.113.7",
    callerSuppliedUserAgent: `${headers.get("user-agent") ?? ""},gzip(gfe)`,
    requestAttributes: { time, ...(reason !== null && { reason }), auth: {} },
    destinationAttributes: {},
  };
}

function authorization({ method, resource, error }: AuditedCall): unknown {
  return {
    resource: resource.cryptoKeyName,
    permission: permissionOf(method),
    ...(error?.status !== "PERMISSION_DENIED" && { granted: true }),
    resourceAttributes: {
      service: "google.cloud.kms",
      name: resource.cryptoKeyName,
      type: "cloudkms.googleapis.com/CryptoKey",
    },
    permissionType: "DATA_READ",
  };
}

function request({ method, resource, digest }: AuditedCall): unknown {
  const hex = digest && { [digest.hash]: Buffer.from(digest.bytes).toString("hex") };
  return {
    name: method === "GetPublicKey" ? `${resource.name}/publicKey` : resource.name,
    ...(hex && { digest: hex }),
    "@type": `type.googleapis.com/google.cloud.kms.v1.${method}Request`,
  };
}

/** Nine fractional digits, as Cloud Logging writes them: more than a `Date` can hold. */
function nanoseconds(at: number, serial: number): string {
  const fraction = String(serial % 1_000_000).padStart(6, "0");
  return new Date(at).toISOString().replace("Z", `${fraction}Z`);
}

function insertId(name: string, serial: number): string {
  return createHash("sha256").update(`${name} ${serial}`).digest("hex").slice(0, 16);
}
