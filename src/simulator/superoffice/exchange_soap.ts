/**
 * The exchange's SOAP 1.1 door, `PartnerSystemUserService.svc`, and its WSDL. A no is an ordinary
 * response with `IsSuccessful` false; faults are for messages that are not of the contract.
 */
import type { Context, Hono } from "hono";
import type { Behaviour } from "./behaviour.ts";
import { exchange, type ExchangeRequest, type ExchangeResult } from "./exchange.ts";
import { errorMessageOf, forcedAnswer, serverErrorPage } from "./exchange_answer.ts";
import { partnerSystemUserNamespace as namespace, partnerSystemUserWsdl } from "./exchange_wsdl.ts";
import { messagePage } from "./pages.ts";
import { childOf, element, envelope, fault, isWsdlAsked, readSoap, soapAction } from "./soap.ts";
import type { SoapMessage } from "./soap.ts";
import type { World } from "./world.ts";

/** Mounts the SOAP exchange. */
export function mountExchangeSoap(app: Hono, world: World): void {
  const path = "/login/services/partnersystemuserservice.svc";
  app.get(path, (c) => {
    if (!isWsdlAsked(c.req.url)) {
      return c.html(messagePage("PartnerSystemUserService", "Add ?wsdl for the description."));
    }
    return xml(c, partnerSystemUserWsdl(world.url), 200);
  });
  app.post(path, async (c) => {
    const text = await c.req.text();
    if (!/^text\/xml\s*(;|$)/i.test(c.req.header("content-type") ?? "")) return c.body(null, 415);
    const message = readSoap(text);
    if (!message) return c.body(null, 400);
    if (soapAction(c.req.header("soapaction")) !== action) {
      return xml(c, fault("ActionNotSupported", "The action is not one of the contract."), 500);
    }
    const request = readRequest(message);
    if (!request) {
      return xml(c, fault("DeserializationFailed", "The message is not of the contract."), 500);
    }
    const result = await exchange(world, request);
    if (!result) return c.body(null, 503);
    return answer(c, world.behaviour, result);
  });
}

const action = `${namespace}/IPartnerSystemUserService/Authenticate`;

/** Undefined when the payload is another element, or asks for a token type the enumeration lacks. */
function readRequest({ header, payload }: SoapMessage): ExchangeRequest | undefined {
  if (payload?.namespace !== namespace || payload.name !== "AuthenticationRequest") {
    return undefined;
  }
  const type = childOf(payload, namespace, "ReturnTokenType")?.text.trim() ?? "Jwt";
  if (type !== "Jwt" && type !== "Saml") return undefined;
  return {
    door: "soap",
    applicationToken: childOf(header, namespace, "ApplicationToken")?.text,
    contextIdentifier: childOf(header, namespace, "ContextIdentifier")?.text,
    signedSystemToken: childOf(payload, namespace, "SignedSystemToken")?.text,
    // SAML is not simulated.
    isWellFormed: type === "Jwt",
  };
}

function answer(c: Context, behaviour: Behaviour, result: ExchangeResult): Response {
  if (result.kind === "forced") return forcedAnswer(result.failure);
  if (result.kind === "issued") return xml(c, response(true, result.token, null), 200);
  const text = response(false, null, errorMessageOf(behaviour, result.text));
  switch (behaviour.exchangeFailureMode) {
    case "status":
    case "soft":
      return xml(c, text, 200);
    case "forbidden":
      return xml(c, text, 403);
    case "html":
      return c.html(serverErrorPage, 500);
  }
}

function response(isSuccessful: boolean, token: string | null, message: string | null | undefined) {
  return envelope(
    `<AuthenticationResponse xmlns="${namespace}">${
      element("IsSuccessful", String(isSuccessful))
    }` +
      `${element("Token", token)}${element("ErrorMessage", message)}</AuthenticationResponse>`,
  );
}

function xml(c: Context, text: string, status: 200 | 403 | 500): Response {
  return c.body(text, status, { "content-type": "text/xml; charset=utf-8" });
}
