/**
 * Changes the key that everything stored is sealed under, while the service runs. Keeps nothing of its
 * own: what was not resealed is found again by whoever comes next. A value that no key opens is reported
 * and left.
 */

import { PartFault } from "../domain/part_fault.ts";
import type { Clock } from "./ports.ts";
import {
  type Resealing,
  type ResealStep,
  SEALED_KINDS,
  type SealedKind,
} from "./resealing_ports.ts";

export interface ResealOptions {
  readonly store: Resealing;
  readonly clock: Clock;
  /** Values sealed anew a second, at most. From 1. */
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
  let result: ResealResult = { resealed: 0, passed: 0, unreadable: [] };
  let due = clock.now();
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
      due = Math.max(due, clock.now() - 1000) + done * 1000 / perSecond;
      const wait = due - clock.now();
      if (wait > 0) await clock.sleep(wait);
    } while (after !== null);
  }
  return result;
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
