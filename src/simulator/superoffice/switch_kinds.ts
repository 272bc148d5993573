/**
 * What each switch may be set to. Switches also come from other processes, where no type checker looks:
 * a wrong value would otherwise be taken in silence, or break an answer much later.
 */
import { createPrivateKey } from "node:crypto";
import { authorizeErrorCodes } from "./authorize_error.ts";
import type { Behaviour } from "./behaviour.ts";

/** Throws when a name is no switch or its value is not of that switch's kind. Changes nothing. */
export function requireSwitches(switches: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(switches)) {
    if (!isSwitch(name)) throw new Error(`Cannot set switch ${name}: unknown`);
    const { is, what } = kinds[name];
    if (!is(value)) throw new Error(`Cannot set switch ${name}: not ${what}`);
  }
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
    { notBeforeSeconds: Number.isSafeInteger, expiresSeconds: Number.isSafeInteger },
    ["notBeforeSeconds", "expiresSeconds"],
  ),
  driftWindowMinutes: numberFrom(0),
  ticketTtlSeconds: numberFrom(0),
  ticketInvalidatedOnRevoke: flag,
  newSystemTokenOnReapproval: flag,
  jwksOverlap: flag,
  jwtFieldCase: oneOf("JWT", "jwt", "Jwt"),
  stateUnknownTenant: oneOf("unknown", "not_found"),
  stateValidForSeconds: numberFrom(0),
  verifySignatures: oneOf(true, "reject"),
  exchangeDelayMs: numberFrom(0),
  exchangeSilent: flag,
  exchangeFailure: nullOr(record("a forced answer", {
    status: isStatus,
    body: isText,
    contentType: isText,
    headers: (value) => isObject(value) && Object.values(value).every(isText),
    times: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  }, ["status"])),
  exchangeError: nullOr(oneOf(...Object.keys(authorizeErrorCodes))),
  exchangeJwt: bend,
  idToken: bend,
  legacyJwt: bend,
  stateChange: bend,
  stateChangeTimeoutMs: numberFrom(0),
};

function oneOf(...values: readonly unknown[]): Kind {
  const what = values.map((value) => JSON.stringify(value)).join(" or ");
  return { what, is: (value) => values.includes(value) };
}

function numberFrom(least: number): Kind {
  return {
    what: `a number from ${least}`,
    is: (value) => typeof value === "number" && Number.isFinite(value) && value >= least,
  };
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
    return createPrivateKey(bend.signWith).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

/** What can be sent as the status of an answer. */
function isStatus(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599;
}
