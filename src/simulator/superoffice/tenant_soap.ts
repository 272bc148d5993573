/**
 * The SOAP web services of a tenant, as far as a system user needs them to create a company: two
 * operations of `Contact.svc`. Whether a call succeeded is said in a header of the answer.
 */
import type { Context, Hono } from "hono";
import { carrierElement, readCarrierElement } from "./carrier_xml.ts";
import { contactWsdl, netServerNamespace as namespace } from "./contact_wsdl.ts";
import { defaultContact, saveContact } from "./contacts.ts";
import { messagePage } from "./pages.ts";
import { childOf, element, envelope, fault, isWsdlAsked, readSoap, soapAction } from "./soap.ts";
import type { SoapMessage, XmlElement } from "./soap.ts";
import { locate, personOfTicket } from "./tenant_access.ts";
import type { Person, Tenant } from "./tenant.ts";
import { type ContactEntity, endpointOf, type World } from "./world.ts";

/** Mounts `Contact.svc` of every tenant. */
export function mountTenantSoap(app: Hono, world: World): void {
  const path = "/:ctx{cust[0-9]+}/remote/services88/contact.svc";
  app.get(path, (c) => {
    const tenant = locate(world, c.req.raw, c.req.param("ctx"));
    if ("kind" in tenant) return c.text(tenant.text, tenant.status);
    if (!isWsdlAsked(c.req.url)) {
      return c.html(messagePage("WcfContactService", "Add ?wsdl for the description."));
    }
    return xml(c, contactWsdl(endpointOf(world, tenant)), 200);
  });
  app.post(path, async (c) => {
    const text = await c.req.text();
    const tenant = locate(world, c.req.raw, c.req.param("ctx"));
    if ("kind" in tenant) return c.text(tenant.text, tenant.status);
    if (!/^text\/xml\s*(;|$)/i.test(c.req.header("content-type") ?? "")) return c.body(null, 415);
    const message = readSoap(text);
    if (!message) return c.body(null, 400);
    const [namespaceAsked, operation] = splitAction(soapAction(c.req.header("soapaction")));
    const isKnown = namespaceAsked === `${namespace}/Contact` &&
      (operation === create || operation === save);
    if (!isKnown) {
      return xml(c, fault("ActionNotSupported", "The action is not one of the contract."), 500);
    }
    const { payload } = message;
    if (payload?.namespace !== namespace || payload.name !== operation) {
      return xml(c, fault("DeserializationFailed", "The message is not of the contract."), 500);
    }
    const person = personOf(world, tenant, message);
    if (!person) return xml(c, failed(operation, "Not authenticated"), 200);
    const entity = operation === create
      ? defaultContact(person)
      : saved(world, tenant, person, payload);
    if (typeof entity === "string") return xml(c, failed(operation, entity), 200);
    return xml(c, succeeded(operation, entity), 200);
  });
}

const create = "CreateDefaultContactEntity";
const save = "SaveContactEntity";

function splitAction(action: string): [string, string] {
  const at = action.lastIndexOf("/");
  return [action.slice(0, Math.max(at, 0)), action.slice(at + 1)];
}

function personOf(world: World, tenant: Tenant, { header }: SoapMessage): Person | undefined {
  const secret = childOf(header, namespace, "ApplicationToken")?.text ?? null;
  const credentials = childOf(header, namespace, "Credentials");
  const ticket = childOf(credentials, namespace, "Ticket")?.text ?? "";
  return personOfTicket(world, tenant, ticket, secret);
}

/** What was saved, or why not. */
function saved(
  world: World,
  tenant: Tenant,
  person: Person,
  payload: XmlElement,
): ContactEntity | string {
  const entity = childOf(payload, namespace, "ContactEntity");
  if (!entity || entity.isNil) return "ContactEntity is missing";
  try {
    const sent = readCarrierElement("ContactEntity", entity);
    const contact = saveContact(world, tenant.contextIdentifier, { sent, author: person });
    return contact ?? "Not found";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function succeeded(operation: string, entity: ContactEntity): string {
  const body = `<${operation}Response xmlns="${namespace}">${
    carrierElement("Response", "ContactEntity", entity)
  }</${operation}Response>`;
  return envelope(body, replyHeader(true, undefined));
}

function failed(operation: string, message: string): string {
  const body = `<${operation}Response xmlns="${namespace}">${element("Response", null)}` +
    `</${operation}Response>`;
  return envelope(body, replyHeader(false, message));
}

function replyHeader(isSuccessful: boolean, message: string | undefined): string {
  const nil = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"';
  const exception = message === undefined
    ? `<h:ExceptionInfo xmlns:h="${namespace}" ${nil}/>`
    : `<h:ExceptionInfo xmlns:h="${namespace}" xmlns="${namespace}">${
      element("Message", message)
    }` +
      `${element("FriendlyText", message)}</h:ExceptionInfo>`;
  return exception +
    `<h:ExtraInfo xmlns:h="${namespace}" ${nil}/>` +
    `<h:Succeeded xmlns:h="${namespace}">${isSuccessful}</h:Succeeded>` +
    `<h:TimeZone xmlns:h="${namespace}" ${nil}/>`;
}

function xml(c: Context, text: string, status: 200 | 500): Response {
  return c.body(text, status, { "content-type": "text/xml; charset=utf-8" });
}
