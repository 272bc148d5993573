/**
 * The SOAP 1.1 flavour of the exchange (`PartnerSystemUserService`): builds the envelope and judges
 * the answer. Does no I/O and, as with REST, reads no error message.
 */

import { Secret } from "../../domain/secret.ts";
import type { OutboundAnswer, OutboundRequest } from "../outbound/http.ts";
import { BUSY, type ExchangeQuestion, type ExchangeVerdict } from "./exchange_verdict.ts";
import { escapeXml, onlyChild, parseXml } from "./xml.ts";

const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";
const SERVICE = "http://www.superoffice.com/superid/partnersystemuser/0.1";
const ACTION = `${SERVICE}/IPartnerSystemUserService/Authenticate`;

/**
 * Names and order are the WSDL's (SuperOffice, `PartnerSystemUserService.svc`): secret and tenant
 * are header elements, the signed token and the wanted kind are the body.
 */
export function buildSoapRequest(url: URL, question: ExchangeQuestion): OutboundRequest {
  const element = (name: string, text: string) => `<p:${name}>${escapeXml(text)}</p:${name}>`;
  const body = '<?xml version="1.0" encoding="utf-8"?>' +
    `<s:Envelope xmlns:s="${SOAP}" xmlns:p="${SERVICE}">` +
    "<s:Header>" +
    element("ApplicationToken", question.clientSecret.reveal()) +
    element("ContextIdentifier", question.contextIdentifier) +
    "</s:Header><s:Body><p:AuthenticationRequest>" +
    element("SignedSystemToken", question.signedSystemToken.reveal()) +
    element("ReturnTokenType", "Jwt") +
    "</p:AuthenticationRequest></s:Body></s:Envelope>";
  return {
    method: "POST",
    url,
    headers: {
      "content-type": "text/xml;charset=UTF-8",
      accept: "text/xml",
      soapaction: `"${ACTION}"`,
    },
    body,
  };
}

/**
 * Judges an answer. A fault comes with 500 and is undocumented, so it says nothing about the token.
 *
 * @returns the returned token, not yet verified; a refusal; or why it is neither
 */
export function judgeSoapAnswer(answer: OutboundAnswer): ExchangeVerdict {
  const { status } = answer;
  if (status === 401 || status === 403) return { kind: "refused" };
  if (BUSY.includes(status)) return { kind: "down" };
  const isXml = answer.mediaType === "text/xml" || answer.mediaType === "application/xml";
  const envelope = isXml ? parseXml(answer.body) : null;
  const isEnvelope = envelope?.namespace === SOAP && envelope.name === "Envelope";
  const body = isEnvelope ? onlyChild(envelope, SOAP, "Body") : null;
  if (onlyChild(body, SOAP, "Fault") !== null) return { kind: "unfit", reason: "soap_fault" };
  const response = onlyChild(body, SERVICE, "AuthenticationResponse");
  const isSuccessful = onlyChild(response, SERVICE, "IsSuccessful")?.text.trim();
  // xs:boolean has two spellings of each value.
  const failed = isSuccessful === "false" || isSuccessful === "0";
  if (failed && (status === 200 || status === 400)) return { kind: "refused" };
  if (status !== 200) return { kind: "unfit", reason: "status" };
  if (response === null) return { kind: "unfit", reason: "not_soap" };
  if (isSuccessful !== "true" && isSuccessful !== "1") {
    return { kind: "unfit", reason: "success_missing" };
  }
  const token = onlyChild(response, SERVICE, "Token")?.text.trim();
  return token ? { kind: "token", token: new Secret(token) } : {
    kind: "unfit",
    reason: "token_missing",
  };
}
