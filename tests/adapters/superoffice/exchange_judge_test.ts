/** Asking for an exchange and judging its answers, without a network. */

import assert from "node:assert/strict";
import {
  buildRestRequest,
  judgeRestAnswer,
} from "../../../src/adapters/superoffice/exchange_rest.ts";
import {
  buildSoapRequest,
  judgeSoapAnswer,
} from "../../../src/adapters/superoffice/exchange_soap.ts";
import { onlyChild, parseXml } from "../../../src/adapters/superoffice/xml.ts";
import { ContextId } from "../../../src/domain/context_id.ts";
import { Secret } from "../../../src/domain/secret.ts";

const SIGNED = "Example & <App>-AbC.202601151200.c2ln+/==";
const question = {
  clientSecret: new Secret("client-secret"),
  contextIdentifier: ContextId.parse("Cust10001")!,
  signedSystemToken: new Secret(SIGNED),
};
const URL_ = new URL("https://sod.superoffice.com/exchange");
const SERVICE = "http://www.superoffice.com/superid/partnersystemuser/0.1";
const SOAP = "http://schemas.xmlsoap.org/soap/envelope/";

Deno.test("the REST body has the four members in the vendor's order and no charset", () => {
  const request = buildRestRequest(URL_, question);
  assert.equal(request.method, "POST");
  assert.equal(request.headers["content-type"], "application/json");
  assert.equal(
    request.body,
    `{"ApplicationToken":"client-secret","ContextIdentifier":"Cust10001",` +
      `"ReturnTokenType":"JWT","SignedSystemToken":"${SIGNED}"}`,
  );
});

Deno.test("the SOAP envelope has secret and tenant as headers, the rest as body, all escaped", () => {
  const request = buildSoapRequest(URL_, question);
  assert.equal(request.headers["content-type"], "text/xml;charset=UTF-8");
  assert.equal(
    request.headers.soapaction,
    `"${SERVICE}/IPartnerSystemUserService/Authenticate"`,
  );
  const envelope = parseXml(request.body ?? "");
  const head = onlyChild(envelope, SOAP, "Header");
  assert.equal(onlyChild(head, SERVICE, "ApplicationToken")?.text, "client-secret");
  assert.equal(onlyChild(head, SERVICE, "ContextIdentifier")?.text, "Cust10001");
  const asked = onlyChild(onlyChild(envelope, SOAP, "Body"), SERVICE, "AuthenticationRequest");
  assert.deepEqual(
    asked?.children.map(({ name, text }) => [name, text]),
    [["SignedSystemToken", SIGNED], ["ReturnTokenType", "Jwt"]],
  );
});

/** A verdict in short: the token, or the kind, or the kind and its reason. */
function short(verdict: ReturnType<typeof judgeRestAnswer>): string {
  if (verdict.kind === "token") return `token ${verdict.token.reveal()}`;
  return verdict.kind === "unfit" ? `unfit ${verdict.reason}` : verdict.kind;
}

const json = "application/json";
const yes = '{"IsSuccessful":true,"Token":"e.f.g","ErrorMessage":null}';
const no = '{"IsSuccessful":false,"Token":null,"ErrorMessage":"no"}';

