/**
 * What both backends do alike to seal values anew: open, seal, and tell apart what no key opens. Knows
 * no database.
 */

import { once } from "../../domain/once.ts";
import { PartFault } from "../../domain/part_fault.ts";
import type { Resealing, SealedCount, SealedKind } from "../../usecases/resealing_ports.ts";

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
