/**
 * The ways in which Cloud KMS, or the network before it, can fail a caller. A fault is armed for one
 * method and a number of calls, or until it is cleared. Those that lose an answer come in pairs:
 * failed, and failed although it happened.
 */
import { statuses, type StatusName } from "./kms_error.ts";

/** The methods that a fault can be armed for. */
export type FaultMethod = "asymmetricSign" | "getPublicKey";

/** What goes wrong. */
export type FaultKind =
  /** An error answer. */
  | { readonly kind: "status"; readonly status: StatusName; readonly message?: string }
  /** An answer that is no JSON: a proxy's page. */
  | { readonly kind: "page"; readonly http: number }
  /** The connection ends before the answer is complete. */
  | { readonly kind: "reset" }
  /** No answer, ever. */
  | { readonly kind: "silent" }
  /** The answer comes late: all of it, or its body after its headers. */
  | { readonly kind: "slow" | "slow_body"; readonly ms: number }
  /** `corrupt_signature` has the right checksum of the wrong bytes. */
  | { readonly kind: "corrupt_signature" | "corrupt_signature_crc32c" }
  | { readonly kind: "missing_signature_crc32c" }
  | { readonly kind: "missing_verified_digest_crc32c" | "false_verified_digest_crc32c" }
  | { readonly kind: "missing_verified_data_crc32c" | "false_verified_data_crc32c" }
  | { readonly kind: "corrupt_pem_crc32c" | "missing_pem_crc32c" }
  /** Another key's, with the right checksum of it. */
  | { readonly kind: "wrong_pem"; readonly pem: string }
  | { readonly kind: "wrong_name" }
  | { readonly kind: "wrong_protection_level"; readonly protectionLevel?: string }
  | { readonly kind: "wrong_algorithm"; readonly algorithm?: string };

/** A fault and its scope. */
export type KmsFault = FaultKind & {
  /** `asymmetricSign` unless said otherwise. */
  readonly method?: FaultMethod;
  /** How many calls of that method fail; without it, all until the fault is cleared. */
  readonly calls?: number;
  /** For `status`, `page`, `reset`, `silent`: the key signs and the log sees it all the same. */
  readonly happened?: boolean;
};

export interface Faults {
  /** Replaces the armed fault, which ends. */
  arm(fault: KmsFault | null): void;
  /** The fault of this call, if any; uses up one of its calls. */
  take(method: FaultMethod): ArmedFault | null;
}

export interface ArmedFault {
  readonly fault: KmsFault;
  /** The fault was replaced or cleared: answers that it holds back are let go. */
  readonly end: AbortSignal;
}

export function createFaults(): Faults {
  let armed: KmsFault | null = null;
  let ending = new AbortController();
  let left = Infinity;
  return {
    arm(fault) {
      ending.abort();
      ending = new AbortController();
      armed = fault;
      left = fault?.calls ?? Infinity;
    },
    take(method) {
      if (armed === null || left <= 0 || (armed.method ?? "asymmetricSign") !== method) return null;
      left--;
      return { fault: armed, end: ending.signal };
    },
  };
}

/** Reads a fault that another process sent. @throws if it is none */
export function parseFault(value: unknown): KmsFault {
  const { kind, status, http, ms, pem, method, calls, happened } = asRecord(value);
  const needs: boolean = kind === "status"
    ? typeof status === "string" && Object.hasOwn(statuses, status)
    : kind === "page"
    ? typeof http === "number" && http >= 200 && http <= 599
    : kind === "slow" || kind === "slow_body"
    ? typeof ms === "number" && ms >= 0
    : kind === "wrong_pem"
    ? typeof pem === "string"
    : PLAIN_KINDS.includes(String(kind));
  const scope =
    (method === undefined || method === "asymmetricSign" || method === "getPublicKey") &&
    (calls === undefined || (typeof calls === "number" && calls >= 1)) &&
    (happened === undefined || typeof happened === "boolean");
  if (!needs || !scope) throw new Error("Cannot arm the fault: its form is not known");
  return value as KmsFault;
}

const PLAIN_KINDS: readonly string[] = [
  "reset",
  "silent",
  "corrupt_signature",
  "corrupt_signature_crc32c",
  "missing_signature_crc32c",
  "missing_verified_digest_crc32c",
  "false_verified_digest_crc32c",
  "missing_verified_data_crc32c",
  "false_verified_data_crc32c",
  "corrupt_pem_crc32c",
  "missing_pem_crc32c",
  "wrong_name",
  "wrong_protection_level",
  "wrong_algorithm",
];

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
