/**
 * What each switch may be set to. Switches also come from other processes, where no type checker looks:
 * a wrong value would otherwise be taken in silence, or break an answer much later.
 */
import { Buffer } from "node:buffer";
import { createPrivateKey, sign } from "node:crypto";
import { isWait, MOST_MS } from "../control/verbs.ts";
import { authorizeErrorCodes } from "./authorize_error.ts";
import type { Behaviour, ForcedFailure } from "./behaviour.ts";
import { forcedAnswer } from "./exchange_answer.ts";

/** Throws when a name is no switch or its value is not of that switch's kind. Changes nothing. */
export function requireSwitches(switches: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(switches)) {
    if (!isSwitch(name)) throw new Error(`Cannot set switch ${name}: unknown`);
    const { is, what } = kinds[name];
    if (!is(value)) throw new Error(`Cannot set switch ${name}: not ${what}`);
  }
}

/** Throws when a token cannot be bent so: what a switch refuses, a mint does. */
export function requireBend(value: unknown): void {
  if (!bend.is(value)) throw new Error(`Cannot mint token: not ${bend.what}`);
}

/** What a switch may be set to, in words: for the list of switches. */
export function kindsInWords(): Readonly<Record<keyof Behaviour, string>> {
  const words = Object.entries(kinds).map(([name, { what }]) => [name, what]);
  return Object.fromEntries(words);
}

function isSwitch(name: string): name is keyof Behaviour {
  return Object.hasOwn(kinds, name);
}

interface Kind {
  /** Follows "not" in an error. */
  readonly what: string;
  readonly is: (value: unknown) => boolean;
}

/** Dates further off are none. */
const CENTURY_SECONDS = 100 * 365 * 24 * 3600;

/** An exchange without error is no refusal, and it has no redirect URL. */
const refusals = Object.keys(authorizeErrorCodes)
  .filter((name) => name !== "NoError" && name !== "InvalidRedirectUrl");

const wait: Kind = { what: `whole milliseconds from 0 to ${MOST_MS}`, is: isWait };
const flag: Kind = { what: "true or false", is: (value) => typeof value === "boolean" };
const bend = nullOr(both(
  hasUsableKey,
  record("a bend of a token", {
    claims: isObject,
    header: isObject,
    signWith: isText,
    alg: oneOf("RS256", "RS384", "RS512", "none", "HS256").is,
    instead: oneOf("id_token", "exchange", "legacy").is,
    raw: isText,
  }),
));

const kinds: Readonly<Record<keyof Behaviour, Kind>> = {
  exchangeFailureMode: oneOf("status", "soft", "forbidden", "html"),
  errorMessage: either(
    oneOf("default", "empty", "null", "absent"),
    record("{text}", { text: isText }, ["text"]),
  ),
  idTokenUrlClaims: oneOf("both", "netserver_url", "none"),
  idTokenKid: oneOf("present", "absent"),
  exchangeJwtKid: oneOf("present", "absent"),
  iatType: oneOf("number", "string"),
  audType: oneOf("string", "array"),
  systemTokenFor: oneOf("administrators", "everyone"),
  exchangeJwtTtl: record(
    "{notBeforeSeconds, expiresSeconds} in whole seconds",
    { notBeforeSeconds: isOffset, expiresSeconds: isOffset },
    ["notBeforeSeconds", "expiresSeconds"],
  ),
  driftWindowMinutes: numberTo(CENTURY_SECONDS / 60),
  ticketTtlSeconds: numberTo(CENTURY_SECONDS),
  ticketInvalidatedOnRevoke: flag,
  newSystemTokenOnReapproval: flag,
  jwksOverlap: flag,
  jwtFieldCase: oneOf("JWT", "jwt", "Jwt"),
  stateUnknownTenant: oneOf("unknown", "not_found"),
  stateValidForSeconds: numberTo(CENTURY_SECONDS),
  verifySignatures: oneOf(true, "reject"),
  exchangeDelayMs: wait,
  exchangeSilent: flag,
  exchangeFailure: nullOr(both(
    canBeSent,
    record("a forced answer", {
      status: isStatus,
      body: isText,
      contentType: isText,
      headers: (value) => isObject(value) && Object.values(value).every(isText),
      times: (value) => Number.isSafeInteger(value) && Number(value) > 0,
    }, ["status"]),
  )),
  exchangeError: nullOr(oneOf(...refusals)),
  exchangeJwt: bend,
  idToken: bend,
  legacyJwt: bend,
  stateChange: bend,
  stateChangeTimeoutMs: wait,
};

function oneOf(...values: readonly unknown[]): Kind {
  const what = values.map((value) => JSON.stringify(value)).join(" or ");
  return { what, is: (value) => values.includes(value) };
}

function numberTo(most: number): Kind {
  return {
    what: `a number from 0 to ${most}`,
    is: (value) => typeof value === "number" && value >= 0 && value <= most,
  };
}

/** Whole seconds from now, either way. */
function isOffset(value: unknown): boolean {
  return Number.isInteger(value) && Math.abs(Number(value)) <= CENTURY_SECONDS;
}

function nullOr({ what, is }: Kind): Kind {
  return { what: `${what} or null`, is: (value) => value === null || is(value) };
}

function either(one: Kind, other: Kind): Kind {
  return {
    what: `${one.what} or ${other.what}`,
    is: (value) => one.is(value) || other.is(value),
  };
}

function both(also: (value: unknown) => boolean, { what, is }: Kind): Kind {
  return { what, is: (value) => is(value) && also(value) };
}

/** An object with no members but these. */
function record(
  what: string,
  members: Readonly<Record<string, (value: unknown) => boolean>>,
  needed: readonly string[] = [],
): Kind {
  return {
    what,
    is: (value) =>
      isObject(value) && needed.every((name) => Object.hasOwn(value, name)) &&
      Object.entries(value).every(([name, member]) => members[name]?.(member) === true),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

/** A key that does not sign would only show when a token is wanted. Any text keys an HMAC. */
function hasUsableKey(bend: unknown): boolean {
  if (!isObject(bend) || typeof bend.signWith !== "string" || bend.alg === "HS256") return true;
  try {
    const key = createPrivateKey(bend.signWith);
    // A short key cannot hold a long digest.
    const hash = `sha${String(bend.alg ?? "RS256").slice(2)}`;
    if (bend.alg !== "none") sign(hash, Buffer.from("any text"), key);
    return key.asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

/** Names and values that are none in HTTP would only show when the answer is wanted. */
function canBeSent(failure: unknown): boolean {
  try {
    forcedAnswer(failure as ForcedFailure);
    return true;
  } catch {
    return false;
  }
}

/** What can be sent as the status of an answer; 205 may have no body, and clients disagree on it. */
function isStatus(value: unknown): boolean {
  const isOne = Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599;
  return isOne && value !== 205;
}
