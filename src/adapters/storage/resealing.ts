/**
 * What both backends do alike to seal values anew, or to look at them: open, seal, and tell apart what no
 * key opens. Knows no database.
 */

import { once } from "../../domain/once.ts";
import { PartFault } from "../../domain/part_fault.ts";
import type {
  LookStep,
  Resealing,
  SealedCount,
  SealedKind,
} from "../../usecases/resealing_ports.ts";

/** The resealing of a store, loaded when it is first asked. */
export function createLateResealing(
  keyIds: readonly string[],
  load: () => Promise<Omit<Resealing, "keyIds">>,
): Resealing {
  const resealing = once(load);
  return {
    keyIds,
    count: async () => await (await resealing.get()).count(),
    step: async (...args) => await (await resealing.get()).step(...args),
    look: async (...args) => await (await resealing.get()).look(...args),
  };
}

/** A stored value that is not under the current key. */
export interface Stale {
  /** Context identifier, or id of a notice. */
  readonly name: string;
  /** @returns what replaces it. @throws PartFault `unreadable` if no key opens it */
  renew(): Promise<string>;
}

export interface Renewed<T extends Stale> {
  readonly values: readonly { readonly stale: T; readonly text: string }[];
  readonly unreadable: readonly string[];
}

export async function renewAll<T extends Stale>(stale: readonly T[]): Promise<Renewed<T>> {
  const texts = await Promise.all(stale.map((value) =>
    value.renew().catch((error: unknown) => {
      if (error instanceof PartFault && error.reason === "unreadable") return null;
      throw error;
    })
  ));
  return {
    values: stale.flatMap((value, at) => {
      const text = texts[at] ?? null;
      return text === null ? [] : [{ stale: value, text }];
    }),
    unreadable: stale.filter((_, at) => texts[at] === null).map(({ name }) => name),
  };
}

/** A stored value, whatever it is sealed under. */
export interface Sealed {
  /** Context identifier, or id of a notice. */
  readonly name: string;
  /** Null: no such name can be read. */
  readonly keyId: string | null;
  /** @throws PartFault `unreadable` if no key opens it */
  open(): Promise<unknown>;
}

/** Opens all of them, and tells how many there are under which key and which do not open. */
export async function lookAt(
  kind: SealedKind,
  values: readonly Sealed[],
): Promise<Pick<LookStep, "counts" | "unreadable">> {
  const counter = createCounter();
  for (const { keyId } of values) counter.add(kind, keyId);
  const opened = await Promise.all(
    values.map((value) => isReadable(async () => void await value.open())),
  );
  const shut = values.filter((_, at) => !opened[at]);
  return {
    counts: counter.counts(),
    unreadable: shut.map(({ name, keyId }) => ({ name, keyId })),
  };
}

async function isReadable(deed: () => Promise<void>): Promise<boolean> {
  try {
    await deed();
    return true;
  } catch (error) {
    if (error instanceof PartFault && error.reason === "unreadable") return false;
    throw error;
  }
}

/** Adds up how many values are under which key. */
export function createCounter() {
  const counts = new Map<string, SealedCount>();
  return {
    add(kind: SealedKind, keyId: string | null, more = 1): void {
      const name = JSON.stringify([kind, keyId]);
      counts.set(name, { kind, keyId, count: (counts.get(name)?.count ?? 0) + more });
    },
    counts: (): readonly SealedCount[] => [...counts.values()],
  };
}

/** Requests made at once, where each value has a key of its own. */
const AT_ONCE = 20;

/** So many at once, in order. */
export async function inTurns<T, R>(
  items: readonly T[],
  deed: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...await Promise.all(items.slice(at, at + AT_ONCE).map(deed)));
  }
  return results;
}
