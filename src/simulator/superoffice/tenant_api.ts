/**
 * The REST web services of a tenant, as far as a system user needs them: who am I, and companies.
 * Statuses are the documented ones; the body of a 401 is not documented.
 */
import type { Context, Hono } from "hono";
import { contactsOf, createContact, defaultContact } from "./contacts.ts";
import { readJsonMembers } from "./params.ts";
import { admit, locate } from "./tenant_access.ts";
import type { Person, Tenant } from "./tenant.ts";
import { type ContactEntity, endpointOf, type World } from "./world.ts";

/** Mounts a tenant's `/api`. */
export function mountTenantApi(app: Hono, world: World): void {
  const base = "/:ctx{cust[0-9]+}/api";
  app.get(base, (c) => {
    const tenant = locate(world, c.req.raw, c.req.param("ctx"));
    if ("kind" in tenant) return problem(c, tenant.status, "SoException", tenant.text);
    return c.json(versionDocument(endpointOf(world, tenant)));
  });
  app.all(`${base}/*`, async (c) => {
    const access = admit(world, c.req.raw, c.req.param("ctx"));
    if (access.kind === "refused") {
      // A body left unread would hold the connection.
      await c.req.arrayBuffer();
      const type = access.status === 401 ? "SoSessionException" : "SoException";
      return problem(c, access.status, type, access.text);
    }
    const path = c.req.path.slice(`/${access.tenant.contextIdentifier}/api`.length);
    return await serve(c, world, `${c.req.method} ${path}`, access);
  });
}

async function serve(
  c: Context,
  world: World,
  call: string,
  { tenant, person }: { tenant: Tenant; person: Person },
): Promise<Response> {
  const { contextIdentifier } = tenant;
  const body = await c.req.text();
  switch (call) {
    case "GET /v1/user/currentprincipal":
      return c.json(principal(tenant, person));
    case "GET /v1/contact/default":
    case "POST /v1/agents/contact/createdefaultcontactentity":
      return c.json(selected(c, defaultContact()));
    case "POST /v1/contact":
    case "POST /v1/agents/contact/savecontactentity": {
      const members = readJsonMembers(body);
      if (!members) return problem(c, 400, "SoException", "The body is not a JSON object");
      return c.json(selected(c, createContact(world, contextIdentifier, members, person)));
    }
  }
  const id = /^GET \/v1\/contact\/(\d{1,9})$/.exec(call)?.[1];
  const entity = id === undefined
    ? undefined
    : contactsOf(world, contextIdentifier).get(Number(id));
  if (entity) return c.json(selected(c, entity));
  return problem(c, 404, "SoNotFoundException", "Not found");
}

type Status = 400 | 401 | 404 | 421 | 503;

function problem(c: Context, status: Status, type: string, text: string): Response {
  const body = { Error: true, ErrorType: type, ErrorMessage: text, ErrorSource: "Simulator" };
  return c.json(body, status);
}

/** `$select` keeps the named members. */
function selected(c: Context, entity: ContactEntity): Record<string, unknown> {
  const wanted = c.req.query("$select");
  const links = entity.ContactId === 0 ? {} : { _Links: { Self: c.req.url.split("?")[0] } };
  const all: Record<string, unknown> = {
    ...entity,
    TableRight: null,
    FieldProperties: {},
    ...links,
  };
  if (!wanted) return all;
  const names = new Set(wanted.toLowerCase().split(",").map((name) => name.trim()));
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.has(name.toLowerCase())));
}

function principal(tenant: Tenant, person: Person): Record<string, unknown> {
  return {
    UserType: person.associateId === 12 ? "SystemAssociate" : "InternalAssociate",
    AssociateId: person.associateId,
    Associate: person.initials,
    UserName: person.username,
    FullName: `${person.firstName} ${person.lastName}`,
    EMailAddress: person.username,
    IsPersonRegistered: true,
    DatabaseContextIdentifier: tenant.contextIdentifier,
    DatabaseSerialNumber: tenant.serial,
  };
}

function versionDocument(endpoint: string): Record<string, unknown> {
  return {
    v1: `${endpoint}/api/v1/`,
    NetServerVersion: "11.10",
    NetServerAssembly: "11.10.0.0",
    NetServerDate: "2026-02-24",
    NetServerLabel: "Release_11.10_2026.02.24-02",
    NetServer: "Simulator",
    Services: "Services87",
    ServicesCurrent: "Services88",
    Version: "v1",
    Documentation: "https://docs.superoffice.com/",
  };
}
