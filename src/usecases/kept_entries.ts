/**
 * Reads spans of the ledger whose beginning may have been archived: what is no longer here is passed
 * over, and it is said where the rest begins. Finding that costs a few reads of one entry.
 */

import type { Caller } from "../domain/caller.ts";
import { accept, type Outcome } from "../domain/refusal.ts";
import type { Audit } from "./audit.ts";

/** Leaves of a span that are still here. */
export interface KeptLeaves {
  /** Index of the first one: where the span begins, or later. */
  readonly start: number;
  readonly leaves: readonly string[];
}

export type LeafReader = Pick<Audit, "entries">;

/** @param end the index behind the last one, not beyond the log */
export async function readKept(
  audit: LeafReader,
  caller: Caller,
  start: number,
  end: number,
): Promise<Outcome<KeptLeaves>> {
  const whole = await readSpan(audit, caller, start, end);
  if (whole.ok) return accept({ start, leaves: whole.value });
  if (!isArchived(whole)) return whole;
  const first = await firstKept(audit, caller, start, end);
  if (!first.ok) return first;
  const rest = await readSpan(audit, caller, first.value, end);
  return rest.ok ? accept({ start: first.value, leaves: rest.value }) : rest;
}

/** @returns index of the first entry of a span that is still here; its end if none is */
async function firstKept(
  audit: LeafReader,
  caller: Caller,
  start: number,
  end: number,
): Promise<Outcome<number>> {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const one = await audit.entries(caller, middle - 1, 1);
    if (one.ok) high = middle;
    else if (isArchived(one)) low = middle + 1;
    else return one;
  }
  return accept(low);
}

/** True for an answer that an entry is no longer here. */
export function isArchived(outcome: Outcome<unknown>): boolean {
  return !outcome.ok && outcome.refusal.code === "not_found";
}

/** A page may be shorter than asked for, where an archive ends. */
async function readSpan(
  audit: LeafReader,
  caller: Caller,
  start: number,
  end: number,
): Promise<Outcome<readonly string[]>> {
  const leaves: string[] = [];
  while (start + leaves.length < end) {
    const at = start + leaves.length;
    const page = await audit.entries(caller, at - 1, end - at);
    if (!page.ok) return page;
    if (page.value.length === 0) break;
    for (const leaf of page.value) leaves.push(leaf);
  }
  return accept(leaves);
}
