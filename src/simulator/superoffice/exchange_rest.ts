/**
 * The exchange's REST door, `/login/api/PartnerSystemUser/Authenticate`. Reads JSON as ASP.NET does,
 * names in any case; says no with a status or, when switched, with 200 and `IsSuccessful: false`.
 */
import type { Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { exchange, type ExchangeRequest, type ExchangeResult } from "./exchange.ts";
import { errorMessageOf, forcedAnswer, serverErrorPage, statusOf } from "./exchange_answer.ts";
import { readJsonMembers } from "./params.ts";
import type { World } from "./world.ts";

/** Mounts the REST exchange. */
export function mountExchangeRest(app: Hono, world: World): void {
  app.post("/login/api/partnersystemuser/authenticate", async (c) => {
    const request = readRequest(c.req.header("content-type"), await c.req.text());
    const result = await exchange(world, request);
    if (!result) return c.body(null, 503);
    return answer(c, world, result);
  });
}

function readRequest(contentType: string | undefined, body: string): ExchangeRequest {
  const isJson = /^(application|text)\/([a-z.-]+\+)?json\s*(;|$)/i.test(contentType ?? "");
  const members = isJson ? readJsonMembers(body) : undefined;
  const text = (name: string) => {
    const value = members?.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const type = members?.get("returntokentype");
  return {
    door: "rest",
    applicationToken: text("applicationtoken"),
    contextIdentifier: text("contextidentifier"),
    signedSystemToken: text("signedsystemtoken"),
    // SAML, the other token type, is not simulated.
    isWellFormed: typeof type === "string" && type.toUpperCase() === "JWT",
  };
}

function answer(c: Context, { behaviour }: World, result: ExchangeResult): Response {
  if (result.kind === "forced") return forcedAnswer(result.failure);
  if (result.kind === "issued") {
    return c.json({ IsSuccessful: true, Token: result.token, ErrorMessage: null });
  }
  const status = statusOf(behaviour, "rest", result) as ContentfulStatusCode;
  if (behaviour.exchangeFailureMode === "html") return c.html(serverErrorPage, 500);
  const message = errorMessageOf(behaviour, result.text);
  return c.json({ IsSuccessful: false, Token: null, ErrorMessage: message }, status);
}
