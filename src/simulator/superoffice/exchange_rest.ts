/**
 * The exchange's REST door, `/login/api/PartnerSystemUser/Authenticate`. Which status goes with which
 * cause is unpublished, so the channel of a no is a switch: a status, or 200 with `IsSuccessful: false`.
 */
import type { Context, Hono } from "hono";
import type { Behaviour, ForcedFailure } from "./behaviour.ts";
import { exchange, type ExchangeRequest, type ExchangeResult } from "./exchange.ts";
import { readJsonMembers } from "./params.ts";
import type { World } from "./world.ts";

/** Mounts the REST exchange. */
export function mountExchangeRest(app: Hono, world: World): void {
  app.post("/login/api/partnersystemuser/authenticate", async (c) => {
    const request = readRequest(c.req.header("content-type"), await c.req.text());
    const result = await exchange(world, request);
    if (!result) return c.body(null, 503);
    return answer(c, world.behaviour, result);
  });
}

/** A forced answer, as it was asked for. */
export function forcedAnswer(failure: ForcedFailure): Response {
  const { status, body, contentType, headers } = failure;
  const isBodiless = status === 204 || status === 304;
  return new Response(isBodiless ? null : body ?? "", {
    status,
    headers: { "content-type": contentType ?? "text/plain; charset=utf-8", ...headers },
  });
}

/** The text of `ErrorMessage`; undefined: the member is absent. */
export function errorMessageOf(
  { errorMessage }: Behaviour,
  text: string,
): string | null | undefined {
  if (typeof errorMessage === "object") return errorMessage.text;
  switch (errorMessage) {
    case "default":
      return text;
    case "empty":
      return "";
    case "null":
      return null;
    case "absent":
      return undefined;
  }
}

function readRequest(contentType: string | undefined, body: string): ExchangeRequest {
  const isJson = /^(application|text)\/([a-z.-]+\+)?json\s*(;|$)/i.test(contentType ?? "");
  const members = isJson ? readJsonMembers(body) : undefined;
  const text = (name: string) => {
    const value = members?.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const type = members?.get("returntokentype") ?? "JWT";
  return {
    door: "rest",
    applicationToken: text("applicationtoken"),
    contextIdentifier: text("contextidentifier"),
    signedSystemToken: text("signedsystemtoken"),
    // SAML, the other token type, is not simulated.
    isWellFormed: typeof type === "string" && type.toUpperCase() === "JWT",
  };
}

function answer(c: Context, behaviour: Behaviour, result: ExchangeResult): Response {
  if (result.kind === "forced") return forcedAnswer(result.failure);
  if (result.kind === "issued") {
    return c.json({ IsSuccessful: true, Token: result.token, ErrorMessage: null });
  }
  const message = errorMessageOf(behaviour, result.text);
  const body = { IsSuccessful: false, Token: null, ErrorMessage: message };
  switch (behaviour.exchangeFailureMode) {
    case "status":
      return c.json(body, result.verdict === "malformed" ? 400 : 401);
    case "soft":
      return c.json(body);
    case "forbidden":
      return c.json(body, 403);
    case "html":
      return c.html(
        "<html><body><h1>Server Error in '/Login' Application.</h1></body></html>",
        500,
      );
  }
}
