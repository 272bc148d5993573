/**
 * The record of the app's credentials as this process knows it, read from and written to the store that
 * all instances share. A change of what is in use goes on the ledger. A record that is out of reach costs
 * exchanges, nothing else.
 */

import {
  changesOf,
  type CredentialNames,
  type CredentialRecord,
  CREDENTIALS,
  isNews,
  newRecord,
  withWork,
} from "../domain/credential_record.ts";
import { PartFault } from "../domain/part_fault.ts";
import { isWithin } from "../domain/within.ts";
import type { CredentialStore } from "./credential_ports.ts";
import { type Ledger, LedgerFault } from "./ledger.ts";
import type { Clock, Ids, Log } from "./ports.ts";

export interface CredentialBookParts {
  /** Names of the signing key's versions: the one in use by configuration, then its standby. */
  readonly keys: readonly string[];
  /** Names of the client secrets, likewise. */
  readonly secrets: readonly string[];
  readonly store: CredentialStore;
  readonly ledger: Pick<Ledger, "record">;
  readonly clock: Pick<Clock, "now">;
  readonly ids: Ids;
  readonly log: Log;
}

/** For tenants that are refused anyway, what is not in use is tried so often, by all instances together. */
const TRY_MS = 10 * 60_000;

/** Others may change the record this often before it is left to the next time. */
const MAX_CONFLICTS = 20;

/** What a process knows. */
export interface CredentialBook {
  /** Null: nothing is known yet. */
  known(): CredentialRecord | null;
  /** What is begun with where nothing is known: the first of each. */
  fresh(): CredentialRecord;
  /** Reads the store. Never throws. */
  read(): Promise<void>;
  /** The same, the first time that anybody wants it. */
  readOnce(): Promise<void>;
  /**
   * Writes down what worked. Never throws for a store that is down.
   *
   * @param refuted the record whose pair was refused for the same question. Null: none was
   */
  note(
    names: Partial<CredentialNames>,
    refuted: CredentialRecord | null,
    requestId: string | null,
  ): Promise<void>;
  /** Whether what is not in use may be tried for a tenant that is refused anyway. Counts as done. */
  mayTry(): Promise<boolean>;
}

export function createCredentialBook(
  { keys, secrets, store, ledger, clock, ids, log }: CredentialBookParts,
): CredentialBook {
  let known: CredentialRecord | null = null;
  let reading: Promise<void> | null = null;
  let first: Promise<void> | null = null;

  const fresh = () => newRecord({ key: keys[0]!, secret: secrets[0]! });

  function outOfReach(error: unknown): void {
    if (!(error instanceof PartFault)) throw error;
    log.warn("credentials.out_of_reach", { reason: error.reason });
  }

  const readNow = async (): Promise<void> => {
    const before = known;
    try {
      const record = await store.get();
      // What was found meanwhile is newer.
      if (known === before) known = record ?? known;
    } catch (error) {
      outOfReach(error);
    }
  };
  const read = (): Promise<void> => reading ??= readNow().finally(() => reading = null);

  const tellLedger = async (
    from: CredentialRecord,
    to: CredentialRecord,
    requestId: string | null,
  ): Promise<void> => {
    const nobody = { requestId, caller: null, contextIdentifier: null };
    for (const change of changesOf(from, to)) {
      log.warn("credentials.changed", { ...change });
      // A crash before this leaves a change that only the intents show, by their key version.
      await ledger.record(nobody, { kind: "key_changed", ...change });
    }
  };

  const write = async (
    names: Partial<CredentialNames>,
    refuted: CredentialRecord | null,
    requestId: string | null,
  ): Promise<void> => {
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const stored = await store.get();
      const before = stored ?? known ?? fresh();
      // Whoever followed another instance, or was overtaken by one, has proved nothing.
      const isProof = refuted !== null && isSameUse(before, refuted);
      const noted = withWork(before, names, clock.now(), isProof);
      if (stored !== null && !isNews(stored, noted)) {
        known = stored;
        return;
      }
      const next = { ...noted, writing: ids.next() };
      if (!await store.swap(stored, next)) continue;
      known = next;
      return await tellLedger(before, next, requestId);
    }
  };

  return {
    known: () => known,
    fresh,
    read,
    readOnce: (): Promise<void> => first ??= read(),
    async note(
      names: Partial<CredentialNames>,
      refuted: CredentialRecord | null,
      requestId: string | null,
    ): Promise<void> {
      try {
        await write(names, refuted, requestId);
      } catch (error) {
        if (error instanceof LedgerFault) {
          log.error("credentials.change_unrecorded", { error });
          return;
        }
        // What was found is not lost to this process, at least.
        if (refuted !== null) known = withWork(known ?? fresh(), names, clock.now(), true);
        outOfReach(error);
      }
    },
    async mayTry(): Promise<boolean> {
      const now = clock.now();
      if (isWithin(known?.triedAt ?? -Infinity, TRY_MS, now)) return false;
      const next = { ...known ?? fresh(), triedAt: now, writing: ids.next() };
      const isOurs = await store.swap(known, next).catch((error) => {
        outOfReach(error);
        return false;
      });
      if (isOurs) known = next;
      return isOurs;
    },
  };
}

const isSameUse = (record: CredentialRecord, other: CredentialRecord): boolean =>
  CREDENTIALS.every((kind) =>
    record[kind].inUse === other[kind].inUse && record[kind].since === other[kind].since
  );
