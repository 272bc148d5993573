/**
 * Which entry of the log belongs to which intent, where several share a key version and a digest: the
 * signed text holds a time in whole minutes, so retries do. Never pairs what lies further apart in time
 * than one call can: an old intent would excuse whoever signs its digest again. How many pairs there
 * are follows from key version, digest and time alone; which ones, from what is likely, so that what is
 * left over is what a person should see.
 */

import type { SignCall } from "./audit_entry.ts";
import type { AuditSignature } from "./audit_log.ts";
import { millisOf } from "./instant.ts";
import { byTime, choose, match, type Timed } from "./matching.ts";
import type { SignIntent } from "./sign_intents.ts";
import type { SignerFaultReason } from "./signer_fault.ts";

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
  /** What is left over. No two of these could be a pair. */
  readonly intents: readonly SignIntent[];
  readonly signatures: readonly AuditSignature[];
}

/**
 * Pairs as many as can be. An intent whose call was refused explains no signature.
 *
 * @param isAtEdge whether the log given may not reach to where an intent's entry would be
 */
export function pairUp(group: Group, isAtEdge: (intent: SignIntent) => boolean): Pairing {
  const { pairs, ...rest } = pairByReason(group);
  const { intents, refused, calls } = takeRefused(rest.intents, group.refused);
  const counted = count(intents, rest.signatures, isAtEdge);
  // A call that was cut off may have been served: it is refused only if no signature is left for it.
  const cutOff = counted.intents.filter(({ result }) => result === "failed");
  const late = new Set(match(timedIntents(cutOff), timedCalls(calls)).map(([intent]) => intent));
  return {
    pairs: pairs.concat(counted.pairs),
    refused: [...refused, ...late],
    intents: counted.intents.filter((intent) => !late.has(intent)),
    signatures: counted.signatures,
  };
}

/**
 * The service sends each attempt's name as the reason of its call, which the log shows where Google
 * records it. Anybody may send one, so it joins nothing that key version, digest and time do not.
 */
function pairByReason({ intents, signatures }: Group): Omit<Pairing, "refused"> {
  const open = new Map(intents.map((intent) => [intent.attempt, intent]));
  const pairs: Pair[] = [];
  const rest = signatures.filter((signature) => {
    const intent = signature.reason === null ? undefined : open.get(signature.reason);
    if (intent === undefined || !isOneCall(intent, signature)) return true;
    open.delete(intent.attempt);
    pairs.push({ intent, signature, isNamed: true });
    return false;
  });
  return { pairs, intents: [...open.values()], signatures: rest };
}

/**
 * Each refused call takes an intent: the one that it names; without a name, one that is known to have
 * been refused. Never one that was signed: whoever is refused may be anybody.
 *
 * @returns besides, the calls that are left and name nobody
 */
function takeRefused(intents: readonly SignIntent[], calls: readonly SignCall[]) {
  if (calls.length === 0) return { intents, refused: [], calls };
  const byName = Map.groupBy(calls, ({ reason }) => reason);
  const named = intents.filter((intent) =>
    intent.result !== "signed" &&
    byName.get(intent.attempt)?.some((call) => isOneCall(intent, call)) === true
  );
  const nameless = byName.get(null) ?? [];
  const answered = intents.filter((it) => !named.includes(it) && isAnswered(it));
  const taken = match(timedIntents(answered), timedCalls(nameless));
  const refused = new Set([...named, ...taken.map(([intent]) => intent)]);
  const used = new Set(taken.map(([, call]) => call));
  return {
    intents: intents.filter((intent) => !refused.has(intent)),
    refused: [...refused],
    calls: nameless.filter((call) => !used.has(call)),
  };
}

/** What a call that was cut off, or whose signature was found to be bad, does not fail with. */
const REFUSALS: ReadonlySet<string | null> = new Set<SignerFaultReason>(
  [
    "aborted",
    "denied",
    "internal",
    "invalid",
    "key_not_enabled",
    "not_found",
    "quota",
    "unauthenticated",
    "unavailable",
  ],
);

/** The attempt failed because of an answer that says that nothing was signed. */
function isAnswered({ result, error }: SignIntent): boolean {
  return result === "failed" && REFUSALS.has(error);
}

/** Pairs what nothing but key version, digest and time speaks for. */
function count(
  intents: readonly SignIntent[],
  signatures: readonly AuditSignature[],
  isAtEdge: (intent: SignIntent) => boolean,
): Omit<Pairing, "refused"> {
  const asked = timedIntents(intents);
  const made = timedCalls(signatures);
  const most = match(asked, made).length;
  if (most === 0) return { pairs: [], intents, signatures };
  const own = choose({
    all: asked,
    most,
    keyOf: ({ it, ms }) => [rankOf(it) + (isAtEdge(it) ? LAST : 0), distance(ms, made)],
    isPaired: (some) => match(some, made).length === some.length,
  });
  const theirs = choose({
    all: made,
    most,
    keyOf: ({ ms }) => [0, distance(ms, asked)],
    isPaired: (some) => match(asked, some).length === some.length,
  });
  // Each side's choice can be paired in full, so the two can be with each other.
  const pairs = match(own.chosen, theirs.chosen);
  return {
    pairs: pairs.map(([intent, signature]) => ({ intent, signature, isNamed: false })),
    intents: own.rest.map(({ it }) => it),
    signatures: theirs.rest.map(({ it }) => it),
  };
}

/** A signature that came back was made; a call that failed, or is not known to have ended, perhaps. */
function rankOf({ result }: SignIntent): number {
  return result === "signed" ? 0 : result === null ? 1 : 2;
}

const LAST = 3;

/** @returns milliseconds to the nearest of them */
function distance(from: number, all: readonly Timed<unknown>[]): number {
  return all.reduce((least, { ms }) => Math.min(least, Math.abs(ms - from)), Infinity);
}

function isOneCall(intent: SignIntent, call: SignCall): boolean {
  return match(timedIntents([intent]), timedCalls([call])).length === 1;
}

function timedIntents(intents: readonly SignIntent[]): readonly Timed<SignIntent>[] {
  return byTime(intents.map((it) => ({ it, ms: millisOf(it.at) })));
}

function timedCalls<T extends SignCall>(calls: readonly T[]): readonly Timed<T>[] {
  return byTime(calls.map((it) => ({ it, ms: millisOf(it.time) })));
}
