/** Entries of Cloud Audit Logs for tests: the shape of one that `entries.list` returned, bent. */

export const CRYPTO_KEY = "projects/acme/locations/europe-west4/keyRings/app/cryptoKeys/tokens";
export const KEY_VERSION = `${CRYPTO_KEY}/cryptoKeyVersions/1`;
export const DIGEST = "bbc5f4ce54e5335c553c867d090bc11361b096a59579e8605e275691136ff613";
export const TIME = "2026-10-02T09:06:06.982112024Z";

/** What differs from a plain entry. `undefined` takes a member out. */
export interface Bent {
  readonly time?: string | undefined;
  readonly keyVersion?: string;
  readonly digest?: unknown;
  readonly insertId?: string | undefined;
  readonly method?: string;
  readonly service?: string | undefined;
  readonly status?: unknown;
  readonly principal?: unknown;
  readonly userAgent?: string;
  readonly reason?: string;
}

/** As Cloud Logging gives it. */
export function logEntry(bent: Bent = {}): Record<string, unknown> {
  const { time, insertId, service, keyVersion, status, principal, reason } = {
    time: TIME,
    insertId: "1x0yq2zd5k",
    service: "cloudkms.googleapis.com",
    keyVersion: KEY_VERSION,
    status: {},
    principal: { principalEmail: "signer@acme.iam.gserviceaccount.com" },
    reason: null,
    ...bent,
  };
  return {
    protoPayload: {
      "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
      status,
      authenticationInfo: principal,
      requestMetadata: {
        callerIp: "203.0.113.7",
        callerSuppliedUserAgent: bent.userAgent ?? "box-office/0.1.0,gzip(gfe)",
        requestAttributes: { time, auth: {}, ...(reason !== null && { reason }) },
        destinationAttributes: {},
      },
      serviceName: service,
      methodName: bent.method ?? "AsymmetricSign",
      authorizationInfo: [{ resource: CRYPTO_KEY, granted: true, permissionType: "DATA_READ" }],
      resourceName: keyVersion,
      request: {
        name: keyVersion,
        digest: "digest" in bent ? bent.digest : { sha256: DIGEST },
        "@type": "type.googleapis.com/google.cloud.kms.v1.AsymmetricSignRequest",
      },
      metadata: {},
      resourceLocation: { currentLocations: ["europe-west4"] },
    },
    insertId,
    resource: { type: "cloudkms_cryptokeyversion", labels: { project_id: "acme" } },
    timestamp: time,
    severity: "INFO",
    logName: "projects/acme/logs/cloudaudit.googleapis.com%2Fdata_access",
    receiveTimestamp: time,
  };
}

/** The same as a row of a BigQuery sink, as `bq` prints it: microseconds, a request in a string. */
export function bigQueryRow(bent: Bent = {}): Record<string, unknown> {
  const entry = logEntry(bent);
  const payload = entry.protoPayload as Record<string, unknown>;
  const { request, status, metadata: _, "@type": __, ...rest } = payload;
  const code = (status as { code?: number } | null)?.code;
  return {
    logName: entry.logName,
    insertId: entry.insertId,
    timestamp: String(entry.timestamp).replace("T", " ").replace(/(\.\d{6})\d*Z$/, "$1 UTC"),
    textPayload: null,
    protopayload_auditlog: {
      ...rest,
      // Numbers are printed as text, and what is absent as null.
      status: code === undefined ? null : { code: String(code), message: null },
      requestJson: JSON.stringify(request),
      responseJson: null,
    },
  };
}

/** JSON lines. */
export function jsonLines(entries: readonly unknown[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join("");
}
