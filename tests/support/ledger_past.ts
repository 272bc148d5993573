/**
 * A ledger with a past: entries of chosen times, appended as `usecases/ledger.ts` appends them, only faster
 * than one would wait for them.
 */

import assert from "node:assert/strict";
import { type EntryDraft, leafText } from "../../src/domain/ledger_entry.ts";
import { grow, leafHash } from "../../src/domain/merkle.ts";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import type { LedgerStore } from "../../src/usecases/ports.ts";

/** What the stores take in one step. */
const BATCH = 256;

/** Appends entries behind those that are there. @returns the size of the log */
export async function appendEntries(
  store: LedgerStore,
  drafts: readonly EntryDraft[],
): Promise<number> {
  let expected = await store.head();
  for (let place = 0; place < drafts.length; place += BATCH) {
    const leaves = drafts.slice(place, place + BATCH)
      .map((draft, offset) => leafText(expected.size + offset, draft));
    const { head: next, hashes } = grow(expected, leaves.map(leafHash));
    const id = crypto.randomUUID();
    const answer = await store.append(expected, { id, leaves, next, hashes });
    assert.equal(answer.kind, "appended");
    expected = next;
  }
  return expected.size;
}

export interface Attempt {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Unique. */
  readonly name: string;
  readonly result: "signed" | "failed" | null;
  readonly keyVersion?: string;
  readonly tenant?: string;
  readonly caller?: string;
}

export const KEY_VERSION = "projects/acme/locations/europe-west4/keyRings/box-office/cryptoKeys/" +
  "system-user/cryptoKeyVersions/3";

/** What one attempt at a key leaves: its intent, and its outcome if there is one. */
export function attemptEntries(attempt: Attempt): EntryDraft[] {
  const { at, name, result, keyVersion = KEY_VERSION, tenant = "Cust12345" } = attempt;
  const context = {
    at: new Date(at).toISOString(),
    request_id: `request-${name}`,
    caller: attempt.caller ?? "orders",
    context_identifier: tenant,
  };
  const digest_sha256 = sha256Hex(name);
  const intent = { kind: "sign_intent", attempt: name, key_version: keyVersion, digest_sha256 };
  const error = result === "failed" ? "timeout" : null;
  const signature_sha256 = result === "signed" ? digest_sha256 : null;
  const outcome = { kind: "sign_outcome", attempt: name, result, signature_sha256, error };
  return (result === null ? [intent] : [intent, outcome]).map((deed) =>
    ({ ...context, ...deed }) as EntryDraft
  );
}