const restAnswers: readonly (readonly [number, string, string, string])[] = [
  [200, json, yes, "token e.f.g"],
  [200, json, '{"isSuccessful":true,"token":"e.f.g"}', "token e.f.g"],
  [200, json, '{"token":"x","IsSuccessful":true,"Token":"e.f.g"}', "token e.f.g"],
  [200, "text/json", yes, "unfit not_json"],
  [200, json, no, "refused"],
  [200, json, '{"IsSuccessful":false,"Token":"e.f.g"}', "refused"],
  [200, json, '{"IsSuccessful":true}', "unfit token_missing"],
  [200, json, '{"IsSuccessful":true,"Token":""}', "unfit token_missing"],
  [200, json, '{"IsSuccessful":true,"Token":{"a":1}}', "unfit token_missing"],
  [200, json, '{"IsSuccessful":"true","Token":"e.f.g"}', "unfit success_missing"],
  [200, json, '{"Token":"e.f.g"}', "unfit success_missing"],
  [200, json, '{"__proto__":{"IsSuccessful":true,"Token":"e.f.g"}}', "unfit success_missing"],
  [200, json, "[]", "unfit not_json"],
  [200, json, "", "unfit not_json"],
  [200, json, '"e.f.g"', "unfit not_json"],
  [200, "text/html", "<html>", "unfit not_json"],
  [200, "", yes, "unfit not_json"],
  [201, json, yes, "unfit status"],
  [204, "", "", "unfit status"],
  [302, "text/html", "", "unfit status"],
  [307, json, yes, "unfit status"],
  [400, json, no, "refused"],
  [400, json, yes, "unfit status"],
  [400, "text/html", "<html>", "unfit status"],
  [401, json, no, "refused"],
  [401, "text/html", "<html>", "refused"],
  [403, "", "", "refused"],
  [404, "text/html", "<html>", "unfit status"],
  [429, json, no, "down"],
  [500, "text/html", "<html>", "unfit status"],
  [500, json, no, "unfit status"],
  [502, "", "", "down"],
  [503, json, no, "down"],
  [504, "", "", "down"],
];

for (const [status, mediaType, body, expected] of restAnswers) {
  Deno.test(`REST ${status} ${mediaType} ${body} is ${expected}`, () => {
    assert.equal(short(judgeRestAnswer({ status, mediaType, date: null, body })), expected);
  });
}

function envelope(response: string, prefix = "s"): string {
  return `<?xml version="1.0"?><${prefix}:Envelope xmlns:${prefix}="${SOAP}">` +
    `<${prefix}:Body>${response}</${prefix}:Body></${prefix}:Envelope>`;
}

function response(inner: string): string {
  return envelope(`<AuthenticationResponse xmlns="${SERVICE}">${inner}</AuthenticationResponse>`);
}

const fault = envelope("<s:Fault><faultcode>s:Client</faultcode></s:Fault>");
const soapYes = response("<IsSuccessful>true</IsSuccessful><Token>e.f.g</Token>");
const soapNo = response("<IsSuccessful>false</IsSuccessful><ErrorMessage>no</ErrorMessage>");

