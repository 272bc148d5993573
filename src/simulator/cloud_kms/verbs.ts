/**
 * What drives the stand-in from another process: the verbs of the control API that are about Cloud KMS.
 * Nothing of it exists at Google. Members in snake_case; `?`: may be left out.
 *
 * | verb | members | does, and answers |
 * |---|---|---|
 * | `kms_audit` (GET) | | the audit entries that have been received by now, as JSON lines |
 * | `kms_audit_delay` | `milliseconds` | how long after a call, from now on, its entry can be read |
 * | `kms_signatures` (GET) | | `{signatures}`: AsymmetricSign calls that made one, answered or not |
 * | `kms_key_versions` (GET) | | `[{name, algorithm, state, protection_level}]` of every crypto key |
 * | `kms_add_key_version` | `algorithm?`, `protection_level?`, `state?` | the next version of the first crypto key; `{key_version}` |
 * | `kms_set_state` | `key_version`, `state`, `effective_after_ms?` | any state, at once; a disabling may be felt late |
 * | `kms_pending` | `milliseconds` | how long import jobs, imports and new versions stay pending, from now on |
 * | `kms_disabling` | `milliseconds` | how long a version stays usable after a caller of the API disables it |
 * | `kms_require_bearer` | `required` | from now on calls without `Authorization: Bearer` something are refused, or not |
 * | `kms_expire_import_job` | `import_job` | the job is EXPIRED now, not in three days |
 * | `kms_iam_policy` | `resource`, `policy` | what getIamPolicy answers of a key, a ring or `projects/P`; null: denied |
 * | `kms_fault` | `kind`, what it needs, `method?`, `calls?`, `happened?` | arms one fault and ends the one before |
 * | `kms_armed_fault` (GET) | | the fault that calls to come will meet, or null |
 * | `kms_clear_fault` | | ends the fault: answers that it held back are let go |
 *
 * Faults: `status` (`status`, `message?`), `page` (`http`), `reset`, `silent`, `slow` and `slow_body`
 * (`ms`) are of every method. The rest spoil one member of an answer, and can be armed for methods
 * whose answers have it: `wrong_name`, `wrong_protection_level` (`protection_level?`),
 * `wrong_algorithm` (`algorithm?`); of a signature `corrupt_signature`, `corrupt_signature_crc32c`,
 * `missing_signature_crc32c`, `missing_` and `false_verified_digest_crc32c`, `missing_` and
 * `false_verified_data_crc32c`; of a public key `wrong_pem` (`pem`), `corrupt_pem_crc32c`,
 * `missing_pem_crc32c`; of a ciphertext `corrupt_ciphertext`, `corrupt_ciphertext_crc32c`,
 * `missing_ciphertext_crc32c`, `missing_verified_plaintext_crc32c`, `missing_verified_aad_crc32c`; of a
 * plaintext `corrupt_plaintext`, `corrupt_plaintext_crc32c`, `missing_plaintext_crc32c`.
 */
import type { Json } from "./answer.ts";
import { type Body, flag, isWait, MOST_MS, number, text, type Verbs } from "../control/verbs.ts";
import { type KmsFault, parseFault } from "./faults.ts";
import type { KeyVersion } from "./key_versions.ts";

/** What there is to pull at, in the words of this process. */
export interface KmsLevers {
  /** Adds a version to the first crypto key, at once in its state. @returns its name */
  addKeyVersion(options: KeyVersionOptions): Promise<string>;
  /** Of every crypto key. */
  keyVersions(): readonly KeyVersion[];
  /** @param effectiveAfterMs how long use goes on after a disabling; Google documents minutes */
  setState(keyVersion: string, state: string, effectiveAfterMs?: number): void;
  /** What is answered of who may do what at a crypto key, a key ring or `projects/P`. Null: denied. */
  iamPolicy(resource: string, policy: Json | null): void;
  /** Whether calls without `Authorization: Bearer` something are refused. */
  requireBearer(required: boolean): void;
  /** Arms a fault, or clears it with null; answers that the fault before it held back are let go. */
  fault(fault: KmsFault | null): void;
  /** The fault that calls to come will meet. */
  armedFault(): KmsFault | null;
  /** AsymmetricSign calls that produced a signature. */
  signatures(): number;
  /** Cloud Audit Logs of what used a key or changed something, refused calls too, oldest first. */
  auditEntries(): readonly unknown[];
  /** How long after a call, from now on, its entry can be read. */
  auditDelay(milliseconds: number): void;
  /** How long import jobs, imports and new versions stay pending, from now on. */
  pending(milliseconds: number): void;
  /** How long a version stays usable after a caller of the API disables it, from now on. */
  disabling(milliseconds: number): void;
  /** Ends an import job before its three days are over. */
  expireImportJob(name: string): void;
}

