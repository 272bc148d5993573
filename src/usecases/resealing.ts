/**
 * Changes the key that everything stored is sealed under, while the service runs, and opens all of it, to
 * know that it can be read. Keeps nothing of its own: what was not resealed is found again by whoever
 * comes next. A value that no key opens is reported and left.
 */

import { PartFault } from "../domain/part_fault.ts";
import type { Clock } from "./ports.ts";
import {
  type LookStep,
  type Resealing,
  type ResealStep,
  SEALED_KINDS,
  type SealedCount,
  type SealedKind,
} from "./resealing_ports.ts";

export interface ResealOptions {
  readonly store: Resealing;
  readonly clock: Clock;
  /** Values sealed anew a second, at most, or ten times as many that are only read. From 1. */
  readonly perSecond: number;
  /** Told after each step what has been done so far. */
  readonly told?: (result: ResealResult) => void;
}

export interface ResealResult {
  readonly resealed: number;
  /** Changed by somebody else meanwhile. */
  readonly passed: number;
  readonly unreadable: readonly UnreadableValue[];
}

export interface UnreadableValue {
  readonly kind: SealedKind;
  /** Context identifier, or id of a notice. */
  readonly name: string;
}

/** What is stored, all of it opened. */
export interface Looked {
  readonly counts: readonly SealedCount[];
  readonly unreadable: readonly (UnreadableValue & { readonly keyId: string | null })[];
}

/** A step is one transaction, or one script: callers wait for no more than that. */
const MOST_IN_A_STEP = 250;

/** A store that is busy, or not heard of, is asked again so often, so much later each time. */
const ATTEMPTS = 5;
const PAUSE_MS = 500;

/**
 * Seals everything anew that is not under the current key.
 *
 * @throws PartFault if the store fails again and again
 */
export async function reseal(options: ResealOptions): Promise<ResealResult> {
  const { store, clock, perSecond, told } = options;
  const limit = Math.max(1, Math.min(MOST_IN_A_STEP, Math.floor(perSecond / 4)));
  const pace = createPace(clock, perSecond);
  let result: ResealResult = { resealed: 0, passed: 0, unreadable: [] };
  for (const kind of SEALED_KINDS) {
    let after: string | null = null;
    do {
      const from: string | null = after;
      const step: ResealStep = await patiently(
        clock,
        () => store.step(kind, from, limit),
      );
      result = add(result, kind, step);
      told?.(result);
      after = step.next;
      const done = step.resealed + step.passed + step.unreadable.length;
      await pace(done, step.looked - done);
    } while (after !== null);
  }
  return result;
}

/**
 * Opens everything that is sealed, whatever it is sealed under.
 *
 * @throws PartFault if the store fails again and again
 */
export async function lookThrough(options: Omit<ResealOptions, "told">): Promise<Looked> {
  const { store, clock, perSecond } = options;
  const limit = Math.max(1, Math.min(MOST_IN_A_STEP, Math.floor(perSecond / 4 / READ_COST)));
  const pace = createPace(clock, perSecond);
  const counts = new Map<string, SealedCount>();
  const unreadable: Looked["unreadable"][number][] = [];
  for (const kind of SEALED_KINDS) {
    let after: string | null = null;
    do {
      const from: string | null = after;
      const step: LookStep = await patiently(clock, () => store.look(kind, from, limit));
      for (const it of step.counts) {
        const name = `${kind} ${it.keyId}`;
        counts.set(name, { ...it, count: it.count + (counts.get(name)?.count ?? 0) });
      }
      for (const it of step.unreadable) unreadable.push({ kind, ...it });
      after = step.next;
      await pace(0, step.looked);
    } while (after !== null);
  }
  return { counts: [...counts.values()], unreadable };
}

/** A value that is read costs so much of one that is replaced. */
const READ_COST = 0.1;

/** @returns what resolves when so much that was replaced, and read, is within the rate */
function createPace(clock: Clock, perSecond: number) {
  let due = clock.now();
  return async (replaced: number, read: number): Promise<void> => {
    // A page on which there is nothing is a request, too.
    const cost = Math.max(READ_COST, replaced + READ_COST * read);
    due = Math.max(due, clock.now() - 1000) + cost * 1000 / perSecond;
    const wait = due - clock.now();
    if (wait > 0) await clock.sleep(wait);
  };
}

function add(result: ResealResult, kind: SealedKind, step: ResealStep): ResealResult {
  const more = step.unreadable.map((name) => ({ kind, name }));
  return {
    resealed: result.resealed + step.resealed,
    passed: result.passed + step.passed,
    unreadable: more.length === 0 ? result.unreadable : [...result.unreadable, ...more],
  };
}

/** A step may be done twice: the second time it finds less to do. */
async function patiently<T>(clock: Clock, deed: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await deed();
    } catch (error) {
      const mayPass = error instanceof PartFault && PASSING.has(error.reason);
      if (!mayPass || attempt === ATTEMPTS) throw error;
      await clock.sleep(attempt * PAUSE_MS);
    }
  }
}

const PASSING: ReadonlySet<string> = new Set(["busy", "timeout", "network", "protocol"]);
