/**
 * The exchange of a signed system user token for a ticket: the judgement that both doors share, and
 * what the switches do to the answer. Judges in one fixed order; the vendor's own order is unpublished.
 */
import { Buffer } from "node:buffer";
import { verify } from "node:crypto";
import {
  authorizeErrorCodes,
  type AuthorizeErrorName,
  authorizeErrorText,
} from "./authorize_error.ts";
import type { App } from "./app.ts";
import type { ForcedFailure } from "./behaviour.ts";
import { statusOf } from "./exchange_answer.ts";
import { type ExchangeVerdict, maskSignedText, signedTimestampOf } from "./exchange_log.ts";
import { isRunning, parseContextIdentifier, type Tenant } from "./tenant.ts";
import { mintToken } from "./tokens.ts";
import { authorizationOf, findAppBySecret, findTenant, type World } from "./world.ts";

/** What a door read from its request; `undefined` where it was missing, empty or of another type. */
export interface ExchangeRequest {
  readonly door: "rest" | "soap";
  readonly applicationToken: string | undefined;
  readonly contextIdentifier: string | undefined;
  readonly signedSystemToken: string | undefined;
  /** False when the door could not read the request, or it asks for another token type. */
  readonly isWellFormed: boolean;
}

export type ExchangeResult =
  | { readonly kind: "issued"; readonly token: string }
  | {
    readonly kind: "refused";
    readonly verdict: ExchangeVerdict;
    /** Null where the published list has no code for it. */
    readonly error: AuthorizeErrorName | null;
    readonly text: string;
  }
  | { readonly kind: "forced"; readonly failure: ForcedFailure };

/**
 * Judges, records, and waits as the switches say. Resolves to undefined when the simulator closed while
 * it waited.
 */
export async function exchange(
  world: World,
  request: ExchangeRequest,
): Promise<ExchangeResult | undefined> {
  const result = takeForced(world) ?? judge(world, request);
  record(world, request, result);
  const { exchangeSilent, exchangeDelayMs } = world.behaviour;
  if (exchangeSilent || exchangeDelayMs > 0) {
    const wait = exchangeSilent ? Infinity : exchangeDelayMs;
    if (!await paused(wait, world.closing)) return undefined;
  }
  return result;
}

function takeForced(world: World): ExchangeResult | undefined {
  const failure = world.behaviour.exchangeFailure;
  if (!failure) return undefined;
  const left = failure.times === undefined ? Infinity : failure.times - 1;
  world.behaviour.exchangeFailure = left <= 0
    ? null
    : left === Infinity
    ? failure
    : { ...failure, times: left };
  return { kind: "forced", failure };
}

type Refusal = Extract<ExchangeResult, { kind: "refused" }>;

function judge(world: World, request: ExchangeRequest): ExchangeResult {
  const { applicationToken, contextIdentifier, signedSystemToken } = request;
  if (!request.isWellFormed || !applicationToken || !contextIdentifier || !signedSystemToken) {
    return refuse("malformed", "The request is malformed.");
  }
  const app = findAppBySecret(world, applicationToken);
  if (!app) return refuse("unknown_application", "The application is not known.");
  const tenant = findTenant(world, contextIdentifier);
  if (!tenant || tenant.state === "Deleted") {
    return refuse("unknown_tenant", "The tenant is not known.");
  }
  // A ticket is a row in the tenant's database: no database, no ticket.
  if (!isRunning(tenant)) return refuse("tenant_not_running", "The tenant is not running.");
  return judgeSignature(world, app, signedSystemToken) ??
    judgeAuthorization(world, app, tenant, signedSystemToken) ??
    judgeSwitch(world) ??
    { kind: "issued", token: issue(world, app, tenant) };
}

function judgeSignature(world: World, app: App, signed: string): Refusal | undefined {
  const parts = signed.split(".");
  if (parts.length !== 3) return refuseWith("InvalidSignature");
  const [token = "", timestamp = "", signature = ""] = parts;
  const signedAt = parseTimestamp(timestamp);
  const windowMs = world.behaviour.driftWindowMinutes * 60_000;
  if (signedAt === undefined || Math.abs(world.now() - signedAt) >= windowMs) {
    return refuseWith("InvalidTimestamp");
  }
  return isSigned(world, app, `${token}.${timestamp}`, signature)
    ? undefined
    : refuseWith("InvalidSignature");
}

