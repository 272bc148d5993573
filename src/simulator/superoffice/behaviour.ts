/**
 * The behaviour switches of the simulated SuperOffice. Each stands for something that the vendor does
 * not publish, that has changed over the years, or that a client must survive. The defaults are the
 * likeliest truth; nothing here survives a restart.
 */
import type { AuthorizeErrorName } from "./authorize_error.ts";

/** Every switch with its default: what `SuperOfficeControl.set` starts from. */
export function defaultBehaviour(): Behaviour {
  return {
    exchangeFailureMode: "status",
    errorMessage: "default",
    idTokenUrlClaims: "both",
    idTokenKid: "present",
    exchangeJwtKid: "present",
    iatType: "number",
    audType: "string",
    systemTokenFor: "administrators",
    exchangeJwtTtl: { notBeforeSeconds: -60, expiresSeconds: 300 },
    driftWindowMinutes: 15,
    ticketTtlSeconds: 6 * 3600,
    ticketInvalidatedOnRevoke: true,
    newSystemTokenOnReapproval: false,
    jwksOverlap: false,
    jwtFieldCase: "JWT",
    stateUnknownTenant: "unknown",
    stateValidForSeconds: 3600,
    verifySignatures: true,
    exchangeDelayMs: 0,
    exchangeSilent: false,
    exchangeFailure: null,
    exchangeError: null,
    exchangeJwt: null,
    idToken: null,
    legacyJwt: null,
    stateChange: null,
    stateChangeTimeoutMs: 10_000,
  };
}

/** The switches. `SuperOfficeControl.set` takes any part of them. */
export interface Behaviour {
  /** How REST says no: 400/401 and JSON, 200 with `IsSuccessful: false`, 403, or 500 with HTML. */
  exchangeFailureMode: "status" | "soft" | "forbidden" | "html";
  /** The text of `ErrorMessage`; the vendor's own texts are not published. */
  errorMessage: "default" | "empty" | "null" | "absent" | { readonly text: string };
  /** Which of `webapi_url` and `netserver_url` an id_token carries. */
  idTokenUrlClaims: "both" | "netserver_url" | "none";
  idTokenKid: "present" | "absent";
  exchangeJwtKid: "present" | "absent";
  /** Tokens of 2018–2020 had `iat` as a string, later ones as a number. */
  iatType: "number" | "string";
  audType: "string" | "array";
  /** Whose id_token carries `system_token`; vendor documents contradict each other. */
  systemTokenFor: "administrators" | "everyone";
  /** Both relative to `iat`. */
  exchangeJwtTtl: { readonly notBeforeSeconds: number; readonly expiresSeconds: number };
  /** A signed timestamp must differ from the clock by strictly less than this, either way. */
  driftWindowMinutes: number;
  /** Sliding: every use begins it anew. */
  ticketTtlSeconds: number;
  ticketInvalidatedOnRevoke: boolean;
  newSystemTokenOnReapproval: boolean;
  /** After a rotation of the login key the older ones stay published, unless told otherwise then. */
  jwksOverlap: boolean;
  /** Name of the form field of the legacy login. */
  jwtFieldCase: "JWT" | "jwt" | "Jwt";
  /** The state of a tenant nobody knows: 200 with `Unknown`, or 404. */
  stateUnknownTenant: "unknown" | "not_found";
  /** How far `ValidUntil` of the state endpoint lies ahead. */
  stateValidForSeconds: number;
  /** `"reject"`: every signature is refused as wrong. */
  verifySignatures: true | "reject";
  /** The exchange happens, then its answer waits this long. */
  exchangeDelayMs: number;
  /** The exchange happens, and nothing is ever answered. */
  exchangeSilent: boolean;
  /** Answer this instead; nothing is looked at and no ticket is made. */
  exchangeFailure: ForcedFailure | null;
  /** Refuse every exchange that would have succeeded with this code. */
  exchangeError: AuthorizeErrorName | null;
  exchangeJwt: TokenBend | null;
  idToken: TokenBend | null;
  legacyJwt: TokenBend | null;
  /** Of the token in a state-change push; whatever of it is not bent stays as it is. */
  stateChange: TokenBend | null;
  /** How long a state-change push waits for the app's answer. */
  stateChangeTimeoutMs: number;
}

/** A forced answer of the exchange, at both doors. */
export interface ForcedFailure {
  readonly status: number;
  readonly body?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many calls; absent: until cleared with `null`. */
  readonly times?: number;
}

/** How a token departs from a right one. `null` as a value removes a claim or header member. */
export interface TokenBend {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** A private key in PEM (for `HS256`: the secret) instead of the login key. */
  readonly signWith?: string;
  /** `none`: no signature. `HS256`: by default keyed with the login key's public PEM. */
  readonly alg?: "RS256" | "RS384" | "RS512" | "none" | "HS256";
  /** Return a right token of another kind in its place. */
  readonly instead?: TokenKind;
  /** Return exactly this. */
  readonly raw?: string;
}

export type TokenKind = "id_token" | "exchange" | "legacy";
