/**
 * The REST web services of a tenant, as far as a system user needs them: who am I, and companies, by
 * entity (`v1/Contact`) and by agent (`v1/Agents/Contact`). Statuses are the documented ones; the body
 * of a 401 is not documented. Searching, listing and deleting are not simulated: 404.
 */
import type { Context, Hono } from "hono";
import { contactsOf, defaultContact, saveContact } from "./contacts.ts";
import { principalOf } from "./principal.ts";
import { type Release, releaseOf } from "./release.ts";
import { admit, locate } from "./tenant_access.ts";
import type { Person, Tenant } from "./tenant.ts";
import { endpointOf, type World } from "./world.ts";

/** Mounts a tenant's `/api`. */
export function mountTenantApi(app: Hono, world: World): void {
  const base = "/:ctx{cust[0-9]+}/api";
  app.get(base, (c) => {
    const tenant = locate(world, c.req.raw, c.req.param("ctx"));
    if ("kind" in tenant) return problem(c, tenant.status, "SoException", tenant.text);
    return c.json(versionDocument(endpointOf(world, tenant), releaseOf(tenant)));
  });
  app.all(`${base}/*`, async (c) => {
    const access = admit(world, c.req.raw, c.req.param("ctx"));
    // A body left unread would hold the connection.
    const body = await c.req.text();
    if (access.kind === "refused") {
      const type = access.status === 401 ? "SoSessionException" : "SoException";
      return problem(c, access.status, type, access.text);
    }
    const { tenant, person } = access;
    const path = c.req.path.slice(`/${tenant.contextIdentifier}/api`.length);
    const params = new Map(
      Object.entries(c.req.query()).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const answer = serve({ world, tenant, person, params, body }, `${c.req.method} ${path}`);
    switch (answer.kind) {
      case "refused":
        return problem(c, 400, "SoException", answer.text);
      case "missing":
        return problem(c, 404, "SoNotFoundException", "Not found");
      case "found":
        return c.json(selected(answer.value, params.get("$select")));
    }
  });
}

interface Call {
  readonly world: World;
  readonly tenant: Tenant;
  readonly person: Person;
  /** Names in lower case. */
  readonly params: ReadonlyMap<string, string>;
  readonly body: string;
}

type Answer =
  | { readonly kind: "found"; readonly value: Record<string, unknown> }
  | { readonly kind: "missing" }
  | { readonly kind: "refused"; readonly text: string };

/** `operation` is method and path, the path in lower case. */
function serve(call: Call, operation: string): Answer {
  const [, verb, id] = /^(GET|PUT|PATCH) \/v1\/contact\/([1-9]\d{0,8})$/.exec(operation) ?? [];
  if (verb === "GET") return withLinks(call, read(call, Number(id)));
  if (verb !== undefined) return withLinks(call, save(call, Number(id)));
  switch (operation) {
    case "GET /v1/user/currentprincipal":
      return { kind: "found", value: principalOf(call.tenant, call.person) };
    case "GET /v1/contact/default":
    case "POST /v1/agents/contact/createdefaultcontactentity":
      return { kind: "found", value: defaultContact(call.person) };
    case "POST /v1/contact":
      return withLinks(call, save(call));
    case "POST /v1/agents/contact/savecontactentity":
      return save(call);
    case "POST /v1/agents/contact/getcontactentity":
      return read(call, Number(call.params.get("contactentityid")));
  }
  return { kind: "missing" };
}

function read({ world, tenant }: Call, id: number): Answer {
  const value = contactsOf(world, tenant.contextIdentifier).get(id);
  return value ? { kind: "found", value } : { kind: "missing" };
}

function save({ world, tenant, person, body }: Call, id?: number): Answer {
  try {
    const change = {
      sent: JSON.parse(body.replace(/^\uFEFF/, "")),
      author: person,
      ...(id === undefined ? {} : { id }),
    };
    const value = saveContact(world, tenant.contextIdentifier, change);
    return value ? { kind: "found", value } : { kind: "missing" };
  } catch (error) {
    const text = error instanceof SyntaxError ? "Cannot read body: not JSON" : messageOf(error);
    return { kind: "refused", text };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The entity services answer with links, the agents without. */
function withLinks({ world, tenant }: Call, answer: Answer): Answer {
  if (answer.kind !== "found") return answer;
  const Archive = `${endpointOf(world, tenant)}/api/v1/Contact`;
  const _Links = { Self: `${Archive}/${answer.value.ContactId}`, Archive };
  return { kind: "found", value: { ...answer.value, _Links } };
}

/** `$select` keeps the named members; of a path such as `category/id` the whole first step. */
function selected(value: Record<string, unknown>, select: string | undefined) {
  if (!select) return value;
  const names = new Set(select.toLowerCase().split(",").map((name) => name.trim().split("/")[0]));
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => names.has(name.toLowerCase())),
  );
}

type Status = 400 | 401 | 404 | 421 | 503;

function problem(c: Context, status: Status, type: string, text: string): Response {
  const body = { Error: true, ErrorType: type, ErrorMessage: text, ErrorSource: "Simulator" };
  return c.json(body, status);
}

function versionDocument(endpoint: string, release: Release): Record<string, unknown> {
  return {
    v1: `${endpoint}/api/v1/`,
    NetServerVersion: release.version,
    NetServerAssembly: release.fileVersion,
    NetServerDate: release.date,
    NetServerLabel: release.label,
    NetServer: "Simulator",
    Services: "Services87",
    ServicesCurrent: "Services88",
    Version: "v1",
    Documentation: "https://docs.superoffice.com/",
  };
}
