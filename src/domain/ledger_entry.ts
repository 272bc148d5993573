/**
 * Ledger entries: what is written down, and the canonical bytes that become a leaf of the tree.
 * Entries hold digests, never secrets. A leaf is the entry's canonical JSON (RFC 8785).
 */

import canonicalize from "canonicalize";

/** Members of every entry. `null` where one does not apply. */
export interface EntryContext {
  /** ISO 8601, UTC, milliseconds. */
  readonly at: string;
  readonly request_id: string | null;
  readonly caller: string | null;
  readonly context_identifier: string | null;
}

/** What kinds there are and which members each has besides the common ones. */
export type EntryDeed =
  | {
    readonly kind: "consent";
    readonly serial: string;
    readonly consented_by: string;
    readonly system_token_sha256: string;
  }
  | { readonly kind: "consent_refused"; readonly reason: string }
  | {
    readonly kind: "sign_intent";
    /** Unguessable name of one attempt at the key; joins intent, outcome and exchange. */
    readonly attempt: string;
    readonly key_version: string;
    readonly digest_sha256: string;
  }
  | {
    readonly kind: "sign_outcome";
    readonly attempt: string;
    readonly result: "signed" | "failed";
    readonly signature_sha256: string | null;
    readonly error: string | null;
  }
  | {
    readonly kind: "exchange";
    readonly attempt: string;
    readonly result: "issued" | "refused" | "failed";
    readonly ticket_sha256: string | null;
    readonly error: string | null;
  }
  | { readonly kind: "tenant_removed"; readonly reason: string }
  | { readonly kind: "tenant_state"; readonly from: string | null; readonly to: string }
  | { readonly kind: "key_changed"; readonly from: string | null; readonly to: string };

/** An entry before it has its place in the log. */
export type EntryDraft = EntryContext & EntryDeed;

/** An entry at its place. */
export type Entry = EntryDraft & { readonly index: number };

/** Members by kind, beyond the common ones: the grammar that a verifier holds entries against. */
export const ENTRY_MEMBERS: Readonly<Record<EntryDeed["kind"], readonly string[]>> = {
  consent: ["serial", "consented_by", "system_token_sha256"],
  consent_refused: ["reason"],
  sign_intent: ["attempt", "key_version", "digest_sha256"],
  sign_outcome: ["attempt", "result", "signature_sha256", "error"],
  exchange: ["attempt", "result", "ticket_sha256", "error"],
  tenant_removed: ["reason"],
  tenant_state: ["from", "to"],
  key_changed: ["from", "to"],
};

/** Members that every entry has. */
export const COMMON_MEMBERS = [
  "index",
  "at",
  "kind",
  "request_id",
  "caller",
  "context_identifier",
] as const;

/** @returns the canonical JSON text of a JSON value (RFC 8785) */
export function canonicalText(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("Cannot canonicalize the value: not JSON");
  return text;
}

/** @returns the leaf of an entry: its canonical JSON */
export function leafText(index: number, draft: EntryDraft): string {
  return canonicalText({ ...draft, index });
}
