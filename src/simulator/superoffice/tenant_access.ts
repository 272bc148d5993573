/**
 * Who may use a tenant's web services: a ticket with the app's secret, or a person's access token. And
 * only at the address where the tenant lives: elsewhere the answer is 421.
 */
import { isRunning, parseContextIdentifier, systemUserOf } from "./tenant.ts";
import type { Person, Tenant } from "./tenant.ts";
import {
  findAppBySecret,
  findPerson,
  findTenant,
  isAuthorized,
  originOf,
  type World,
} from "./world.ts";

export type Access =
  | { readonly kind: "granted"; readonly tenant: Tenant; readonly person: Person }
  | { readonly kind: "refused"; readonly status: 401 | 404 | 421 | 503; readonly text: string };

type Refused = Extract<Access, { kind: "refused" }>;

/** The tenant, when it is known, lives at the requested host and can be used; no credentials yet. */
export function locate(world: World, request: Request, ctx: string): Tenant | Refused {
  const tenant = findTenant(world, ctx);
  if (!tenant || tenant.state === "Deleted") return refuse(404, "No such tenant");
  if (!isAtHome(world, request, tenant)) {
    return refuse(421, "Wrong subdomain used to access tenant");
  }
  return isRunning(tenant) ? tenant : refuse(503, "The tenant is not available");
}

/**
 * By port for the simulator's own hosts, because `localhost` is as good as `127.0.0.1`; by name and port
 * for others, because whatever leads from there to here may have ended TLS.
 */
function isAtHome(world: World, request: Request, tenant: Tenant): boolean {
  const asked = new URL(request.url);
  const home = new URL(originOf(world, tenant));
  return tenant.origin === undefined ? asked.port === home.port : asked.host === home.host;
}

/** Checks a REST request: `Authorization: SOTicket` (scheme in any case) and `SO-AppToken`. */
export function admit(world: World, request: Request, ctx: string): Access {
  const tenant = locate(world, request, ctx);
  if ("kind" in tenant) return tenant;
  const [scheme = "", credentials = ""] = (request.headers.get("authorization") ?? "").split(
    / +/,
    2,
  );
  const person = scheme.toLowerCase() === "soticket"
    ? personOfTicket(world, tenant, credentials, request.headers.get("so-apptoken"))
    : scheme.toLowerCase() === "bearer"
    ? personOfAccessToken(world, tenant, credentials)
    : undefined;
  return person ? { kind: "granted", tenant, person } : refuse(401, "Not authenticated");
}

/** Whose ticket it is; undefined when ticket, secret or the tenant's authorization does not hold. */
export function personOfTicket(
  world: World,
  { contextIdentifier }: Tenant,
  ticket: string,
  applicationToken: string | null,
): Person | undefined {
  const app = findAppBySecret(world, applicationToken);
  if (!app) return undefined;
  const { ticketInvalidatedOnRevoke } = world.behaviour;
  if (ticketInvalidatedOnRevoke && !isAuthorized(world, app, contextIdentifier)) return undefined;
  const username = world.tickets.use(ticket, app.clientId, contextIdentifier);
  if (username === undefined) return undefined;
  const system = systemUserOf(contextIdentifier);
  return username === system.username ? system : findPerson(world, username);
}

function personOfAccessToken(world: World, tenant: Tenant, token: string): Person | undefined {
  const record = world.accessTokens.get(token);
  const app = world.state.apps.get(record?.clientId ?? "");
  const isValid = record && app && record.until > world.now() &&
    record.contextIdentifier === parseContextIdentifier(tenant.contextIdentifier) &&
    isAuthorized(world, app, tenant.contextIdentifier);
  return isValid ? findPerson(world, record.username) : undefined;
}

function refuse(status: Refused["status"], text: string): Refused {
  return { kind: "refused", status, text };
}
