import assert from "node:assert/strict";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import {
  claim,
  payloadOf,
  signToken,
  type Stage,
  tenant,
  ticketOf,
  withSuperOffice,
} from "./superoffice_client.ts";

const soap = "http://schemas.xmlsoap.org/soap/envelope/";
const service = "http://www.superoffice.com/superid/partnersystemuser/0.1";
const action = `${service}/IPartnerSystemUserService/Authenticate`;
const netServer = "http://www.superoffice.net/ws/crm/NetServer/Services88";

interface SoapAnswer {
  readonly status: number;
  readonly text: string;
  /** Text of the elements by local name, wherever they are. */
  readonly values: Record<string, string>;
}

async function post(
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<SoapAnswer> {
  const all = { "content-type": "text/xml;charset=UTF-8", ...headers };
  const response = await fetch(url, { method: "POST", headers: all, body });
  const text = await response.text();
  return { status: response.status, text, values: valuesOf(text) };
}

function valuesOf(text: string): Record<string, string> {
  if (!text.startsWith("<s:Envelope")) return {};
  assert.equal(XMLValidator.validate(text), true);
  const found: Record<string, string> = {};
  const walk = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    for (const [name, child] of Object.entries(value)) {
      if (typeof child === "string") found[name] = child;
      else walk(child);
    }
  };
  walk(new XMLParser({ parseTagValue: false, removeNSPrefix: true }).parse(text));
  return found;
}

function authenticate(stage: Stage, body: string, headers: Record<string, string> = {}) {
  const url = `${stage.url}/login/services/PartnerSystemUserService.svc`;
  return post(url, { soapaction: `"${action}"`, ...headers }, body);
}

function envelopeFor(stage: Stage, signed: string, type = "Jwt"): string {
  return `<?xml version="1.0" encoding="utf-8"?>
    <soap:Envelope xmlns:soap="${soap}" xmlns="${service}">
      <soap:Header>
        <ApplicationToken>${stage.clientSecret}</ApplicationToken>
        <ContextIdentifier>${tenant}</ContextIdentifier>
      </soap:Header>
      <soap:Body><AuthenticationRequest>
        <SignedSystemToken>${signed}</SignedSystemToken>
        <ReturnTokenType>${type}</ReturnTokenType>
      </AuthenticationRequest></soap:Body>
    </soap:Envelope>`;
}

Deno.test("the SOAP exchange returns the same kind of token as REST", () =>
  withSuperOffice(async (stage) => {
    const signed = signToken(stage.control.approve(tenant).system_user_token);
    const { status, values } = await authenticate(stage, envelopeFor(stage, signed));
    assert.deepEqual([status, values.IsSuccessful], [200, "true"]);
    assert.match(String(payloadOf(values.Token)[`${claim}ticket`]), /^7T:/);
    assert.equal(stage.control.exchanges().at(-1)?.door, "soap");
  }));

Deno.test("prefixes, order, character references and the quoting of the action do not matter", () =>
  withSuperOffice(async (stage) => {
    const signed = signToken(stage.control.approve(tenant).system_user_token);
    const references = signed.replaceAll("+", "&#43;").replaceAll("=", "&#x3D;");
    const body = `<a:Envelope xmlns:a="${soap}" xmlns:b="${soap}">
      <b:Header xmlns:x="${service}">
        <y:ContextIdentifier xmlns:y="${service}">cust12345</y:ContextIdentifier>
        <x:ApplicationToken>${stage.clientSecret}</x:ApplicationToken>
      </b:Header>
      <b:Body xmlns:z="${service}"><z:AuthenticationRequest>
        <z:ApplicationToken>ignored</z:ApplicationToken>
        <z:ReturnTokenType>Jwt</z:ReturnTokenType>
        <z:SignedSystemToken><![CDATA[${signed.slice(0, 9)}]]>${
      references.slice(9)
    }</z:SignedSystemToken>
      </z:AuthenticationRequest></b:Body></a:Envelope>`;
    const { values } = await authenticate(stage, body, { soapaction: action });
    assert.equal(values.IsSuccessful, "true");
    const elsewhere = body.replaceAll(service, "http://other.test");
    assert.equal((await authenticate(stage, elsewhere)).status, 500);
  }));

