/**
 * Commands about tenants: lists them, shows one, removes one. Never prints a system user token or a
 * ticket, and removes nothing that is not asked for twice.
 */

import type { Command } from "commander";
import { wholeNumber } from "./options.ts";
import { shown } from "../domain/shown_text.ts";
import { operator, readable, requireTenant, withBooks, withStores } from "./stores.ts";
import { brief, cut, tableLines } from "./table.ts";
import type { ContextId } from "../domain/context_id.ts";
import type { TenantCard } from "../domain/tenant.ts";
import type { Ticket } from "../domain/ticket.ts";
import { print } from "../print.ts";
import { systemClock, systemIds } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";
import { createAnnounce } from "../usecases/notices.ts";
import type { TenantStore } from "../usecases/ports.ts";
import { createTenants } from "../usecases/tenants.ts";

/** Describes the commands. */
export function addTenants(program: Command, done: (code: number) => void): void {
  const tenant = program.command("tenant").description("tenants that have consented");
  tenant.command("list")
    .description("print the tenants in the order of consent: all of them, unless told otherwise")
    .option(
      "--after <sequence>",
      "only those after this place in the order of consent",
      wholeNumber,
    )
    .option("--limit <count>", "so many at most", wholeNumber)
    .option("--json", "for machines")
    .action(async (options) => done(await listTenants(options)));
  tenant.command("show")
    .description("print everything about one tenant but its token and its ticket")
    .argument("<tenant>", "context identifier, such as Cust12345")
    .option("--json", "for machines")
    .action(async (text, options) => done(await showTenant(text, options)));
  tenant.command("remove")
    .description("remove a tenant's token, ticket and lease; its ledger entries stay")
    .argument("<tenant>", "context identifier, such as Cust12345")
    .option("--yes", "do it; without, it is only said what would happen")
    .action(async (text, options) => done(await removeTenant(text, options)));
}

/** Read from the store at a time. */
const PAGE = 500;

interface ListOptions {
  readonly after?: number;
  readonly limit?: number;
  readonly json?: true;
}

async function listTenants({ after = 0, limit, json }: ListOptions): Promise<number> {
  if (limit === 0) throw new UsageFault("Cannot list tenants: --limit must be 1 or more");
  const { tenants, next } = await withStores(({ stores }) =>
    readTenants(stores.tenants, after, limit ?? Infinity)
  );
  if (json) print.line(JSON.stringify({ tenants: tenants.map(jsonOf), next }));
  else if (tenants.length === 0) print.error("No tenant has consented.");
  else for (const line of tableLines([HEADINGS, ...tenants.map(cellsOf)])) print.line(line);
  if (!json && next !== null) print.error(`There may be more: --after ${next}`);
  return 0;
}

/** `next` continues it, as in the API; null at the end. */
async function readTenants(store: TenantStore, after: number, limit: number) {
  const tenants: TenantCard[] = [];
  while (tenants.length < limit) {
    const wanted = Math.min(PAGE, limit - tenants.length);
    const page = await store.list(tenants.at(-1)?.sequence ?? after, wanted);
    tenants.push(...page);
    if (page.length < wanted) return { tenants, next: null };
  }
  return { tenants, next: tenants.at(-1)!.sequence };
}

const HEADINGS = ["TENANT", "COMPANY", "HEALTH", "STATE", "CONSENTED"];
const MOST_COLUMNS = 36;

function cellsOf(tenant: TenantCard): string[] {
  return [
    tenant.contextIdentifier,
    cut(shown(tenant.companyName), MOST_COLUMNS),
    `${tenant.health} since ${brief(tenant.healthSince)}`,
    shown(tenant.state),
    brief(tenant.consentedAt),
  ];
}

interface ShowOptions {
  readonly json?: true;
}

async function showTenant(text: string, { json }: ShowOptions): Promise<number> {
  const contextIdentifier = requireTenant(text);
  const { tenant, ticket } = await withStores(async ({ stores }) => ({
    tenant: await stores.tenants.get(contextIdentifier),
    ticket: await readable(stores.tickets.get(contextIdentifier, systemClock.now())),
  }));
  if (tenant === null) return sayUnknown(contextIdentifier);
  if (json) {
    const { webapiUrl: webapi_url, netserverUrl: netserver_url } = tenant;
    const consent_addresses = { webapi_url, netserver_url };
    print.line(JSON.stringify({ ...jsonOf(tenant), consent_addresses, ticket: ticketOf(ticket) }));
  } else for (const line of linesOf(tenant, ticket)) print.line(line);
  return 0;
}

type Stored = Ticket | null | "unreadable";

