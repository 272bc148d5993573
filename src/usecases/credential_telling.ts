/**
 * Puts changes of the app's credentials on the ledger. The record of what works carries each of them
 * until the ledger has it: one that a crash or a ledger that was down left behind is written by whoever
 * reads the record later. So a change may be on the ledger twice, and is never missing.
 */

import type { CredentialChange, CredentialRecord, Untold } from "../domain/credential_record.ts";
import { isWithin } from "../domain/within.ts";
import type { CredentialStore } from "./credential_ports.ts";
import type { Ledger } from "./ledger.ts";
import type { Clock, Ids } from "./ports.ts";

export interface Telling {
  /** What the record carries that brings these changes; what it carried before comes along. */
  mark(
    before: CredentialRecord,
    changes: readonly CredentialChange[],
    requestId: string | null,
  ): Untold;
  /**
   * Writes down what a record carries, then takes it off the record.
   *
   * @returns the record as it is stored then. @throws LedgerFault; PartFault if the store is down
   */
  tell(untold: Untold): Promise<CredentialRecord | null>;
  /** The same for what another left behind; as `tell`, or the record where there is nothing to do. */
  takeOver(record: CredentialRecord): Promise<CredentialRecord | null>;
}

/** Whoever made a change has told it long before, or never will. */
const ABANDONED_MS = 60_000;

/** Others may change the record this often; what it still carries then is told once more. */
const MAX_CONFLICTS = 20;

export function createTelling(
  { store, ledger, clock, ids }: {
    readonly store: CredentialStore;
    readonly ledger: Pick<Ledger, "record">;
    readonly clock: Pick<Clock, "now">;
    readonly ids: Ids;
  },
): Telling {
  const takeOff = async (teller: string): Promise<CredentialRecord | null> => {
    for (let conflicts = 0;; conflicts++) {
      const stored = await store.get();
      if (stored?.untold?.teller !== teller || conflicts === MAX_CONFLICTS) return stored;
      const { untold: _, ...told } = stored;
      const next = { ...told, writing: ids.next() };
      if (await store.swap(stored, next)) return next;
    }
  };

  const tell: Telling["tell"] = async ({ changes, requestId, teller }) => {
    const nobody = { requestId, caller: null, contextIdentifier: null };
    for (const change of changes) await ledger.record(nobody, { kind: "key_changed", ...change });
    // A crash before this leaves what is on the ledger to be told again.
    return await takeOff(teller);
  };

  return {
    mark: ({ untold }, changes, requestId) => ({
      changes: [...untold?.changes ?? [], ...changes],
      requestId,
      at: clock.now(),
      teller: ids.next(),
    }),
    tell,
    async takeOver(record) {
      const { untold } = record;
      const now = clock.now();
      if (untold === undefined || isWithin(untold.at, ABANDONED_MS, now)) return record;
      const ours = { ...untold, at: now, teller: ids.next() };
      const next = { ...record, untold: ours, writing: ids.next() };
      return await store.swap(record, next) ? await tell(ours) : await store.get();
    },
  };
}