export interface KeyVersionOptions {
  /** `RSA_SIGN_PKCS1_2048_SHA256` unless said otherwise. */
  readonly algorithm?: string;
  /** `HSM` unless said otherwise. */
  readonly protectionLevel?: string;
  /** `ENABLED` unless said otherwise. */
  readonly state?: string;
}

/** The same levers for other processes. */
export function kmsVerbs(levers: KmsLevers): Verbs {
  return {
    kms_audit: { takes: [], reads: true, call: () => jsonLines(levers.auditEntries()) },
    kms_audit_delay: delay((milliseconds) => levers.auditDelay(milliseconds)),
    kms_signatures: {
      takes: [],
      reads: true,
      call: () => ({ signatures: levers.signatures() }),
    },
    kms_key_versions: { takes: [], reads: true, call: () => levers.keyVersions().map(summary) },
    kms_add_key_version: {
      takes: ["algorithm?", "protection_level?", "state?"],
      call: async (body) => ({ key_version: await levers.addKeyVersion(keyVersionOptions(body)) }),
    },
    kms_set_state: {
      takes: ["key_version", "state", "effective_after_ms?"],
      call: (body) => {
        const late = body["effective_after_ms"] ?? 0;
        if (!isWait(late)) {
          throw new Error(`Cannot set effective_after_ms: not a whole number from 0 to ${MOST_MS}`);
        }
        levers.setState(text(body, "key_version"), text(body, "state"), late);
      },
    },
    kms_pending: delay((milliseconds) => levers.pending(milliseconds)),
    kms_disabling: delay((milliseconds) => levers.disabling(milliseconds)),
    kms_require_bearer: {
      takes: ["required"],
      call: (body) => levers.requireBearer(flag(body, "required")),
    },
    kms_expire_import_job: {
      takes: ["import_job"],
      call: (body) => levers.expireImportJob(text(body, "import_job")),
    },
    kms_iam_policy: {
      takes: ["resource", "policy"],
      call: (body) => levers.iamPolicy(text(body, "resource"), policyIn(body)),
    },
    kms_fault: {
      takes: ["kind", "…what it needs", "method?", "calls?", "happened?"],
      call: (body) => levers.fault(parseFault(body)),
    },
    kms_armed_fault: { takes: [], reads: true, call: () => levers.armedFault() },
    kms_clear_fault: { takes: [], call: () => levers.fault(null) },
  };
}

function delay(set: (milliseconds: number) => void): Verbs[string] {
  return {
    takes: ["milliseconds"],
    call: (body) => {
      const milliseconds = number(body, "milliseconds");
      if (!isWait(milliseconds)) {
        throw new Error(`Cannot set milliseconds: not a whole number from 0 to ${MOST_MS}`);
      }
      set(milliseconds);
    },
  };
}

function policyIn({ policy }: Body): Json | null {
  if (typeof policy === "object" && !Array.isArray(policy)) return policy as Json | null;
  throw new Error("Cannot set policy: neither an object nor null");
}

function jsonLines(entries: readonly unknown[]): Response {
  const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
  return new Response(lines.join(""), { headers: { "content-type": "application/jsonl" } });
}

function summary({ resource, algorithm, state, protectionLevel }: KeyVersion): unknown {
  return { name: resource.name, algorithm, state, protection_level: protectionLevel };
}

function keyVersionOptions(body: Body): KeyVersionOptions {
  const { algorithm, protection_level, state } = body;
  return {
    ...(algorithm !== undefined && { algorithm: text(body, "algorithm") }),
    ...(protection_level !== undefined && { protectionLevel: text(body, "protection_level") }),
    ...(state !== undefined && { state: text(body, "state") }),
  };
}