Deno.test("a no is an ordinary response that says IsSuccessful false", () =>
  withSuperOffice(async (stage) => {
    const signed = signToken("Box Office-0000000000");
    const { status, values } = await authenticate(stage, envelopeFor(stage, signed));
    assert.deepEqual([status, values.IsSuccessful], [200, "false"]);
    assert.equal(values.ErrorMessage, "Authorization error: Denied (4)");
    assert.ok(!values.Token);
  }));

Deno.test("what is not of the contract is a fault or not read at all", () =>
  withSuperOffice(async (stage) => {
    const right = envelopeFor(stage, "a.b.c");
    const other = await authenticate(stage, right, { soapaction: "other" });
    assert.deepEqual([other.status, other.values.faultcode], [500, "a:ActionNotSupported"]);
    const upper = await authenticate(stage, envelopeFor(stage, "a.b.c", "JWT"));
    assert.deepEqual([upper.status, upper.values.faultcode], [500, "a:DeserializationFailed"]);
    assert.equal((await authenticate(stage, "<a>")).status, 400);
    const entity = `<!DOCTYPE a [<!ENTITY e "x">]>${right.replace(/<\?xml.*\?>/, "").trim()}`;
    assert.equal((await authenticate(stage, entity)).status, 400);
    assert.equal((await authenticate(stage, right, { "content-type": "text/plain" })).status, 415);
    assert.equal(stage.control.exchangeCount(), 0);
  }));

const xsi = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"';

Deno.test("what may be nil may be nil or absent, in the request and in the answer", () =>
  withSuperOffice(async (stage) => {
    const signed = signToken(stage.control.approve(tenant).system_user_token);
    const right = envelopeFor(stage, signed);
    const untyped = right.replace("<ReturnTokenType>Jwt</ReturnTokenType>", "");
    const issued = await authenticate(stage, untyped);
    const rest = '<ErrorMessage xsi:nil="true"/></AuthenticationResponse>';
    assert.ok(issued.text.includes(`<Token>${issued.values.Token}</Token>${rest}`));
    assert.match(issued.text, /<AuthenticationResponse xmlns="[^"]*"><IsSuccessful>true</);
    const nils = ["SignedSystemToken", "ApplicationToken", "ContextIdentifier"];
    for (const name of nils) {
      const element = new RegExp(`<${name}>.*?</${name}>`, "s");
      // What stands in a nil element is not its value.
      const full = `<${name} ${xsi} i:nil="true">${stage.clientSecret}</${name}>`;
      for (const instead of [`<${name} ${xsi} i:nil="true"/>`, full, ""]) {
        const { status, text, values } = await authenticate(stage, right.replace(element, instead));
        assert.deepEqual([status, values.IsSuccessful], [200, "false"]);
        assert.ok(text.includes('<Token xsi:nil="true"/><ErrorMessage>'));
        assert.equal(stage.control.exchanges().at(-1)?.verdict, "malformed");
      }
    }
    const nilType = right.replace(/<ReturnTokenType>.*</, `<ReturnTokenType ${xsi} i:nil="true"><`);
    assert.equal((await authenticate(stage, nilType)).status, 500);
    stage.control.set({ errorMessage: "absent" });
    const unknown = await authenticate(stage, right.replace(stage.clientSecret, "x"));
    assert.match(unknown.text, /<Token xsi:nil="true"\/><\/AuthenticationResponse>/);
  }));

Deno.test("only SOAP 1.1 is read, and an envelope with something else in it is a fault", () =>
  withSuperOffice(async (stage) => {
    const right = envelopeFor(stage, "a.b.c");
    const soap12 = { "content-type": "application/soap+xml; charset=utf-8" };
    assert.equal((await authenticate(stage, right, soap12)).status, 415);
    const newer = right.replaceAll(soap, "http://www.w3.org/2003/05/soap-envelope");
    assert.equal((await authenticate(stage, newer)).status, 400);
    for (const inside of ["", "<garbage/>", `<Authenticate xmlns="${service}"/>`]) {
      const body = `<s:Envelope xmlns:s="${soap}"><s:Body>${inside}</s:Body></s:Envelope>`;
      const { status, values } = await authenticate(stage, body);
      assert.deepEqual([status, values.faultcode], [500, "a:DeserializationFailed"]);
    }
    assert.equal(stage.control.exchangeCount(), 0);
  }));