const soapAnswers: readonly (readonly [string, number, string, string, string])[] = [
  ["success", 200, "text/xml", soapYes, "token e.f.g"],
  [
    "other prefixes, several for one namespace",
    200,
    "text/xml",
    `<a:Envelope xmlns:a="${SOAP}" xmlns:b="${SOAP}" xmlns:q="${SERVICE}" xmlns:r="${SERVICE}">` +
    "<b:Header/><b:Body><q:AuthenticationResponse><r:ErrorMessage/><r:Token>\n e.f.g </r:Token>" +
    "<q:IsSuccessful> 1 </q:IsSuccessful></q:AuthenticationResponse></b:Body></a:Envelope>",
    "token e.f.g",
  ],
  ["a refusal", 200, "text/xml", soapNo, "refused"],
  ["a refusal as 0", 200, "text/xml", soapNo.replace("false", "0"), "refused"],
  ["a refusal with 400", 400, "text/xml", soapNo, "refused"],
  ["a refusal with 500", 500, "text/xml", soapNo, "unfit status"],
  ["a fault", 500, "text/xml", fault, "unfit soap_fault"],
  ["a fault with 200", 200, "text/xml", fault, "unfit soap_fault"],
  ["a fault with 400", 400, "text/xml", fault, "unfit soap_fault"],
  ["401", 401, "text/html", "<html>", "refused"],
  ["403", 403, "", "", "refused"],
  ["429", 429, "", "", "down"],
  ["503", 503, "text/xml", soapYes, "down"],
  ["500 with HTML", 500, "text/html", "<html>", "unfit status"],
  ["302", 302, "text/xml", soapYes, "unfit status"],
  ["HTML", 200, "text/html", "<html/>", "unfit not_soap"],
  ["JSON", 200, json, yes, "unfit not_soap"],
  ["nothing", 200, "text/xml", "", "unfit not_soap"],
  [
    "no token",
    200,
    "text/xml",
    response("<IsSuccessful>true</IsSuccessful>"),
    "unfit token_missing",
  ],
  [
    "an empty token",
    200,
    "text/xml",
    response("<IsSuccessful>true</IsSuccessful><Token/>"),
    "unfit token_missing",
  ],
  [
    "no word on success",
    200,
    "text/xml",
    response("<Token>e.f.g</Token>"),
    "unfit success_missing",
  ],
  [
    "success in capitals",
    200,
    "text/xml",
    soapYes.replace("true", "True"),
    "unfit success_missing",
  ],
  [
    "two words on success",
    200,
    "text/xml",
    response("<IsSuccessful>false</IsSuccessful><IsSuccessful>true</IsSuccessful><Token>e</Token>"),
    "unfit success_missing",
  ],
  [
    "two tokens",
    200,
    "text/xml",
    response("<IsSuccessful>true</IsSuccessful><Token>e.f.g</Token><Token>h.i.j</Token>"),
    "unfit token_missing",
  ],
  [
    "two bodies",
    200,
    "text/xml",
    soapYes.replace("<s:Body>", "<s:Body/><s:Body>"),
    "unfit not_soap",
  ],
  ["another namespace", 200, "text/xml", soapYes.replace(SERVICE, "urn:x"), "unfit not_soap"],
  ["another SOAP", 200, "text/xml", soapYes.replace(SOAP, "urn:x"), "unfit not_soap"],
  ["a free prefix", 200, "text/xml", soapYes.replace(/ xmlns:s="[^"]+"/, ""), "unfit not_soap"],
  [
    "a namespace of the wrong depth",
    200,
    "text/xml",
    soapYes.replace("<Token>", '<Token xmlns="">'),
    "unfit token_missing",
  ],
  ["a broken end", 200, "text/xml", soapYes.slice(0, -3), "unfit not_soap"],
  ["a second root", 200, "text/xml", `${soapYes}<x/>`, "unfit not_soap"],
  ["text behind it", 200, "text/xml", `${soapYes}x`, "unfit not_soap"],
];

for (const [name, status, mediaType, body, expected] of soapAnswers) {
  Deno.test(`SOAP ${name} is ${expected}`, () => {
    assert.equal(short(judgeSoapAnswer({ status, mediaType, date: null, body })), expected);
  });
}

const lol = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>';
const attacks: Readonly<Record<string, string>> = {
  "an entity of its own": soapYes.replace("?>", `?>${lol}`).replace("e.f.g", "&b;"),
  "a file as an entity": soapYes.replace("?>", '?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///x">]>'),
  "a document type in lower case": soapYes.replace("?>", "?><!doctype html>"),
  "a document type from elsewhere": soapYes.replace(
    "?>",
    '?><!DOCTYPE x SYSTEM "http://127.0.0.1/">',
  ),
  "an entity declaration in the body": soapYes.replace("<Token>", '<!ENTITY a "x"><Token>'),
  "ten thousand levels": response("<a>".repeat(10_000) + "</a>".repeat(10_000)),
  "element names of the language itself": response("<__proto__>x</__proto__><constructor/>"),
};

for (const [name, body] of Object.entries(attacks)) {
  Deno.test(`XML with ${name} gives no token`, () => {
    const verdict = judgeSoapAnswer({ status: 200, mediaType: "text/xml", date: null, body });
    assert.match(short(verdict), /^unfit (?:not_soap|success_missing)$/);
  });
}

Deno.test("an undeclared entity stays what it is, so that no token comes of it", () => {
  const body = soapYes.replace("e.f.g", "&secret;");
  assert.equal(
    short(judgeSoapAnswer({ status: 200, mediaType: "text/xml", date: null, body })),
    "token &secret;",
  );
});

Deno.test("250 KiB of elements or text are read in less than two seconds", () => {
  const began = performance.now();
  for (const inner of ["<a/>".repeat(60_000), "x".repeat(250_000), "&amp;".repeat(50_000)]) {
    judgeSoapAnswer({ status: 200, mediaType: "text/xml", date: null, body: response(inner) });
    judgeSoapAnswer({ status: 200, mediaType: "text/xml", date: null, body: `<a ${inner}` });
  }
  assert.ok(performance.now() - began < 2_000);
});
