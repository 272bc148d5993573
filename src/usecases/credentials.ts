/**
 * Which of the app's credentials SuperOffice is asked with, as all instances know it together. A refusal
 * never changes that: only what works where the others were just refused does. Where there is one signing
 * key and one client secret there is nothing to know, and the store is left alone.
 */

import type {
  CredentialKind,
  CredentialNames,
  CredentialRecord,
} from "../domain/credential_record.ts";
import { isWithin } from "../domain/within.ts";
import { createCredentialBook, type CredentialBookParts } from "./credential_book.ts";

/** A signing key and a client secret, by their places among those that are configured. */
export interface Pair {
  readonly key: number;
  readonly secret: number;
}

/** One question to SuperOffice, asked with one pair; refused, perhaps once more with another. */
export interface Trial {
  readonly pair: Pair;
  /**
   * It was answered. If others were refused for the same question, all instances begin with this pair
   * from now on, and the ledger says so.
   */
  worked(requestId: string | null): Promise<void>;
  /**
   * It was refused. The store is asked first what to try next: another instance may know already.
   *
   * @param isRefusedAnyway true of a tenant whose consent was withdrawn before: for those, what is not
   * in use is tried rarely
   * @returns null where nothing is left to try
   */
  refused(isRefusedAnyway?: boolean): Promise<Trial | null>;
}

export interface Credentials {
  /** Resolves when the store has been asked once what works. Never throws. */
  ready(): Promise<void>;
  /**
   * A question that both credentials, or one of them, are needed for. Begins with what this process
   * knows to work, and waits for nothing.
   */
  begin(kinds: readonly CredentialKind[]): Trial;
  /** A client secret, by its place, was seen to work where that proves nothing: it is noted when. */
  sawWork(secret: number): void;
  /**
   * When an exchange of any instance last succeeded, to about a minute. Milliseconds; 0 where that is known
   * only from a clock that was ahead. Null where none ever did, or where nothing stands by.
   */
  workedAt(): number | null;
  /** Learns what other instances have found, and tells the ledger what they could not. Never throws. */
  refresh(): Promise<void>;
  /** Resolves when nothing is being noted any more. */
  drain(): Promise<void>;
}

/** What works is noted so often by each instance: `cli key rotate finish` counts in minutes. */
const NOTE_MS = 60_000;

export function createCredentials(parts: CredentialBookParts): Credentials {
  const { keys, secrets, clock, log } = parts;
  if (keys.length <= 1 && secrets.length <= 1) return ONLY;
  const pairs = keys.flatMap((_, key) => secrets.map((_, secret) => ({ key, secret })));
  const book = createCredentialBook(parts);
  const notedAt = new Map<string, number>();
  let noting: Promise<void> = Promise.resolve();

  const noteSometimes = (names: Partial<CredentialNames>): void => {
    const text = `${names.key} ${names.secret}`;
    const now = clock.now();
    if (isWithin(notedAt.get(text) ?? -Infinity, NOTE_MS, now)) return;
    notedAt.set(text, now);
    noting = noting.then(() => book.note(names, null, null))
      .catch((error) => log.error("credentials.fault", { error }));
  };

  const inUse = (): Pair => {
    const record = book.known();
    if (record === null) return { key: 0, secret: 0 };
    // What this process was not given is no use to it: then it begins with its own first.
    const { key, secret } = record;
    return {
      key: Math.max(0, keys.indexOf(key.inUse)),
      secret: Math.max(0, secrets.indexOf(secret.inUse)),
    };
  };

  /**
   * The record, if what is in use by it was taken out of this process's configuration: what works here is
   * another then, and SuperOffice has one at a time. What is not asked about does not count.
   */
  const foreign = (kinds: readonly CredentialKind[]): CredentialRecord | null => {
    const record = book.known();
    const own = { key: keys, secret: secrets };
    return record === null || kinds.every((kind) => own[kind].includes(record[kind].inUse))
      ? null
      : record;
  };

  /** @param refuted the record whose pair was refused before this one. Null: nothing was */
  const trial = (
    kinds: readonly CredentialKind[],
    pair: Pair,
    tried: readonly Pair[],
    refuted: CredentialRecord | null,
  ): Trial => ({
    pair,
    async worked(requestId) {
      const all = { key: keys[pair.key]!, secret: secrets[pair.secret]! };
      const names = Object.fromEntries(kinds.map((kind) => [kind, all[kind]]));
      if (refuted === null) noteSometimes(names);
      else await book.note(names, refuted, requestId);
    },
    async refused(isRefusedAnyway = false) {
      const all = [...tried, pair];
      const isLeft = (it: Pair) =>
        !all.some((old) => kinds.every((kind) => old[kind] === it[kind]));
      if (!pairs.some(isLeft)) return null;
      await book.read();
      const now = inUse();
      if (isLeft(now)) return trial(kinds, now, all, foreign(kinds));
      // One of the two is changed at a time, most likely: both together come last.
      const distance = ({ key, secret }: Pair) =>
        (key === now.key ? 0 : 1) + (secret === now.secret ? 0 : 2);
      const [other] = pairs.filter(isLeft).toSorted((a, b) => distance(a) - distance(b));
      const refuted = book.known() ?? book.fresh();
      return isRefusedAnyway && !await book.mayTry() ? null : trial(kinds, other!, all, refuted);
    },
  });

  return {
    ready: () => book.readOnce(),
    begin: (kinds) => trial(kinds, inUse(), [], foreign(kinds)),
    sawWork: (secret) => noteSometimes({ secret: secrets[secret]! }),
    workedAt() {
      const all = Object.values(book.known()?.key.worked ?? {});
      return all.length === 0 ? null : Math.max(0, ...all.filter((at) => at <= clock.now()));
    },
    refresh: () => book.refresh(),
    drain: () => noting,
  };
}

const done = () => Promise.resolve();
const THE_TRIAL: Trial = {
  pair: { key: 0, secret: 0 },
  worked: done,
  refused: () => Promise.resolve(null),
};

/** One of each: there is no choice. */
const ONLY: Credentials = {
  ready: done,
  begin: () => THE_TRIAL,
  sawWork: () => {},
  workedAt: () => null,
  refresh: done,
  drain: done,
};
