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
import { createTelling, type Telling } from "./credential_telling.ts";
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
  /** The same, and puts changes on the ledger that another instance could not. */
  refresh(): Promise<void>;
  /** As `refresh`, the first time that anybody wants it. */
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

export function createCredentialBook(parts: CredentialBookParts): CredentialBook {
  const { keys, secrets, store, clock, ids, log } = parts;
  const fresh = () => newRecord({ key: keys[0]!, secret: secrets[0]! });
  const page = createPage(store, log);
  const telling = createTelling(parts);
  const write = createWriting(parts, page, telling, fresh);
  let first: Promise<void> | null = null;

  /** What came to nothing is tried again by whoever reads the record a minute later. */
  const unrecorded = (error: unknown): void => {
    if (!(error instanceof LedgerFault)) return page.outOfReach(error);
    log.error("credentials.change_unrecorded", { error });
  };

  const refresh = async (): Promise<void> => {
    await page.read();
    const before = page.known;
    if (before?.untold === undefined) return;
    try {
      page.replace(before, await telling.takeOver(before));
    } catch (error) {
      unrecorded(error);
    }
  };

  /** What was found is not lost to this process, at least. */
  const keep = (names: Partial<CredentialNames>, refuted: CredentialRecord | null): void => {
    if (refuted === null) return;
    page.known = withWork(page.known ?? fresh(), names, clock.now(), true);
  };

  return {
    known: () => page.known,
    fresh,
    read: () => page.read(),
    refresh,
    readOnce: () => first ??= refresh(),
    async note(names, refuted, requestId) {
      try {
        if (!await write(names, refuted, requestId)) keep(names, refuted);
      } catch (error) {
        if (!(error instanceof LedgerFault)) keep(names, refuted);
        unrecorded(error);
      }
    },
    async mayTry() {
      const { known } = page;
      const now = clock.now();
      if (isWithin(known?.triedAt ?? -Infinity, TRY_MS, now)) return false;
      const next = { ...known ?? fresh(), triedAt: now, writing: ids.next() };
      const isOurs = await store.swap(known, next).catch((error) => {
        page.outOfReach(error);
        return false;
      });
      if (isOurs) page.known = next;
      return isOurs;
    },
  };
}

/** The record as it was last seen or written here. */
interface Page {
  /** Null: nothing is known yet. */
  known: CredentialRecord | null;
  /** Reads the store; those who want it at the same time share that. Never throws. */
  read(): Promise<void>;
  /** Takes what came of a record, unless something newer was found meanwhile. */
  replace(before: CredentialRecord | null, record: CredentialRecord | null): void;
  /** Logs a store that is down. @throws any other error */
  outOfReach(error: unknown): void;
}

function createPage(store: CredentialStore, log: Log): Page {
  let reading: Promise<void> | null = null;
  const readNow = async (): Promise<void> => {
    const before = page.known;
    try {
      page.replace(before, await store.get());
    } catch (error) {
      page.outOfReach(error);
    }
  };
  const page: Page = {
    known: null,
    read: () => reading ??= readNow().finally(() => reading = null),
    replace(before, record) {
      if (page.known === before) page.known = record ?? page.known;
    },
    outOfReach(error) {
      if (!(error instanceof PartFault)) throw error;
      log.warn("credentials.out_of_reach", { reason: error.reason });
    },
  };
  return page;
}

/** Writes down what worked, as `CredentialBook.note`. @returns false if others were always faster */
function createWriting(
  { store, clock, ids, log }: CredentialBookParts,
  page: Page,
  telling: Telling,
  fresh: () => CredentialRecord,
) {
  return async (
    names: Partial<CredentialNames>,
    refuted: CredentialRecord | null,
    requestId: string | null,
  ): Promise<boolean> => {
    for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
      const stored = await store.get();
      const before = stored ?? page.known ?? fresh();
      // Whoever followed another instance, or was overtaken by one, has proved nothing.
      const isProof = refuted !== null && isSameUse(before, refuted);
      const noted = withWork(before, names, clock.now(), isProof);
      if (stored !== null && !isNews(stored, noted)) {
        page.known = stored;
        return true;
      }
      const changes = changesOf(before, noted);
      const isChange = changes.length > 0;
      const mark = isChange ? { untold: telling.mark(before, changes, requestId) } : {};
      const next: CredentialRecord = { ...noted, ...mark, writing: ids.next() };
      // COMMIT POINT: from here on all instances begin with it. A crash after this leaves the change for
      // the next reader to tell.
      if (!await store.swap(stored, next)) continue;
      page.known = next;
      for (const change of changes) log.warn("credentials.changed", { ...change });
      if (isChange) page.replace(next, await telling.tell(next.untold!));
      return true;
    }
    return false;
  };
}

const isSameUse = (record: CredentialRecord, other: CredentialRecord): boolean =>
  CREDENTIALS.every((kind) =>
    record[kind].inUse === other[kind].inUse && record[kind].since === other[kind].since
  );
