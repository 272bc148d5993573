/**
 * Counts one thing that has a limit, in memory and at once. Where instances share a store, what was let
 * through is told behind the answer, and what all of them let through is heard. Only where that could
 * decide, close to the limit, is the news waited for, and not long: a store that is slow or gone opens
 * no door and closes none, because this instance's own count holds.
 */

import { PartFault } from "../domain/part_fault.ts";
import { type Rate, spare, UNUSED, type Usage, use, usedAt } from "../domain/rate.ts";
import { isWithin } from "../domain/within.ts";
import type { Clock, Log, UsageStore } from "./ports.ts";

/** What the meter says of one use. */
export interface Reading {
  /** Uses that there are left at once. */
  readonly left: number;
  /** Until all of them are back. Milliseconds. */
  readonly fullInMs: number;
  /** 0 if this one was let through and counted, otherwise when there will be one. Milliseconds. */
  readonly waitMs: number;
}

export interface Meter {
  /** A promise only while news is waited for. */
  take(): Reading | Promise<Reading>;
}

export interface MeterParts {
  /** What is counted, for the store. */
  readonly name: string;
  readonly rate: Rate;
  /** Null where instances share none. */
  readonly store: UsageStore | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Given every telling, so that it can be waited for. */
  readonly follow: (telling: Promise<void>) => void;
}

/** The others are told when a hundredth of the limit was let through, or after this time. */
const TELL_MS = 1000;

/** Close to the limit is its second half, and all of a small one: so many uses. */
const CLOSE = 20;

/** The longest wait for one telling, and after so long a use begins no other. */
const PATIENCE_MS = 250;

/** For so long nobody waits after news that were late. */
const HASTE_MS = 10_000;

export function createMeter({ name, rate, store, clock, log, follow }: MeterParts): Meter {
  const enoughToTell = Math.max(1, Math.floor(rate.count / 100));
  const close = Math.max(rate.count / 2, CLOSE);
  const news = createNews(clock);
  let usage: Usage = UNUSED;
  /** Let through, and the others do not know it yet. */
  let untold = 0;
  let toldAt = -Infinity;
  let failedAt = -Infinity;

  /**
   * What all let through, and what went through here since that was asked. Own count holds.
   *
   * @param asked news may be on its way for long: what came back meanwhile is no part of it any more
   */
  const hear = (used: number, asked: number): void => {
    const now = clock.now();
    const heard = usedAt(rate.count, { at: asked, used }, now);
    const all = Math.min(heard + untold * rate.periodMs, rate.periodMs * rate.count);
    usage = { at: now, used: Math.max(usedAt(rate.count, usage, now), all) };
  };

  const tell = async (to: UsageStore, now: number): Promise<void> => {
    // What is back meanwhile, because nobody could be told for long, concerns nobody any more.
    const uses = Math.min(untold, Math.ceil(usedAt(rate.count, usage, now) / rate.periodMs));
    untold = 0;
    toldAt = now;
    try {
      hear(await to.add(name, rate, uses, now), now);
    } catch (error) {
      sayNotShared(log, error);
      untold += uses;
      failedAt = clock.now();
    }
  };

  const takeNow = (): Reading => {
    const now = clock.now();
    const { usage: next, waitMs } = use(rate, usage, now);
    usage = next;
    if (waitMs === 0) untold++;
    const isDue = untold >= enoughToTell || (untold > 0 && !isWithin(toldAt, TELL_MS, now));
    const isFree = !news.isUnderWay() && !isWithin(failedAt, TELL_MS, now);
    if (store !== null && isDue && isFree) {
      const telling = tell(store, now);
      news.begin(telling);
      follow(telling);
    }
    return { ...spare(rate, usage, now), waitMs };
  };

  const isWorthWaiting = (now: number): boolean =>
    news.isAwaited(now) && spare(rate, usage, now).left <= close;

  const takeAfterNews = async (begun: number): Promise<Reading> => {
    const isPatient = (now: number) => isWithin(begun, PATIENCE_MS, now);
    for (let now = begun; isPatient(now) && isWorthWaiting(now); now = clock.now()) {
      await news.wait();
    }
    return takeNow();
  };

  return {
    take() {
      const now = clock.now();
      return isWorthWaiting(now) ? takeAfterNews(now) : takeNow();
    },
  };
}

function sayNotShared(log: Log, error: unknown): void {
  if (!(error instanceof PartFault)) log.error("limits.fault", { error });
  else log.debug("limits.not_shared", { reason: error.reason });
}

/** What is under way, and how long it is waited for. Late once, nobody waits for some time. */
function createNews(clock: Clock) {
  let telling: Promise<void> | null = null;
  let isLate = false;
  let waiting: Promise<void> | null = null;
  let lateAt = -Infinity;

  const waitFor = async (told: Promise<void>): Promise<void> => {
    const ended = new AbortController();
    const patience = clock.sleep(PATIENCE_MS, ended.signal).then(() => {
      if (telling !== told) return;
      isLate = true;
      lateAt = clock.now();
    });
    await Promise.race([told, patience]);
    ended.abort();
  };

  return {
    isUnderWay: () => telling !== null,
    isAwaited: (now: number) => telling !== null && !isLate && !isWithin(lateAt, HASTE_MS, now),
    begin(told: Promise<void>): void {
      telling = told;
      isLate = false;
      waiting = null;
      // Before all who wait for it go on.
      void told.then(() => {
        telling = null;
      });
    },
    /** Only while it is awaited. */
    wait: (): Promise<void> => waiting ??= waitFor(telling!),
  };
}
