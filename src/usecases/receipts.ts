/** Makes receipts: one tenant's entries, found in the whole log, with their proofs. */

import type { ContextId } from "../domain/context_id.ts";
import { type Receipt, RECEIPT_FORMAT, type ReceiptEntry } from "../domain/receipt.ts";
import { inclusionRanges } from "../domain/tree_proofs.ts";
import type { Audit } from "./audit.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { LedgerStore } from "./ports.ts";
import { readRoots } from "./tree_reading.ts";

/** @throws PartFault, SignerFault */
export async function makeReceipt(
  { store, audit, checkpoints }: {
    readonly store: LedgerStore;
    readonly audit: Pick<Audit, "leaves">;
    readonly checkpoints: Checkpoints;
  },
  tenant: ContextId,
): Promise<Receipt> {
  const { note, checkpoint } = await checkpoints.current();
  const entries: ReceiptEntry[] = [];
  // Canonical JSON has one spelling. A text that only looks like it is sorted out by what follows.
  const mark = `"context_identifier":${JSON.stringify(tenant)}`;
  let index = -1;
  for await (const leaf of audit.leaves(-1)) {
    index++;
    if (index === checkpoint.size) break;
    if (!leaf.includes(mark) || JSON.parse(leaf).context_identifier !== tenant) continue;
    entries.push({ leaf, proof: await readRoots(store, inclusionRanges(index, checkpoint.size)) });
  }
  return { format: RECEIPT_FORMAT, context_identifier: tenant, checkpoint: note, entries };
}
