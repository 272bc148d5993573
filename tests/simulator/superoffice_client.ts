/** What the tests of the simulated SuperOffice share: an app key, a signed token, a signed-in browser. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { Buffer } from "node:buffer";
import {
  startSuperOffice,
  type SuperOfficeOptions,
  type SuperOfficeSimulator,
} from "../../src/simulator/superoffice/server.ts";
import { newVendor } from "../support/vendor.ts";

/** 1024 bits, as the vendor's own samples have: it must work, and it is quick to make. */
const appKey = generateKeyPairSync("rsa", { modulusLength: 1024 });

export const claim = "http://schemes.superoffice.net/identity/";
export const redirectUri = "http://localhost:8000/consent/callback";
/** 2026-11-22 12:00:00 UTC: the clock of every simulator here. */
export const noon = Date.UTC(2026, 10, 22, 12, 0, 0);
export const tenant = "Cust12345";

export interface Stage extends SuperOfficeSimulator {
  /** Sets the clock, in milliseconds after noon. */
  at(milliseconds: number): void;
}

/** One vendor for every test of a file. */
const vendor = newVendor();

/** Runs `play` against a simulator with a still clock and closes it. */
export async function withSuperOffice(
  play: (stage: Stage) => Promise<void> | void,
  options: SuperOfficeOptions = {},
): Promise<void> {
  let now = noon;
  const superoffice = await startSuperOffice({
    snapshot: vendor,
    publicKeyPem: appPublicKeyPem(),
    clock: () => now,
    ...options,
  });
  try {
    // Not a copy: the client secret may be replaced meanwhile.
    const at = (milliseconds: number) => void (now = noon + milliseconds);
    await play(Object.assign(Object.create(superoffice) as SuperOfficeSimulator, { at }));
  } finally {
    await superoffice.close();
  }
}

export function appPublicKeyPem(): string {
  return appKey.publicKey.export({ type: "spki", format: "pem" }).toString();
}

export function appPrivateKey(): KeyObject {
  return appKey.privateKey;
}

/** `token.yyyyMMddHHmm.base64`, signed by the app's key unless told otherwise. */
export function signToken(
  token: string,
  { at = noon, key = appKey.privateKey }: { at?: number; key?: KeyObject } = {},
): string {
  const minute = new Date(at).toISOString().replace(/\D/g, "").slice(0, 12);
  const text = `${token}.${minute}`;
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64")}`;
}

export interface ExchangeAnswer {
  readonly status: number;
  readonly IsSuccessful?: boolean;
  readonly Token?: string | null;
  readonly ErrorMessage?: string | null;
}

/** The request a right client makes, with some members changed (undefined: left out). */
export async function postExchange(
  superoffice: SuperOfficeSimulator,
  members: Readonly<Record<string, unknown>>,
): Promise<ExchangeAnswer> {
  const response = await fetch(`${superoffice.url}/Login/api/PartnerSystemUser/Authenticate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      ApplicationToken: superoffice.clientSecret,
      ContextIdentifier: tenant,
      ReturnTokenType: "JWT",
      ...members,
    }),
  });
  return { status: response.status, ...await response.json() };
}

/** A tenant that has consented, and its right signed token. */
export function consented(stage: Stage): { token: string; SignedSystemToken: string } {
  const { system_user_token: token } = stage.control.approve(tenant);
  return { token, SignedSystemToken: signToken(token) };
}

/** Verdict and error code of the latest exchange. */
export function lastVerdict({ control }: Stage): [string, number | null] {
  const last = control.exchanges().at(-1);
  return [last?.verdict ?? "nothing", last?.authorizeErrorCode ?? null];
}

/** Consents, exchanges, and returns the ticket. */
export async function ticketOf(superoffice: SuperOfficeSimulator, ctx = tenant): Promise<string> {
  const { system_user_token: token } = superoffice.control.approve(ctx);
  const answer = await postExchange(superoffice, {
    ContextIdentifier: ctx,
    SignedSystemToken: signToken(token),
  });
  return String(payloadOf(answer.Token)[`${claim}ticket`]);
}

/** Headers of a call with a ticket. */
export function withTicket(superoffice: SuperOfficeSimulator, ticket: string): HeadersInit {
  return { "authorization": `SOTicket ${ticket}`, "so-apptoken": superoffice.clientSecret };
}

/** The second part of a JWT, unchecked. */
export function payloadOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString("utf8"));
}

/** The first part of a JWT, unchecked. */
export function headerOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split(".")[0] ?? "", "base64url").toString("utf8"));
}

/** A PKCE verifier and its S256 challenge. */
export function pkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

/** The authorize address for some parameters (undefined: left out). */
export function authorizeUrl(
  superoffice: SuperOfficeSimulator,
  changes: Readonly<Record<string, string | undefined>> = {},
  path = "common",
): string {
  const params = Object.entries({
    client_id: superoffice.clientId,
    response_type: "code",
    scope: "openid",
    redirect_uri: redirectUri,
    state: "the state",
    ...changes,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${superoffice.url}/login/${path}/oauth/authorize?${new URLSearchParams(params)}`;
}

export interface Page {
  readonly status: number;
  readonly location: string | null;
  readonly html: string;
}

/** Opens an address as a browser would, without following redirects. */
export async function open(url: string): Promise<Page> {
  return pageOf(await fetch(url, { redirect: "manual" }));
}

/** Sends the form of a page with its hidden fields and some more. */
export async function submit(
  url: string,
  page: Page,
  fields: Record<string, string>,
): Promise<Page> {
  const body = new URLSearchParams({ ...hiddenFieldsOf(page.html), ...fields });
  return pageOf(await fetch(url, { method: "POST", body, redirect: "manual" }));
}

/** Names and values of the hidden fields of a page. */
export function hiddenFieldsOf(html: string): Record<string, string> {
  const fields = html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  return Object.fromEntries(
    [...fields].map(([, name = "", value = ""]) => [name, unescape(value)]),
  );
}

/** Signs in as the administrator and approves. */
export async function signInAndApprove(url: string): Promise<Page> {
  const approval = await submit(url, await open(url), { username: "admin@example.test" });
  return submit(url, approval, { decision: "approve" });
}

/** Sends a token request with the app's credentials and some more fields. */
export async function postToken(
  superoffice: SuperOfficeSimulator,
  fields: Record<string, string>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const { clientId, clientSecret, url } = superoffice;
  const response = await fetch(`${url}/login/common/oauth/tokens`, {
    method: "POST",
    body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...fields }),
  });
  return { status: response.status, body: await response.json() };
}

/** Signs in and takes the code out of the redirect. */
export async function codeFrom(
  stage: Stage,
  changes: Record<string, string> = {},
  username = "admin@example.test",
): Promise<string> {
  stage.control.approve(tenant);
  const url = authorizeUrl(stage, changes);
  const { location } = await submit(url, await open(url), { username });
  return new URL(location ?? "").searchParams.get("code") ?? "";
}

/** The fields that redeem a code. */
export function grant(code: string, more: Record<string, string> = {}): Record<string, string> {
  return { grant_type: "authorization_code", code, redirect_uri: redirectUri, ...more };
}

function unescape(text: string): string {
  const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? "");
}

async function pageOf(response: Response): Promise<Page> {
  const html = await response.text();
  return { status: response.status, location: response.headers.get("location"), html };
}
