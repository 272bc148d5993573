/**
 * The three kinds of JWT that SuperOffice signs with its login key: the id_token, the token an exchange
 * returns, and the token of the legacy login. Claims, their order and their lifetimes follow tokens
 * seen on the wire. A bend makes a wrong one on purpose, so the JWS is put together by hand: a JOSE
 * library would refuse most of them.
 */
import { Buffer } from "node:buffer";
import { createHash, createHmac, sign } from "node:crypto";
import type { App } from "./app.ts";
import type { TokenBend, TokenKind } from "./behaviour.ts";
import { type Person, systemUserOf, type Tenant } from "./tenant.ts";
import { authorizationOf, endpointOf, type World } from "./world.ts";

/** Prefix of all of SuperOffice's own claims. */
export const claimPrefix = "http://schemes.superoffice.net/identity/";

export interface TokenSubject {
  readonly app: App;
  readonly tenant: Tenant;
  /** Ignored in an exchange token, which speaks of the tenant's system user. */
  readonly person: Person;
  readonly nonce?: string | undefined;
  /** The code it travels with, which gives `c_hash`. */
  readonly code?: string | undefined;
  /** The ticket inside; a new one is made when absent and needed. */
  readonly ticket?: string | undefined;
}

/** Mints a token of `kind`, bent by the switch of that kind, or by `bend` when given. */
export function mintToken(
  world: World,
  kind: TokenKind,
  subject: TokenSubject,
  bend: TokenBend | null = bendOf(world, kind),
): string {
  if (bend?.raw !== undefined) return bend.raw;
  const actual = bend?.instead ?? kind;
  const claims = actual === "id_token"
    ? idTokenClaims(world, subject)
    : actual === "exchange"
    ? exchangeClaims(world, subject)
    : legacyClaims(world, subject);
  const header = headerOf(world, actual, bend);
  return seal(world, merge(header, bend?.header), merge(claims, bend?.claims), bend);
}

function bendOf(world: World, kind: TokenKind): TokenBend | null {
  const { idToken, exchangeJwt, legacyJwt } = world.behaviour;
  return { id_token: idToken, exchange: exchangeJwt, legacy: legacyJwt }[kind];
}

type Claims = Record<string, unknown>;

function headerOf(world: World, kind: TokenKind, bend: TokenBend | null): Claims {
  const key = world.state.loginKeys[0];
  const { idTokenKid, exchangeJwtKid } = world.behaviour;
  const hasKid = (kind === "exchange" ? exchangeJwtKid : idTokenKid) === "present";
  return {
    alg: bend?.alg ?? "RS256",
    ...(hasKid ? { kid: key.kid } : {}),
    x5t: key.x5t,
    typ: "JWT",
  };
}

function idTokenClaims(world: World, subject: TokenSubject): Claims {
  const { app, person, tenant, nonce, code } = subject;
  const now = Math.floor(world.now() / 1000);
  const { idTokenUrlClaims, iatType, audType, systemTokenFor } = world.behaviour;
  const mayHaveToken = person.administrator || systemTokenFor === "everyone";
  const urls = urlClaims(world, tenant);
  return {
    sub: person.username,
    iat: iatType === "string" ? String(now) : now,
    ...identityClaims(tenant, person),
    ...(idTokenUrlClaims === "none" ? {} : { [netserverUrl]: urls[netserverUrl] }),
    ...(idTokenUrlClaims === "both" ? { [webapiUrl]: urls[webapiUrl] } : {}),
    ...(mayHaveToken ? systemTokenClaim(world, app, tenant) : {}),
    ...initialsClaims(person),
    ...(nonce === undefined ? {} : { nonce }),
    ...(code === undefined ? {} : { c_hash: halfHash(code) }),
    nbf: now - 60,
    exp: now + 300,
    iss: world.url,
    aud: audType === "array" ? [app.clientId, app.clientId] : app.clientId,
  };
}

