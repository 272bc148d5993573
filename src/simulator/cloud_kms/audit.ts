/**
 * Cloud Audit Logs in the shape of entries as `entries.list` returned them in October 2026: the digest
 * as lower-case hex, never a signature, a plaintext or key material, no request id, an empty `status`
 * for a served request. What changes something is Admin Activity; what uses a key is Data Access; what
 * only reads resources is not logged, as nobody has asked for ADMIN_READ. Entries come late when asked to.
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Json } from "./answer.ts";
import { type KmsError, statuses } from "./kms_error.ts";
import type { Method } from "./methods.ts";
import { parseResourceName, type ResourceKind, type ResourceName } from "./resource_name.ts";

/** One call as the log sees it. */
export interface AuditedCall {
  readonly method: Method;
  /** What the path named. */
  readonly resource: ResourceName;
  readonly headers: Headers;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Null for a request that was refused. */
  readonly answer: Json | null;
  /** Null for a request that was served. */
  readonly error: KmsError | null;
}

export interface AuditLog {
  record(call: AuditedCall): void;
  /** Entries that have been received by now, oldest first. */
  entries(): readonly unknown[];
  /** How long after a call its entry can be read; those already written keep their time. */
  setDelay(milliseconds: number): void;
}

/** @param now milliseconds since the epoch */
export function createAuditLog(now: () => number, firstDelayMs: number): AuditLog {
  const received: { readonly at: number; readonly entry: unknown }[] = [];
  let delayMs = firstDelayMs;
  return {
    record(call) {
      if (call.method.type === "ADMIN_READ") return;
      const at = now();
      const entry = writeEntry(call, received.length, at, at + delayMs);
      received.push({ at: at + delayMs, entry });
    },
    entries: () => received.filter(({ at }) => at <= now()).map(({ entry }) => entry),
    setDelay(milliseconds) {
      delayMs = milliseconds;
    },
  };
}

/** What a permission is held on: the crypto key, for its versions. */
export function protectedResource({ kind, name, parent }: ResourceName): string {
  return kind === "cryptoKeyVersion" ? parent : name;
}

function writeEntry(call: AuditedCall, serial: number, at: number, receivedAt: number): unknown {
  const { method, error } = call;
  const resource = touched(call);
  const timestamp = nanoseconds(at, serial);
  const isAdmin = method.type === "ADMIN_WRITE";
  const log = isAdmin ? "activity" : "data_access";
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
      methodName: pascalCase(method.name),
      authorizationInfo: [authorization(call)],
      resourceName: resource.name,
      request: request(call),
      metadata: {},
      resourceLocation: { currentLocations: [resource.location] },
    },
    insertId: insertId(resource.name, serial),
    resource: monitoredResource(resource),
    timestamp,
    severity: isAdmin ? "NOTICE" : "INFO",
    logName: `projects/${resource.project}/logs/cloudaudit.googleapis.com%2F${log}`,
    receiveTimestamp: nanoseconds(receivedAt, serial),
  };
}

/** The resource that a call was about: what it made, if the path only names where. */
function touched({ method, resource, answer }: AuditedCall): ResourceName {
  const made = method.type === "ADMIN_WRITE" ? parseResourceName(String(answer?.["name"])) : null;
  return made ?? resource;
}

/** Nulls are what a resource of its kind has no part for. */
function monitoredResource(resource: ResourceName): unknown {
  const labels = {
    crypto_key_version_id: resource.version,
    project_id: resource.project,
    crypto_key_id: resource.cryptoKey,
    key_ring_id: resource.keyRing,
    import_job_id: resource.importJob,
    location: resource.location,
  };
  const present = Object.entries(labels).filter(([, value]) => value !== null);
  return { type: MONITORED[resource.kind], labels: Object.fromEntries(present) };
}

const MONITORED: Readonly<Record<ResourceKind, string>> = {
  location: "audited_resource",
  keyRing: "cloudkms_keyring",
  cryptoKey: "cloudkms_cryptokey",
  cryptoKeyVersion: "cloudkms_cryptokeyversion",
  importJob: "cloudkms_importjob",
};

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
  const name = protectedResource(resource);
  const kind = resource.kind === "cryptoKeyVersion" ? "cryptoKey" : resource.kind;
  return {
    resource: name,
    permission: method.permission,
    ...(error?.status !== "PERMISSION_DENIED" && { granted: true }),
    resourceAttributes: {
      service: "google.cloud.kms",
      name,
      type: `cloudkms.googleapis.com/${pascalCase(kind)}`,
    },
    permissionType: method.type,
  };
}

/** The request as far as the log shows it: who, where, and a digest; never what is secret. */
function request({ method, resource, query, body }: AuditedCall): unknown {
  const { name } = resource;
  const type = {
    "@type": `type.googleapis.com/google.cloud.kms.v1.${pascalCase(method.name)}Request`,
  };
  switch (method.name) {
    case "asymmetricSign":
      return { name, ...digestOf(body), ...type };
    case "getPublicKey":
      return { name: `${name}/publicKey`, ...type };
    case "createKeyRing":
    case "createCryptoKey":
    case "createImportJob": {
      const ids = [...query].filter(([parameter]) => parameter.endsWith("Id"));
      return { parent: name, ...Object.fromEntries(ids), ...type };
    }
    case "createCryptoKeyVersion":
      return { parent: name, ...type };
    case "importCryptoKeyVersion": {
      const { importJob, cryptoKeyVersion } = Object(body);
      return { parent: name, importJob, cryptoKeyVersion, ...type };
    }
    case "updateCryptoKeyVersion": {
      const updateMask = query.get("updateMask") ?? "";
      return { cryptoKeyVersion: { name, state: Object(body).state }, updateMask, ...type };
    }
    default:
      return { name, ...type };
  }
}

/** The digest as hex: whatever was sent, if it can be read at all. */
function digestOf(body: unknown): Json {
  const [hash, text] = Object.entries(Object(Object(body).digest))[0] ?? [];
  if (hash === undefined || typeof text !== "string") return {};
  return { digest: { [hash]: Buffer.from(text, "base64").toString("hex") } };
}

/** `asymmetricSign` as the log writes it. */
function pascalCase(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Nine fractional digits, as Cloud Logging writes them: more than a `Date` can hold. */
function nanoseconds(at: number, serial: number): string {
  const fraction = String(serial % 1_000_000).padStart(6, "0");
  return new Date(at).toISOString().replace("Z", `${fraction}Z`);
}

function insertId(name: string, serial: number): string {
  return createHash("sha256").update(`${name} ${serial}`).digest("hex").slice(0, 16);
}
