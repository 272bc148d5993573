/**
 * What security teams see of the ledger: how often the keys were used, the newest entries, the tenants,
 * what the checkpoint is worth, what the last reconciliation found. For callers that may `ledger`. Reads
 * only, signs nothing, and verifies no more than the checkpoint: whether each entry is right is for
 * `ledger verify` to say. A part of it that does not work is told, and costs nothing else.
 */

import { type Caller, may, mayDo } from "../domain/caller.ts";
import { PartFault, retryAfterSeconds } from "../domain/part_fault.ts";
import type { ReconciliationSummary } from "../domain/reconciliation.ts";
import { readReconciliationNote } from "../domain/reconciliation_note.ts";
import { accept, type Outcome, refuse } from "../domain/refusal.ts";
import { EVERY_ENTRY } from "../domain/shown_entry.ts";
import type { Audit } from "./audit.ts";
import type { CheckpointStatus } from "./checkpoints.ts";
import { createFigureReader, type Figures } from "./console_figures.ts";
import { type EntrySearch, type FoundEntries, searchEntries } from "./console_search.ts";
import type { Clock, LedgerStore, Log, TenantStore } from "./ports.ts";
import type { TenantPage } from "./tenants.ts";

export interface LedgerConsole {
  overview(caller: Caller): Promise<Outcome<Overview>>;
  entries(caller: Caller, search: EntrySearch): Promise<Outcome<FoundEntries>>;
  /** Of those that the caller's entry names. @param after a tenant's sequence; 0 for the first page */
  tenants(caller: Caller, after: number): Promise<Outcome<TenantPage>>;
}

/** Each part by itself. */
export interface Overview {
  /** Entries in the log. */
  readonly size: number;
  readonly checkpoint: Outcome<CheckpointStatus>;
  readonly reconciliation: Outcome<KeptReconciliation>;
  readonly figures: Outcome<Figures>;
  readonly latest: Outcome<FoundEntries>;
}

export type KeptReconciliation =
  | { readonly kind: "none" }
  | { readonly kind: "unreadable" }
  | { readonly kind: "kept"; readonly summary: ReconciliationSummary };

/** Entries on the first page. */
const LATEST = 10;

/** Tenants on one page. */
export const MAX_TENANTS = 200;

export function createLedgerConsole(
  { audit, ledger, tenants, clock, log }: {
    readonly audit: Pick<Audit, "entries" | "status" | "note">;
    readonly ledger: Pick<LedgerStore, "head">;
    readonly tenants: Pick<TenantStore, "list">;
    readonly clock: Clock;
    readonly log: Log;
  },
): LedgerConsole {
  const figures = createFigureReader({ audit, clock });

  /** Of a part that is not the audit's, which refuses by itself. */
  const guarded = async <T>(caller: Caller, part: Part, deed: () => Promise<T>) => {
    if (!mayDo(caller, "ledger")) return refuse("caller_forbidden", "ledger");
    try {
      return accept(await deed());
    } catch (error) {
      if (!(error instanceof PartFault)) throw error;
      const isLedger = part === "ledger";
      log.warn(isLedger ? "audit.store_fault" : "tenants.store_fault", { reason: error.reason });
      const code = isLedger ? "ledger_unavailable" : "store_unavailable";
      return refuse(code, error.reason, retryAfterSeconds(error, 2));
    }
  };
  const sizeOfLog = (caller: Caller) =>
    guarded(caller, "ledger", async () => (await ledger.head()).size);

  return {
    async overview(caller) {
      const size = await sizeOfLog(caller);
      if (!size.ok) return size;
      const newest = { filter: EVERY_ENTRY, before: null, limit: LATEST };
      const [checkpoint, reconciled, counted, latest] = await Promise.all([
        audit.status(caller),
        readReconciliation(audit, caller),
        figures.read(caller, size.value),
        searchEntries(audit, caller, newest, size.value),
      ]);
      return accept({
        size: size.value,
        checkpoint,
        reconciliation: reconciled,
        figures: counted,
        latest,
      });
    },

    async entries(caller, search) {
      const size = await sizeOfLog(caller);
      return size.ok ? await searchEntries(audit, caller, search, size.value) : size;
    },

    tenants: (caller, after) =>
      guarded(caller, "tenants", async () => {
        const page = await tenants.list(after, MAX_TENANTS);
        const last = page.at(-1);
        return {
          tenants: page.filter(({ contextIdentifier }) => may(caller, "ledger", contextIdentifier)),
          next: last !== undefined && page.length === MAX_TENANTS ? last.sequence : null,
        };
      }),
  };
}

type Part = "ledger" | "tenants";

async function readReconciliation(
  audit: Pick<Audit, "note">,
  caller: Caller,
): Promise<Outcome<KeptReconciliation>> {
  const note = await audit.note(caller, "reconciliation");
  if (!note.ok) return note;
  if (note.value === null) return accept({ kind: "none" });
  const summary = readReconciliationNote(note.value);
  return accept(summary === null ? { kind: "unreadable" } : { kind: "kept", summary });
}
