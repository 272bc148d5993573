/**
 * Which entry of the log belongs to which intent, where several share a key version and a digest: the
 * signed text holds a time in whole minutes, so retries do. How many pairs there are follows from the
 * counts alone; which ones, from what is likely, so that what is left over is what a person should see.
 */

import type { SignCall } from "./audit_entry.ts";
import type { AuditSignature } from "./audit_log.ts";
import { millisOf } from "./instant.ts";
import type { SignIntent } from "./sign_intents.ts";

export interface Pair {
  readonly intent: SignIntent;
  readonly signature: AuditSignature;
  /** The entry names the attempt as the reason of its call. False: the two were only counted. */
  readonly isNamed: boolean;
}

/** All there is of one key version and one digest. */
export interface Group {
  readonly intents: readonly SignIntent[];
  readonly signatures: readonly AuditSignature[];
  /** Calls that Cloud KMS refused. */
  readonly refused: readonly SignCall[];
}

export interface Pairing {
  readonly pairs: readonly Pair[];
  /** Intents whose call was refused. */
  readonly refused: readonly SignIntent[];
  /** What is left over: one of the two is empty. */
  readonly intents: readonly SignIntent[];
  readonly signatures: readonly AuditSignature[];
}

/**
 * Pairs as many as there are of the fewer kind. An intent whose call was refused explains no signature.
 *
 * @param isAtEdge whether the log given may not reach to where an intent's entry would be
 */
export function pairUp(group: Group, isAtEdge: (intent: SignIntent) => boolean): Pairing {
  const named = pairByReason(group);
  const { refused, open: intents } = takeRefused(named.intents, group.refused);
  const { signatures } = named;
  const count = Math.min(intents.length, signatures.length);
  if (count === 0) return { ...named, refused, intents };
  const asked = intents.map(({ at }) => millisOf(at));
  const made = signatures.map(({ time }) => millisOf(time));
  const likely = intents.length > count
    ? sortedBy(intents, (intent) => [
      rankOf(intent) + (isAtEdge(intent) ? LAST : 0),
      distance(millisOf(intent.at), made),
    ])
    : intents;
  const near = signatures.length > count
    ? sortedBy(signatures, ({ time }) => [distance(millisOf(time), asked)])
    : signatures;
  const paired = sortedBy(near.slice(0, count), ({ time }) => [time]);
  const pairs = sortedBy(likely.slice(0, count), ({ at }) => [at])
    .map((intent, place) => ({ intent, signature: paired[place]!, isNamed: false }));
  return {
    pairs: named.pairs.concat(pairs),
    refused,
    intents: likely.slice(count),
    signatures: near.slice(count),
  };
}

/**
 * The service sends each attempt's name as the reason of its call, which the log shows where Google
 * records it. Anybody may send one, so it joins nothing that key version and digest do not.
 */
function pairByReason({ intents, signatures }: Group): Omit<Pairing, "refused"> {
  const open = new Map(intents.map((intent) => [intent.attempt, intent]));
  const pairs: Pair[] = [];
  const rest = signatures.filter((signature) => {
    const intent = signature.reason === null ? undefined : open.get(signature.reason);
    if (intent === undefined) return true;
    open.delete(intent.attempt);
    pairs.push({ intent, signature, isNamed: true });
    return false;
  });
  return { pairs, intents: [...open.values()], signatures: rest };
}

/**
 * Each refused call takes an intent: the one that it names, else one that is known to have failed. Never
 * one that was signed: whoever is refused may be anybody.
 */
function takeRefused(intents: readonly SignIntent[], calls: readonly SignCall[]) {
  if (calls.length === 0) return { refused: [], open: intents };
  const names = new Set(calls.map(({ reason }) => reason));
  const named = intents.filter(({ attempt, result }) => result !== "signed" && names.has(attempt));
  const failed = intents.filter(({ result }) => result === "failed");
  const refused = new Set([...new Set([...named, ...failed])].slice(0, calls.length));
  return { refused: [...refused], open: intents.filter((intent) => !refused.has(intent)) };
}

/** A signature that came back was made; a call that failed, or is not known to have ended, perhaps. */
function rankOf({ result }: SignIntent): number {
  return result === "signed" ? 0 : result === null ? 1 : 2;
}

const LAST = 3;

/** @returns milliseconds to the nearest of the times */
function distance(from: number, times: readonly number[]): number {
  return times.reduce((least, time) => Math.min(least, Math.abs(time - from)), Infinity);
}

/** By the first key, then by the second. Equals stay in their order. */
function sortedBy<T, K extends string | number>(
  values: readonly T[],
  keysOf: (value: T) => readonly [K, K?],
): T[] {
  return values.map((value) => [keysOf(value), value] as const)
    .sort(([one], [other]) => inOrder(one[0], other[0]) || inOrder(one[1], other[1]))
    .map(([, value]) => value);
}

function inOrder<K extends string | number>(one: K | undefined, other: K | undefined): number {
  return one === undefined || other === undefined ? 0 : one < other ? -1 : one > other ? 1 : 0;
}
