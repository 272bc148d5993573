/**
 * Counts signatures out of the ledger's leaves: attempts at a key by hour, key version and result. Each
 * attempt counts at the time of its intent, so that one that was cut off is seen too. Leaves come in
 * order, once each; an outcome whose intent never came is passed over, and so is what is no entry.
 */

/** What came of attempts. */
export interface SignCounts {
  readonly signed: number;
  readonly failed: number;
  /** No outcome is written: under way, or cut off. */
  readonly open: number;
}

/** Attempts in one hour or one day of UTC. */
export interface SignSlot extends SignCounts {
  /** Milliseconds since the epoch. */
  readonly start: number;
}

/** One key version over a time. */
export interface SignSeries {
  readonly keyVersion: string;
  /** Oldest first, without gaps; the last one is not over yet. */
  readonly slots: readonly SignSlot[];
  readonly total: SignCounts;
}

export interface SignTally {
  take(leaf: string): void;
  /** So many slots up to now, of each key version that was used in them, by name. */
  series(step: Step, now: number): readonly SignSeries[];
}

/** How long a slot is, and how many are shown. */
export interface Step {
  readonly slotMs: number;
  readonly slots: number;
}

const HOUR_MS = 3_600_000;

export const HOURS: Step = { slotMs: HOUR_MS, slots: 24 };
export const DAYS: Step = { slotMs: 24 * HOUR_MS, slots: 30 };

/** A day more than is shown. */
const KEPT_MS = 31 * 24 * HOUR_MS;

/** Attempts whose outcome is waited for. The oldest stay open for good beyond that. */
const MAX_OPEN = 20_000;

interface Counting {
  signed: number;
  failed: number;
  open: number;
}

export function createSignTally(): SignTally {
  /** Start of the hour, then key version. */
  const hours = new Map<number, Map<string, Counting>>();
  const open = new Map<string, Counting>();

  const countsAt = (hour: number, keyVersion: string): Counting => {
    const ofHour = hours.get(hour) ?? new Map<string, Counting>();
    hours.set(hour, ofHour);
    const counts = ofHour.get(keyVersion) ?? { signed: 0, failed: 0, open: 0 };
    ofHour.set(keyVersion, counts);
    return counts;
  };

  const intend = (attempt: string, keyVersion: string, at: number): void => {
    const counts = countsAt(startOf(at, HOUR_MS), keyVersion);
    counts.open++;
    open.set(attempt, counts);
    const [oldest] = open.keys();
    if (open.size > MAX_OPEN && oldest !== undefined) open.delete(oldest);
  };

  const settle = (attempt: string, result: "signed" | "failed"): void => {
    const counts = open.get(attempt);
    if (counts === undefined) return;
    open.delete(attempt);
    counts.open--;
    counts[result]++;
  };

  return {
    take(leaf) {
      if (!/"kind":"sign_/.test(leaf)) return;
      const { kind, at, attempt, key_version: keyVersion, result } = membersOf(leaf);
      if (typeof attempt !== "string") return;
      if (kind === "sign_outcome" && (result === "signed" || result === "failed")) {
        return settle(attempt, result);
      }
      const time = typeof at === "string" ? Date.parse(at) : NaN;
      if (kind !== "sign_intent" || typeof keyVersion !== "string" || Number.isNaN(time)) return;
      intend(attempt, keyVersion, time);
    },
    series(step, now) {
      for (const hour of hours.keys()) if (hour < now - KEPT_MS) hours.delete(hour);
      return seriesOf(hours, step, now);
    },
  };
}

function seriesOf(
  hours: ReadonlyMap<number, ReadonlyMap<string, Counting>>,
  step: Step,
  now: number,
): SignSeries[] {
  const { slotMs, slots } = step;
  const first = firstSlot(step, now);
  const byVersion = new Map<string, Counting[]>();
  for (const [hour, ofHour] of hours) {
    const place = (startOf(hour, slotMs) - first) / slotMs;
    if (place < 0 || place >= slots) continue;
    for (const [keyVersion, counts] of ofHour) {
      const into = byVersion.get(keyVersion) ?? Array.from({ length: slots }, none);
      byVersion.set(keyVersion, into);
      add(into[place]!, counts);
    }
  }
  return [...byVersion].sort(([one], [other]) => one < other ? -1 : 1).map((
    [keyVersion, counted],
  ) => ({
    keyVersion,
    slots: counted.map((counts, place) => ({ ...counts, start: first + place * slotMs })),
    total: sumOf(counted),
  }));
}

/** A key version that was not used. */
export function emptySeries(keyVersion: string, { slotMs, slots }: Step, now: number): SignSeries {
  const first = firstSlot({ slotMs, slots }, now);
  const empty = Array.from({ length: slots }, (_, place) => ({
    ...none(),
    start: first + place * slotMs,
  }));
  return { keyVersion, slots: empty, total: none() };
}

/** @returns all of them as one */
export function sumOf(all: readonly SignCounts[]): SignCounts {
  const sum = none();
  for (const counts of all) add(sum, counts);
  return sum;
}

/** Several series over the same slots as one, under another name. */
export function joined(name: string, all: readonly SignSeries[]): SignSeries {
  const [first] = all;
  const slots = (first?.slots ?? []).map(({ start }, place) => ({
    ...sumOf(all.map((series) => series.slots[place]!)),
    start,
  }));
  return { keyVersion: name, slots, total: sumOf(all.map(({ total }) => total)) };
}

function none(): Counting {
  return { signed: 0, failed: 0, open: 0 };
}

function add(into: Counting, counts: SignCounts): void {
  into.signed += counts.signed;
  into.failed += counts.failed;
  into.open += counts.open;
}

function firstSlot({ slotMs, slots }: Step, now: number): number {
  return startOf(now, slotMs) - (slots - 1) * slotMs;
}

function startOf(at: number, slotMs: number): number {
  return Math.floor(at / slotMs) * slotMs;
}

/** Nothing of what is no object. */
function membersOf(leaf: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(leaf);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
