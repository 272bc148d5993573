/**
 * The REST flavour of the exchange: builds the request and judges the answer. Does no I/O. The
 * texts of SuperOffice's error messages are unpublished and may repeat what was sent, so they are
 * not read.
 */

import { Secret } from "../../domain/secret.ts";
import { jsonObject, type OutboundAnswer, type OutboundRequest } from "../outbound/http.ts";
import { BUSY, type ExchangeQuestion, type ExchangeVerdict } from "./exchange_verdict.ts";

/**
 * Members and their order follow SuperOffice's own .NET client, and its content type has no
 * charset (docs.superoffice.com, "Get system user ticket"). `ApplicationToken` is the client secret.
 */
export function buildRestRequest(url: URL, question: ExchangeQuestion): OutboundRequest {
  const body = {
    ApplicationToken: question.clientSecret.reveal(),
    ContextIdentifier: question.contextIdentifier,
    ReturnTokenType: "JWT",
    SignedSystemToken: question.signedSystemToken.reveal(),
  };
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(body),
  };
}

/**
 * Judges an answer by status and by body, because SuperOffice may refuse through either: statuses
 * 401 and 403, or `IsSuccessful: false` with 200 or 400.
 *
 * @returns the returned token, not yet verified; a refusal; or why it is neither
 */
export function judgeRestAnswer(answer: OutboundAnswer): ExchangeVerdict {
  const { status } = answer;
  if (status === 401 || status === 403) return { kind: "refused" };
  if (BUSY.includes(status)) return { kind: "down" };
  if (status !== 200 && status !== 400) return { kind: "unfit", reason: "status" };
  const value = jsonObject(answer);
  const isSuccessful = value === null ? undefined : member(value, "IsSuccessful");
  if (isSuccessful === false) return { kind: "refused" };
  if (status === 400) return { kind: "unfit", reason: "status" };
  if (value === null) return { kind: "unfit", reason: "not_json" };
  if (isSuccessful !== true) return { kind: "unfit", reason: "success_missing" };
  const token = member(value, "Token");
  return typeof token === "string" && token !== ""
    ? { kind: "token", token: new Secret(token) }
    : { kind: "unfit", reason: "token_missing" };
}

/** The exact name first; ASP.NET may be set to another letter case. */
function member(value: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(value, name)) return value[name];
  const other = Object.keys(value).find((key) => key.toLowerCase() === name.toLowerCase());
  return other === undefined ? undefined : value[other];
}
