/**
 * The exchange as published clients write it on the wire, byte by byte where bytes have mattered:
 * member order, escapes, media types, prefixes. For clients that do not run here (.NET, Python, PHP) or
 * whose address is fixed in their source; what is literal is the request, the values are the stage's.
 */
import assert from "node:assert/strict";
import {
  claim,
  consented,
  noon,
  payloadOf,
  signToken,
  type Stage,
  withSuperOffice,
} from "./superoffice_client.ts";

interface Values {
  readonly secret: string;
  readonly signed: string;
}

interface PublishedRequest {
  readonly client: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: (values: Values) => string;
}

const service = "http://www.superoffice.com/superid/partnersystemuser/0.1";
const action = `${service}/IPartnerSystemUserService/Authenticate`;
const soap = "http://schemas.xmlsoap.org/soap/envelope/";
const rest = "/Login/api/PartnerSystemUser/Authenticate";

const requests: readonly PublishedRequest[] = [
  {
    // System.Text.Json escapes + in strings, and the type carries no charset.
    client: "SuperOffice.SystemUser.Client 1.2 (.NET)",
    path: rest,
    headers: { "Content-Type": "application/json", "Accept": "application/json" },
    body: ({ secret, signed }) =>
      `{"ApplicationToken":"${secret}","ContextIdentifier":"Cust12345","ReturnTokenType":"JWT",` +
      `"SignedSystemToken":"${signed.replaceAll("+", "\\u002B")}"}`,
  },
  {
    client: "the vendor's TypeScript sample (fetch)",
    path: rest,
    headers: {
      "Content-Type": "application/json;charset=UTF-8",
      "Accept": "application/json;charset=UTF-8",
    },
    body: ({ secret, signed }) =>
      `{"SignedSystemToken":"${signed}","ApplicationToken":"${secret}",` +
      `"ContextIdentifier":"Cust12345","ReturnTokenType":"JWT"}`,
  },
  {
    // json.dumps puts a space after colon and comma.
    client: "a Python client of the REST exchange (requests)",
    path: rest,
    headers: {
      "Content-Type": "application/json;charset=UTF-8",
      "Accept": "application/json;charset=UTF-8",
      "User-Agent": "python-requests/2.31.0",
    },
    body: ({ secret, signed }) =>
      `{"SignedSystemToken": "${signed}", "ApplicationToken": "${secret}", ` +
      `"ContextIdentifier": "Cust12345", "ReturnTokenType": "JWT"}`,
  },
  {
    // Two prefixes for each of two namespaces; Envelope and Body, header and request differ.
    client: "the vendor's Node helper (request)",
    path: "/login/services/PartnerSystemUserService.svc",
    headers: { "Content-Type": "text/xml;charset=UTF-8", "SOAPAction": action },
    body: ({ secret, signed }) =>
      `<?xml version="1.0" encoding="UTF-8"?>
  <E:Envelope xmlns:b="${soap}" xmlns:r="${service}"
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:h="${service}" xmlns:E="${soap}">
    <E:Header>
      <h:ApplicationToken>${secret}</h:ApplicationToken>
      <h:ContextIdentifier>Cust12345</h:ContextIdentifier>
    </E:Header>
    <b:Body>
      <r:AuthenticationRequest>
        <r:SignedSystemToken>${signed}</r:SignedSystemToken>
        <r:ReturnTokenType>Jwt</r:ReturnTokenType>
      </r:AuthenticationRequest>
    </b:Body>
  </E:Envelope>`,
  },
  {
    client: "a SOAP request by axios, which accepts JSON",
    path: "/Login/services/PartnerSystemUserService.svc",
    headers: {
      "Content-Type": "text/xml; charset=utf-8",
      "Accept": "application/json",
      "SOAPAction": `"${action}"`,
    },
    body: ({ secret, signed }) =>
      `<soapenv:Envelope xmlns:soapenv="${soap}" xmlns:ns="${service}"><soapenv:Header>` +
      `<ns:ApplicationToken>${secret}</ns:ApplicationToken>` +
      `<ns:ContextIdentifier>Cust12345</ns:ContextIdentifier></soapenv:Header><soapenv:Body>` +
      `<ns:AuthenticationRequest><ns:SignedSystemToken>${signed}</ns:SignedSystemToken>` +
      `<ns:ReturnTokenType>Jwt</ns:ReturnTokenType></ns:AuthenticationRequest>` +
      `</soapenv:Body></soapenv:Envelope>`,
  },
  {
    // Headers from the WSDL's header parts; the body has another prefix for SOAP than the envelope.
    client: "the vendor's Python sample (suds)",
    path: "/Login/services/PartnerSystemUserService.svc",
    headers: {
      "Content-Type": "text/xml; charset=utf-8",
      "Soapaction": `"${action}"`,
      "User-Agent": "Python-urllib/3.9",
    },
    body: ({ secret, signed }) =>
      `<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:ns0="${service}" ` +
      `xmlns:ns1="${soap}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
      `xmlns:SOAP-ENV="${soap}"><SOAP-ENV:Header>` +
      `<ns0:ApplicationToken>${secret}</ns0:ApplicationToken>` +
      `<ns0:ContextIdentifier>Cust12345</ns0:ContextIdentifier></SOAP-ENV:Header><ns1:Body>` +
      `<ns0:AuthenticationRequest><ns0:SignedSystemToken>${signed}</ns0:SignedSystemToken>` +
      `<ns0:ReturnTokenType>Jwt</ns0:ReturnTokenType></ns0:AuthenticationRequest></ns1:Body>` +
      `</SOAP-ENV:Envelope>`,
  },
  {
    // The two headers once more among the parameters, and an encoding style that is not meant.
    client: "the vendor's PHP sample (nusoap)",
    path: "/login/services/PartnerSystemUserService.svc",
    headers: {
      "Content-Type": "text/xml; charset=ISO-8859-1",
      "SOAPAction": `"${action}"`,
      "User-Agent": "NuSOAP/0.9.5 (1.123)",
    },
    body: ({ secret, signed }) =>
      `<?xml version="1.0" encoding="ISO-8859-1"?><SOAP-ENV:Envelope ` +
      `SOAP-ENV:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" ` +
      `xmlns:SOAP-ENV="${soap}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" ` +
      `xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
      `xmlns:SOAP-ENC="http://schemas.xmlsoap.org/soap/encoding/"><SOAP-ENV:Header>` +
      `<ApplicationToken xmlns="${service}">${secret}</ApplicationToken>` +
      `<ContextIdentifier xmlns="${service}">Cust12345</ContextIdentifier></SOAP-ENV:Header>` +
      `<SOAP-ENV:Body><AuthenticationRequest xmlns="${service}">` +
      `<ApplicationToken>${secret}</ApplicationToken>` +
      `<ContextIdentifier>Cust12345</ContextIdentifier>` +
      `<SignedSystemToken>${signed}</SignedSystemToken><ReturnTokenType>Jwt</ReturnTokenType>` +
      `</AuthenticationRequest></SOAP-ENV:Body></SOAP-ENV:Envelope>`,
  },
];

/** Sends a request as it was published and returns the token of the answer, or "". */
async function tokenOf(stage: Stage, request: PublishedRequest, values: Values): Promise<string> {
  const { path, headers, body } = request;
  const response = await fetch(`${stage.url}${path}`, {
    method: "POST",
    headers,
    body: body(values),
  });
  const text = await response.text();
  const isXml = path.endsWith(".svc");
  const type = isXml ? "text/xml; charset=utf-8" : "application/json";
  assert.equal(response.headers.get("content-type"), type);
  const token = isXml
    ? /<Token>([^<]*)<\/Token>/.exec(text)?.[1]
    : JSON.parse(text).Token as string | null;
  return token ?? "";
}

for (const request of requests) {
  Deno.test(`the exchange takes the request of ${request.client}, and refuses it bent`, () =>
    withSuperOffice(async (stage) => {
      const signed = signedWithPlus(stage);
      const right = { secret: stage.clientSecret, signed };
      const token = await tokenOf(stage, request, right);
      assert.match(String(payloadOf(token)[`${claim}ticket`]), /^7T:/);
      const bent = { ...right, secret: stage.clientSecret.split("").reverse().join("") };
      assert.equal(await tokenOf(stage, request, bent), "");
      assert.equal(stage.control.exchangeCount(), 2);
    }));
}

/** A signed token that has the character which JSON, XML and forms treat differently. */
function signedWithPlus(stage: Stage): string {
  const { token } = consented(stage);
  const minutes = Array.from({ length: 15 }, (_, minute) => noon + minute * 60_000);
  const signed = minutes.map((at) => signToken(token, { at }));
  return signed.find((text) => text.includes("+")) ?? assert.fail("no signature has a plus");
}