function linesOf(tenant: TenantCard, ticket: Stored): string[] {
  const { webapiUrl, netserverUrl } = tenant;
  return tableLines([
    ["tenant", tenant.contextIdentifier],
    ["company", shown(tenant.companyName)],
    [
      "health",
      `${tenant.health} since ${brief(tenant.healthSince)}: ${shown(tenant.healthReason)}`,
    ],
    ["state", `${shown(tenant.state)}, as last seen`],
    ["consented", `${brief(tenant.consentedAt)} by ${shown(tenant.consentedBy)}`],
    ["serial", shown(tenant.serial)],
    ["sequence", String(tenant.sequence)],
    ["token", "stored, sealed; no command prints it"],
    ["web API", `${webapiUrl === null ? "not said" : shown(webapiUrl)}, at consent`],
    ["NetServer", `${netserverUrl === null ? "not said" : shown(netserverUrl)}, at consent`],
    ...ticketRows(ticket),
  ]);
}

function ticketRows(ticket: Stored): string[][] {
  if (ticket === null) return [["ticket", "none stored: the next caller has one exchanged"]];
  if (ticket === "unreadable") {
    return [["ticket", "stored, and sealed under a key that is gone: it will be exchanged anew"]];
  }
  const { generation, issuedAt, expiresAt } = ticket;
  const times = `issued ${brief(issuedAt)}, good until ${brief(expiresAt)} at least`;
  return [
    ["ticket", `generation ${generation}, ${times}`],
    ["", `web API ${shown(ticket.webapiUrl)}`],
    ["", `NetServer ${shown(ticket.netserverUrl)}`],
    ["", `addresses hold until ${brief(ticket.addressesUntil)}, says SuperOffice`],
  ];
}

/** Members of the API first. */
function jsonOf(tenant: TenantCard) {
  return {
    context_identifier: tenant.contextIdentifier,
    company_name: tenant.companyName,
    consented_at: iso(tenant.consentedAt),
    consented_by: tenant.consentedBy,
    serial: tenant.serial,
    state: tenant.state,
    health: tenant.health,
    sequence: tenant.sequence,
    health_since: iso(tenant.healthSince),
    health_reason: tenant.healthReason,
  };
}

/** Null: nothing that can be used is stored. */
function ticketOf(ticket: Stored) {
  if (ticket === null || ticket === "unreadable") return null;
  return {
    generation: ticket.generation,
    issued_at: iso(ticket.issuedAt),
    expires_at: iso(ticket.expiresAt),
    webapi_url: ticket.webapiUrl,
    netserver_url: ticket.netserverUrl,
    addresses_until: iso(ticket.addressesUntil),
  };
}

async function removeTenant(text: string, { yes }: { readonly yes?: true }): Promise<number> {
  const tenant = requireTenant(text);
  if (!yes) return await sayRemoval(tenant);
  return await withBooks(async ({ config, stores, ledger, log }) => {
    const clock = systemClock;
    const tenants = createTenants({
      store: stores.tenants,
      ticketStore: stores.tickets,
      // This process has nothing in memory.
      tickets: { forget: () => {} },
      states: { forget: () => {} },
      ledger,
      announce: createAnnounce({ ids: systemIds, clock, isWanted: config.webhook !== null }),
      clock,
      log,
    });
    const outcome = await tenants.remove(operator("tenants"), tenant, crypto.randomUUID());
    if (outcome.ok) {
      print.line(`Removed ${tenant}: its token, ticket and lease are gone from the store.`);
      print.line("Other instances let go of it within a minute. Its ledger entries stay.");
      return 0;
    }
    const { code, reason } = outcome.refusal;
    if (code === "tenant_unknown") return sayUnknown(tenant);
    // What was begun is on record, and asking again finishes it.
    const why = code === "ledger_unavailable" ? "the ledger cannot be written" : `store ${reason}`;
    throw new UsageFault(`Cannot remove the tenant: ${why}. Ask again`);
  });
}

async function sayRemoval(contextIdentifier: ContextId): Promise<number> {
  const tenant = await withStores(({ stores }) => stores.tenants.get(contextIdentifier));
  if (tenant === null) return sayUnknown(contextIdentifier);
  print.error(`This would remove ${contextIdentifier} (${shown(tenant.companyName)}):`);
  print.error("its system user token, its ticket and any lease, from the store at once and from");
  print.error("every instance within a minute. Its ledger entries stay: digests, its");
  print.error("identifier and serial number, and who consented.");
  print.error("Nobody gets a ticket for it until one of its administrators consents again.");
  print.error("Nothing was removed. To do it, add --yes.");
  return 2;
}

function sayUnknown(tenant: ContextId): number {
  print.error(`${tenant} is not here: it never consented, or was removed.`);
  return 1;
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}
