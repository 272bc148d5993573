/**
 * The ways in which Cloud KMS, or the network before it, can fail a caller. A fault is armed for one
 * method and a number of calls, or until it is cleared. Those that lose an answer come in pairs:
 * failed, and failed although it happened.
 */
import { isWait } from "../control/verbs.ts";
import { algorithms, protectionLevels } from "./enums.ts";
import { statuses, type StatusName } from "./kms_error.ts";
import { isMethodName, type MethodName, methodNames } from "./methods.ts";
import { canSpoil, isSpoilKind, type SpoilKind, spoilKinds } from "./spoil.ts";

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
  /** One member of the answer is corrupt, missing or another's. */
  | { readonly kind: Exclude<SpoilKind, ReplacingKind> }
  /** Another key's, with the right checksum of it. */
  | { readonly kind: "wrong_pem"; readonly pem: string }
  | { readonly kind: "wrong_protection_level"; readonly protectionLevel?: string }
  | { readonly kind: "wrong_algorithm"; readonly algorithm?: string };

type ReplacingKind = "wrong_pem" | "wrong_protection_level" | "wrong_algorithm";

/** A fault and its scope. */
export type KmsFault = FaultKind & {
  /** `asymmetricSign` unless said otherwise. */
  readonly method?: MethodName;
  /** How many calls of that method fail; without it, all until the fault is cleared. */
  readonly calls?: number;
  /** For `status`, `page`, `reset`, `silent`: the method does its work and the log sees it all the same. */
  readonly happened?: boolean;
};

export interface Faults {
  /** Replaces the armed fault, which ends. @throws if this one cannot be */
  arm(fault: KmsFault | null): void;
  /** The fault of this call, if any; uses up one of its calls. */
  take(method: MethodName): ArmedFault | null;
  /** What calls to come will meet. */
  armed(): KmsFault | null;
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
      if (fault !== null && !isFault(fault)) throw notAFault(fault);
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
    armed: () => left > 0 ? armed : null,
  };
}

/**
 * Reads a fault that another process sent, its members in snake_case, its method also as the audit log
 * spells it. @throws if it is none
 */
export function parseFault(members: Readonly<Record<string, unknown>>): KmsFault {
  const { protection_level: protectionLevel, method, ...rest } = members;
  const fault: unknown = {
    ...rest,
    ...(protectionLevel !== undefined && { protectionLevel }),
    ...(method !== undefined && { method: asInClients(method) }),
  };
  if (isFault(fault)) return fault;
  throw notAFault(fault);
}

/** `AsymmetricSign` to `asymmetricSign`. */
function asInClients(method: unknown): unknown {
  return typeof method === "string" ? method.charAt(0).toLowerCase() + method.slice(1) : method;
}

const MEMBERS = {
  status: ["status", "message"],
  page: ["http"],
  slow: ["ms"],
  slow_body: ["ms"],
  reset: [],
  silent: [],
  wrong_pem: ["pem"],
  wrong_protection_level: ["protectionLevel"],
  wrong_algorithm: ["algorithm"],
} as const;

/** A page cannot be sent with these. */
const WITHOUT_BODY = [204, 205, 304];

const SCOPE = ["kind", "method", "calls", "happened"];

function isFault(value: unknown): value is KmsFault {
  const { kind, status, message, http, ms, pem, protectionLevel, algorithm, ...scope } = Object(
    value,
  );
  const { method = "asymmetricSign", calls, happened } = scope;
  if (typeof kind !== "string" || !isMethodName(method)) return false;
  const isTransport = Object.hasOwn(MEMBERS, kind) && !isSpoilKind(kind);
  const own: readonly string[] = MEMBERS[kind as keyof typeof MEMBERS] ?? [];
  const needs: boolean = kind === "status"
    ? Object.hasOwn(statuses, String(status)) && isOptional(message, "string")
    : kind === "page"
    ? Number.isInteger(http) && http >= 200 && http <= 599 && !WITHOUT_BODY.includes(http)
    : kind === "slow" || kind === "slow_body"
    ? isWait(ms)
    : kind === "wrong_pem"
    ? typeof pem === "string"
    : isMemberOrAbsent(protectionLevels, protectionLevel) &&
      isMemberOrAbsent(algorithms, algorithm);
  return needs && (isTransport || canSpoil(kind, method)) &&
    Object.keys(Object(value)).every((key) => SCOPE.includes(key) || own.includes(key)) &&
    (calls === undefined || (Number.isSafeInteger(calls) && calls >= 1)) &&
    isOptional(happened, "boolean");
}

function isOptional(value: unknown, type: "string" | "boolean"): boolean {
  return value === undefined || typeof value === type;
}

function isMemberOrAbsent(members: Readonly<Record<string, number>>, value: unknown): boolean {
  return value === undefined || Object.hasOwn(members, String(value));
}

function notAFault(value: unknown): Error {
  const { kind, method = "asymmetricSign" } = Object(value);
  const kinds = [...new Set([...Object.keys(MEMBERS), ...spoilKinds])];
  const why = !kinds.includes(kind)
    ? `kind is none of ${kinds.join(", ")}`
    : !isMethodName(method)
    ? `method is none of ${methodNames.join(", ")}`
    : isSpoilKind(kind) && !canSpoil(kind, method)
    ? `no answer of ${method} has what ${kind} spoils`
    : `the members of ${kind} are missing, of another kind, or too many`;
  return new Error(`Cannot arm the fault: ${why}`);
}
