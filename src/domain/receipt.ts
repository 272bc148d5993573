/**
 * Receipts: every entry of one tenant with its inclusion proof, and the checkpoint that they lead to.
 * One JSON object that can be verified with the log's public key and nothing else. Shows no entry of
 * another tenant; does not show that no entry of this one is missing.
 */

import { openCheckpoint, type VerifierKey } from "./checkpoint.ts";
import { createAttempts, type LedgerVerdict, readEntry } from "./ledger_verification.ts";
import { leafHash, rootFromProof } from "./merkle.ts";

/** Format and version, the first member of every receipt. */
export const RECEIPT_FORMAT = "box-office-receipt/1";

export interface Receipt {
  readonly format: typeof RECEIPT_FORMAT;
  readonly context_identifier: string;
  /** C2SP signed note. */
  readonly checkpoint: string;
  readonly entries: readonly ReceiptEntry[];
}

export interface ReceiptEntry {
  /** The entry's canonical JSON, as text: its index is in it. */
  readonly leaf: string;
  /** Lower-case hex, the leaf's sibling first. */
  readonly proof: readonly string[];
}

/** The verdict on a receipt. @param text the JSON. Its `size` is the number of entries */
export function verifyReceipt(text: string, key: VerifierKey): LedgerVerdict {
  const fail = (index: number | null, why: string): LedgerVerdict => ({ ok: false, index, why });
  const receipt = readReceipt(text);
  if (typeof receipt === "string") return fail(null, receipt);
  const checkpoint = openCheckpoint(receipt.checkpoint, key);
  if (checkpoint === null) {
    return fail(null, "its checkpoint is malformed or not signed by this key");
  }
  if (receipt.entries.length === 0) return fail(null, "it has no entries");
  const attempts = createAttempts();
  let last = -1;
  for (const [place, { leaf, proof }] of receipt.entries.entries()) {
    const entry = readEntry(leaf);
    if (typeof entry === "string") return fail(null, `entry number ${place + 1} of it: ${entry}`);
    const { index } = entry;
    if (index <= last) return fail(index, "it does not follow the one before it");
    if (entry.context_identifier !== receipt.context_identifier) {
      return fail(index, "it is another tenant's");
    }
    if (rootFromProof(leafHash(leaf), index, checkpoint.size, proof) !== checkpoint.rootHash) {
      return fail(index, "its proof does not lead to the checkpoint's root hash");
    }
    const why = attempts.judge(entry);
    if (why !== null) return fail(index, why);
    last = index;
  }
  return { ok: true, size: receipt.entries.length, rootHash: checkpoint.rootHash };
}

const MEMBERS = ["checkpoint", "context_identifier", "entries", "format"];

/** @returns the receipt, or why the text is none */
function readReceipt(text: string): Receipt | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  if (!isRecord(value) || value.format !== RECEIPT_FORMAT) return "it is no receipt of this format";
  if (Object.keys(value).sort().join() !== MEMBERS.join()) return "its members are not a receipt's";
  const { context_identifier, checkpoint, entries } = value;
  const isReceipt = typeof context_identifier === "string" && typeof checkpoint === "string" &&
    Array.isArray(entries) && entries.every(isReceiptEntry);
  return isReceipt ? value as unknown as Receipt : "a member is not of its type";
}

function isReceiptEntry(value: unknown): value is ReceiptEntry {
  return isRecord(value) && Object.keys(value).length === 2 &&
    typeof value.leaf === "string" && Array.isArray(value.proof) &&
    value.proof.every((hash) => typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