function judgeAuthorization(
  world: World,
  app: App,
  tenant: Tenant,
  signed: string,
): Refusal | undefined {
  const record = authorizationOf(world, app, tenant.contextIdentifier);
  if (!record) return refuseWith("Denied");
  switch (record.status) {
    case "revoked":
      return refuseWith("Revoked");
    case "expired":
      return refuseWith("Expired");
    case "needs_reapproval":
      return refuseWith("NeedsReapproval");
    case "active":
      break;
  }
  return app.hasSystemToken && signed.split(".")[0] === record.systemUserToken
    ? undefined
    : { ...refuseWith("Denied"), verdict: "wrong_system_user_token" };
}

function judgeSwitch({ behaviour: { exchangeError } }: World): Refusal | undefined {
  return exchangeError === null ? undefined : refuseWith(exchangeError);
}

function issue(world: World, app: App, tenant: Tenant): string {
  const [person] = world.state.people;
  if (!person) throw new Error("Cannot issue ticket: nobody lives in this world");
  return mintToken(world, "exchange", { app, tenant, person });
}

const verdicts: Readonly<Record<AuthorizeErrorName, ExchangeVerdict>> = {
  NoError: "not_authorized",
  Revoked: "revoked",
  InvalidRedirectUrl: "not_authorized",
  Expired: "expired",
  Denied: "not_authorized",
  NeedsReapproval: "needs_reapproval",
  InvalidTimestamp: "invalid_timestamp",
  InvalidSignature: "invalid_signature",
};

function refuseWith(error: AuthorizeErrorName): Refusal {
  return { kind: "refused", verdict: verdicts[error], error, text: authorizeErrorText(error) };
}

function refuse(verdict: ExchangeVerdict, text: string): Refusal {
  return { kind: "refused", verdict, error: null, text };
}

/** `yyyyMMddHHmm` in UTC to milliseconds; undefined when it is no such minute. */
function parseTimestamp(text: string): number | undefined {
  const fields = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(text);
  if (!fields) return undefined;
  const [, year, month, day, hour, minute] = fields;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:00.000Z`;
  const at = Date.parse(iso);
  // The 30th of February parses, as the 1st of March.
  return Number.isNaN(at) || new Date(at).toISOString() !== iso ? undefined : at;
}

/** RSASSA-PKCS1-v1_5 with SHA-256 over the UTF-8 text; standard base64 with its padding. */
function isSigned(
  world: World,
  { publicKey }: App,
  text: string,
  signature: string,
): boolean {
  if (world.behaviour.verifySignatures === "reject" || !publicKey) return false;
  const compact = signature.replace(/\s/g, "");
  const isBase64 = compact.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(compact);
  if (!isBase64) return false;
  return verify("sha256", Buffer.from(text), publicKey, Buffer.from(compact, "base64"));
}

function record(world: World, request: ExchangeRequest, result: ExchangeResult): void {
  const { applicationToken, contextIdentifier = "", signedSystemToken: signed } = request;
  const name = result.kind === "refused" ? result.error : null;
  const app = findAppBySecret(world, applicationToken ?? null);
  const appNames = [...world.state.apps.values()].map((known) => known.name);
  const { exchangeSilent } = world.behaviour;
  world.exchangeLog.add({
    at: world.now(),
    door: request.door,
    clientId: app?.clientId ?? null,
    appName: app?.name ?? null,
    contextIdentifier: parseContextIdentifier(contextIdentifier) ? contextIdentifier : null,
    companyName: findTenant(world, contextIdentifier)?.companyName ?? null,
    signedText: signed === undefined ? null : maskSignedText(signed, appNames),
    verdict: result.kind === "refused" ? result.verdict : result.kind,
    authorizeErrorName: name,
    authorizeErrorCode: name && authorizeErrorCodes[name],
    signedTimestamp: signed === undefined ? null : signedTimestampOf(signed),
    status: exchangeSilent ? null : statusOf(world.behaviour, request.door, result),
  });
}

/** Waits; false as soon as the signal aborts. */
function paused(milliseconds: number, closing: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (waited: boolean) => {
      clearTimeout(timer);
      closing.removeEventListener("abort", abandon);
      resolve(waited);
    };
    const abandon = () => end(false);
    const timer = milliseconds === Infinity ? undefined : setTimeout(() => end(true), milliseconds);
    if (closing.aborted) abandon();
    else closing.addEventListener("abort", abandon);
  });
}