Deno.test("a forced failure comes through the SOAP door too", () =>
  withSuperOffice(async (stage) => {
    stage.control.set({ exchangeFailure: { status: 502, body: "bad gateway" } });
    const { status, text } = await authenticate(stage, envelopeFor(stage, "a.b.c"));
    assert.deepEqual([status, text], [502, "bad gateway"]);
  }));

Deno.test("the WSDL is well-formed and names the service's own address", () =>
  withSuperOffice(async (stage) => {
    const path = "Login/Services/PartnerSystemUserService.svc";
    const text = await (await fetch(`${stage.url}/${path}?wsdl`)).text();
    assert.equal(XMLValidator.validate(text), true);
    assert.ok(text.includes(`soapAction="${action}"`));
    assert.ok(text.includes(`location="${stage.url}/login/services/PartnerSystemUserService.svc"`));
  }));

/** Which tags declare what an attribute refers to. */
const declaredBy = {
  type: "xs:complexType|xs:simpleType|wsdl:portType",
  element: "xs:element",
  message: "wsdl:message",
  binding: "wsdl:binding",
};

Deno.test("each name that a WSDL refers to is declared in it", () =>
  withSuperOffice(async (stage) => {
    const exchange = `${stage.url}/login/services/PartnerSystemUserService.svc`;
    const contact = `${stage.tenantUrls[0]}/${tenant}/Remote/Services88/Contact.svc`;
    for (const url of [exchange, contact]) {
      const text = await (await fetch(`${url}?singleWsdl`)).text();
      assert.equal(XMLValidator.validate(text), true);
      for (const [attribute, tag] of Object.entries(declaredBy)) {
        const names = text.matchAll(new RegExp(`<(?:${tag})\\s+name="(\\w+)"`, "g"));
        const declared = new Set([...names].map(([, name]) => name));
        const of = text.matchAll(new RegExp(`${attribute}="(?:tns|arrays):(\\w+)"`, "g"));
        const referred = [...of].map(([, name]) => name);
        assert.ok(referred.length > 0);
        assert.deepEqual(referred.filter((name) => !declared.has(name)), []);
      }
      const page = await (await fetch(url)).text();
      assert.match(page, /\?wsdl/);
    }
  }));

function contactCall(stage: Stage, ticket: string, operation: string, payload: string) {
  const body = `<s:Envelope xmlns:s="${soap}" xmlns:n="${netServer}"><s:Header>
      <n:ApplicationToken>${stage.clientSecret}</n:ApplicationToken>
      <n:Credentials><n:Ticket>${ticket}</n:Ticket></n:Credentials>
    </s:Header><s:Body>${payload}</s:Body></s:Envelope>`;
  const url = `${stage.tenantUrls[0]}/${tenant}/Remote/Services88/Contact.svc`;
  return post(url, { soapaction: `${netServer}/Contact/${operation}` }, body);
}

Deno.test("a company is created over SOAP with the same ticket", () =>
  withSuperOffice(async (stage) => {
    const ticket = await ticketOf(stage);
    const draft = await contactCall(
      stage,
      ticket,
      "CreateDefaultContactEntity",
      "<n:CreateDefaultContactEntity/>",
    );
    assert.deepEqual([draft.values.Succeeded, draft.values.ContactId], ["true", "0"]);
    const saved = await contactCall(
      stage,
      ticket,
      "SaveContactEntity",
      "<n:SaveContactEntity><n:ContactEntity><n:ContactId>0</n:ContactId>" +
        "<n:Name>Tom &amp; Sons</n:Name></n:ContactEntity></n:SaveContactEntity>",
    );
    assert.deepEqual([saved.values.Succeeded, saved.values.ContactId], ["true", "2"]);
    assert.equal(stage.control.contacts(tenant)[0]?.Name, "Tom & Sons");
    const empty = "<n:CreateDefaultContactEntity/>";
    const refused = await contactCall(stage, "7T:no", "CreateDefaultContactEntity", empty);
    assert.deepEqual([refused.status, refused.values.Succeeded], [200, "false"]);
    assert.equal(refused.values.Message, "Not authenticated");
    const unknown = await contactCall(stage, ticket, "DeleteContactEntity", "");
    assert.deepEqual([unknown.status, unknown.values.faultcode], [500, "a:ActionNotSupported"]);
    const other = await contactCall(stage, ticket, "SaveContactEntity", empty);
    assert.deepEqual([other.status, other.values.faultcode], [500, "a:DeserializationFailed"]);
    assert.equal(stage.control.contacts(tenant).length, 1);
  }));