/** `sub` and the lifetime are unpublished for this kind; they copy the vendor's nearest sibling. */
function exchangeClaims(world: World, { app, tenant, ticket }: TokenSubject): Claims {
  const now = Math.floor(world.now() / 1000);
  const { notBeforeSeconds, expiresSeconds } = world.behaviour.exchangeJwtTtl;
  const person = systemUserOf(tenant.contextIdentifier);
  return {
    sub: tenant.contextIdentifier,
    iat: now,
    ...identityClaims(tenant, person),
    ...urlClaims(world, tenant),
    [`${claimPrefix}ticket`]: ticket ??
      issueTicket(world, app, tenant, person),
    ...initialsClaims(person),
    nbf: now + notBeforeSeconds,
    exp: now + expiresSeconds,
    iss: "SuperOffice AS",
    aud: `spn:${tenant.serial}`,
  };
}

function legacyClaims(world: World, { app, tenant, person, ticket }: TokenSubject): Claims {
  const now = Math.floor(world.now() / 1000);
  const mayHaveToken = person.administrator || world.behaviour.systemTokenFor === "everyone";
  return {
    sub: person.username,
    iat: now,
    ...identityClaims(tenant, person),
    ...urlClaims(world, tenant),
    ...(mayHaveToken ? systemTokenClaim(world, app, tenant) : {}),
    [`${claimPrefix}firstname`]: person.firstName,
    [`${claimPrefix}lastname`]: person.lastName,
    [`${claimPrefix}ticket`]: ticket ??
      issueTicket(world, app, tenant, person),
    ...initialsClaims(person),
    nbf: now - 60,
    exp: now + 300,
    iss: "SuperOffice AS",
    aud: `spn:${tenant.serial}`,
  };
}

const netserverUrl = `${claimPrefix}netserver_url`;
const webapiUrl = `${claimPrefix}webapi_url`;

/** All values are strings, ids and booleans too; booleans are capitalised as .NET does. */
function identityClaims(tenant: Tenant, person: Person): Claims {
  return {
    [`${claimPrefix}associateid`]: String(person.associateId),
    [`${claimPrefix}identityprovider`]: "central-superid",
    [`${claimPrefix}email`]: person.username,
    [`${claimPrefix}upn`]: person.username,
    [`${claimPrefix}is_administrator`]: person.administrator ? "True" : "False",
    [`${claimPrefix}ctx`]: tenant.contextIdentifier,
    [`${claimPrefix}company_name`]: tenant.companyName,
    [`${claimPrefix}serial`]: tenant.serial,
  };
}

function urlClaims(world: World, tenant: Tenant): Claims {
  const endpoint = endpointOf(world, tenant);
  return {
    [netserverUrl]: `${endpoint}/Remote/Services88/`,
    [webapiUrl]: `${endpoint}/api/`,
  };
}

function systemTokenClaim(world: World, app: App, { contextIdentifier }: Tenant): Claims {
  const record = authorizationOf(world, app, contextIdentifier);
  if (!app.hasSystemToken || record?.status !== "active") return {};
  return { [`${claimPrefix}system_token`]: record.systemUserToken };
}

function issueTicket(world: World, app: App, tenant: Tenant, { username }: Person): string {
  const { contextIdentifier } = tenant;
  return world.tickets.issue({ clientId: app.clientId, contextIdentifier, username });
}

function initialsClaims(person: Person): Claims {
  return {
    [`${claimPrefix}initials`]: person.initials,
    [`${claimPrefix}so_primary_email_address`]: person.username,
  };
}

/** Left half of SHA-256, as OpenID Connect Core 3.3.2.11 has it for `c_hash`. */
function halfHash(text: string): string {
  return createHash("sha256").update(text).digest().subarray(0, 16).toString("base64url");
}

function merge(base: Claims, changes: Readonly<Claims> = {}): Claims {
  const merged = { ...base, ...changes };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

function seal(world: World, header: Claims, claims: Claims, bend: TokenBend | null): string {
  const signed = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${signed}.${signatureOf(world, signed, bend).toString("base64url")}`;
}

function signatureOf(world: World, text: string, bend: TokenBend | null): Buffer {
  const key = world.state.loginKeys[0];
  const alg = bend?.alg ?? "RS256";
  if (alg === "none") return Buffer.alloc(0);
  if (alg === "HS256") {
    return createHmac("sha256", bend?.signWith ?? key.publicPem).update(text).digest();
  }
  return sign(`sha${alg.slice(2)}`, Buffer.from(text), bend?.signWith ?? key.privateKey);
}
