/**
 * The control API: `SuperOfficeControl` for other processes, on the same loopback listener.
 *
 * `GET /_control` lists the verbs. `POST /_control/{verb}` with a JSON object calls one; verbs that only
 * read answer to `GET` as well, with the same members as query parameters. Answers are JSON: 200 and
 * the result (`null` when there is none), or 400 `{error}`. Verbs and the members named in the list are
 * in snake_case, a tenant is always `context_identifier`; switches and bends keep their own names.
 */
import type { Hono } from "hono";
import type { MintExchangeToken, MintIdToken, SuperOfficeControl } from "./control.ts";
import type { TenantStateName } from "./tenant.ts";
import { type StateChangeType, stateChangeTypes } from "./state_change.ts";

/** Mounts the control API. */
export function mountControlApi(app: Hono, control: SuperOfficeControl): void {
  app.get("/_control", (c) => {
    const verbs = Object.entries(table).map(([verb, { takes, reads = false }]) => {
      return { verb, takes, methods: reads ? ["GET", "POST"] : ["POST"] };
    });
    return c.json({ call: "POST /_control/{verb} with a JSON object", verbs });
  });
  app.on(["GET", "POST"], "/_control/:verb", async (c) => {
    const verb = c.req.param("verb");
    const row = Object.hasOwn(table, verb) ? table[verb] : undefined;
    const text = await c.req.text();
    if (!row) return c.json({ error: "No such verb: GET /_control lists them" }, 404);
    if (c.req.method === "GET" && !row.reads) return c.json({ error: "Use POST" }, 405);
    try {
      const result = await row.call(control, c.req.method === "GET" ? c.req.query() : read(text));
      return c.json(result === undefined ? null : result);
    } catch (error) {
      return c.json({ error: error instanceof Error ? error.message : "Cannot do that" }, 400);
    }
  });
}

type Body = Readonly<Record<string, unknown>>;

interface Verb {
  /** The members it reads; `?`: may be left out. */
  readonly takes: readonly string[];
  readonly reads?: boolean;
  readonly call: (control: SuperOfficeControl, body: Body) => unknown;
}

const ctx = "context_identifier";
const mintable = [ctx, "nonce?", "username?", "code?", "ticket?", "…members of a bend"];

const table: Readonly<Record<string, Verb>> = {
  register_public_key: {
    takes: ["key"],
    call: (control, body) => control.registerPublicKey(text(body, "key")),
  },
  register_redirect_url: {
    takes: ["url"],
    call: (control, body) => control.registerRedirectUrl(text(body, "url")),
  },
  add_tenant: {
    takes: [`${ctx}?`, "company_name?", "serial?"],
    call: (control, body) =>
      control.addTenant({
        ...(ctx in body ? { contextIdentifier: text(body, ctx) } : {}),
        ...("company_name" in body ? { companyName: text(body, "company_name") } : {}),
        ...("serial" in body ? { serial: text(body, "serial") } : {}),
      }),
  },
  tenants: { takes: [], reads: true, call: (control) => control.tenants() },
  approve: ofTenant((control, tenant) => control.approve(tenant)),
  revoke: ofTenant((control, tenant) => control.revoke(tenant)),
  expire_authorization: ofTenant((control, tenant) => control.expireAuthorization(tenant)),
  require_reapproval: ofTenant((control, tenant) => control.requireReapproval(tenant)),
  suspend: ofTenant((control, tenant) => control.suspend(tenant)),
  resume: ofTenant((control, tenant) => control.resume(tenant)),
  remove: ofTenant((control, tenant) => control.remove(tenant)),
  delete_tickets: ofTenant((control, tenant) => ({ deleted: control.deleteTickets(tenant) })),
  contacts: { ...ofTenant((control, tenant) => control.contacts(tenant)), reads: true },
  set_tenant_state: {
    takes: [ctx, "state"],
    call: (control, body) =>
      control.setTenantState(text(body, ctx), text(body, "state") as TenantStateName),
  },
  move_tenant: {
    takes: [ctx, "origin"],
    call: (control, body) =>
      control.moveTenant(text(body, ctx), body.origin === null ? null : text(body, "origin")),
  },
  rotate_login_key: {
    takes: ["overlap?"],
    call: (control, body) => control.rotateLoginKey({ overlap: body.overlap !== false }),
  },
  clock_offset_ms: {
    takes: ["milliseconds"],
    call: (control, body) => control.clockOffsetMs(number(body, "milliseconds")),
  },
  set: { takes: ["…switches"], call: (control, body) => control.set(body) },
  reset_switches: { takes: [], call: (control) => control.resetSwitches() },
  mint_id_token: {
    takes: mintable,
    call: (control, body) => ({ token: control.mintIdToken(bendable(body)) }),
  },
  mint_exchange_token: {
    takes: mintable,
    call: (control, body) => ({ token: control.mintExchangeToken(bendable(body)) }),
  },
  mint_legacy_token: {
    takes: mintable,
    call: (control, body) => ({ token: control.mintLegacyToken(bendable(body)) }),
  },
  mint_state_change: {
    takes: [ctx, `type: ${Object.keys(stateChangeTypes).join(" | ")}`],
    call: (control, body) => {
      const type = text(body, "type") as StateChangeType;
      return control.mintStateChange({ ctx: text(body, ctx), type });
    },
  },
  exchanges: {
    takes: [],
    reads: true,
    call: (control) => ({ count: control.exchangeCount(), exchanges: control.exchanges() }),
  },
  reset_counters: { takes: [], call: (control) => control.resetCounters() },
};

function ofTenant(call: (control: SuperOfficeControl, tenant: string) => unknown): Verb {
  return { takes: [ctx], call: (control, body) => call(control, text(body, ctx)) };
}

/** `context_identifier` to `ctx`; the members of a bend as they are. */
function bendable({ context_identifier: tenant, ...rest }: Body): MintIdToken & MintExchangeToken {
  if (typeof tenant !== "string") throw new Error(`Cannot mint token: ${ctx} is missing`);
  return { ...rest, ctx: tenant };
}

function read(text: string): Body {
  const value: unknown = text.trim() === "" ? {} : JSON.parse(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error("Cannot read body: not a JSON object");
}

function text(body: Body, name: string): string {
  const value = body[name];
  if (typeof value !== "string") throw new Error(`Cannot read ${name}: not a string`);
  return value;
}

function number(body: Body, name: string): number {
  const value = body[name];
  if (typeof value !== "number") throw new Error(`Cannot read ${name}: not a number`);
  return value;
}
