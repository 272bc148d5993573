/**
 * `ticket get`: a ticket as a caller gets it, from the store or by an exchange under the tenant's lease,
 * with every ledger entry as always; and on the way, if wanted, every step of it. Prints no secret but
 * the ticket, and that only when asked for.
 */

import type { Command } from "commander";
import { requireCredentialsInUse } from "./key_parts.ts";
import { shown } from "../domain/shown_text.ts";
import { type OpenedBooks, operator, readable, requireTenant, withBooks } from "./stores.ts";
import { tableLines } from "./table.ts";
import { openTicketParts, type TicketParts, type TicketWorld } from "./ticket_parts.ts";
import { enterSandbox } from "./ticket_sandbox.ts";
import { createTeller, maskedTicket, type Teller } from "./ticket_teller.ts";
import { watchLedger } from "./ticket_watch.ts";
import { exitCodeOf, refusalText } from "./ticket_words.ts";
import type { Config } from "../config.ts";
import type { ContextId } from "../domain/context_id.ts";
import type { Outcome } from "../domain/refusal.ts";
import { sha256Hex } from "../domain/signed_text.ts";
import { isUsable } from "../domain/ticket.ts";
import { isFile } from "../parts_stores.ts";
import { print } from "../print.ts";
import { systemClock } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";
import type { Handout } from "../usecases/ticket_flight.ts";

/** Describes the command. */
export function addTicket(program: Command, done: (code: number) => void): void {
  const ticket = program.command("ticket").description("system user tickets");
  ticket.command("get")
    .description("get a tenant's ticket as a caller would, from the store or by an exchange")
    .argument("<tenant>", "context identifier, such as Cust12345")
    .option("--verbose", "every step as it happens, on standard error, secrets masked")
    .option("--new", "exchange for a new one, as if SuperOffice had rejected the stored one")
    .option("--reveal", "print the ticket itself: it opens the tenant's data for six hours")
    .option("--json", "for machines")
    .action(async (text, options) => done(await getTicket(text, options)));
}

interface GetOptions {
  readonly verbose?: true;
  readonly new?: true;
  readonly reveal?: true;
  readonly json?: true;
}

async function getTicket(text: string, options: GetOptions): Promise<number> {
  const tenant = requireTenant(text);
  const teller = createTeller(options.verbose ? (line) => print.error(line) : () => {});
  return await withBooks(async (books) => {
    const { config } = books;
    requireSigningKey(config);
    const requestId = crypto.randomUUID();
    tellConfiguration(config, requestId, teller);
    if (config.superoffice !== null) {
      await requireCredentialsInUse(books);
      const { tenants, tickets } = books.stores;
      const world = { tenants, store: tickets, superoffice: config.superoffice };
      return await obtain(books, world, tenant, requestId, options, teller);
    }
    const kept = options.new ? null : await keptTicket(books, tenant);
    if (kept !== null) return sayHandout(kept, options);
    const sandbox = await enterSandbox(books);
    try {
      return await obtain(books, sandbox.world, tenant, requestId, options, teller);
    } finally {
      await sandbox.close();
    }
  }, (store) => watchLedger(store, teller));
}

/** The service would make one; a command must not. */
function requireSigningKey(config: Config): void {
  if (config.signing.kind === "generated" && !isFile(config, "signing_key.pem")) {
    throw new UsageFault("Cannot sign: no signing_key.pem under DATA_DIR");
  }
}

async function obtain(
  books: OpenedBooks,
  world: TicketWorld,
  tenant: ContextId,
  requestId: string,
  options: GetOptions,
  teller: Teller,
): Promise<number> {
  const parts = await openTicketParts(books, world, teller);
  const { remembered } = parts;
  try {
    if (await parts.tenants.get(tenant) === null) {
      print.error(refusalText(UNKNOWN, tenant, books.publicUrl));
      return 1;
    }
    const outcome = await askTicket(parts, tenant, requestId, options.new === true);
    if (outcome.ok) return sayHandout(outcome.value, options);
    const { refusal } = outcome;
    print.error(refusalText(refusal, tenant, books.publicUrl));
    if (remembered.refusal === refusal) {
      print.error("That was an earlier exchange's end, still remembered: nobody was asked now.");
    }
    return exitCodeOf(refusal);
  } finally {
    await parts.drain();
  }
}

/** Asks as a caller would. @param isNew as if SuperOffice had rejected the stored one */
async function askTicket(
  { tickets, store }: TicketParts,
  tenant: ContextId,
  requestId: string,
  isNew: boolean,
): Promise<Outcome<Handout>> {
  const caller = operator("ticket");
  const stored = isNew ? await readable(store.get(tenant, systemClock.now())) : null;
  return stored === null || stored === "unreadable"
    ? await tickets.get(caller, tenant, requestId)
    : await tickets.replace(caller, tenant, stored.generation, requestId);
}

const UNKNOWN = { code: "tenant_unknown", reason: "no_consent", retryAfterSeconds: null } as const;

/** What a caller of the sandbox would get, without asking anybody. */
async function keptTicket({ stores }: OpenedBooks, tenant: ContextId): Promise<Handout | null> {
  const now = systemClock.now();
  const stored = await readable(stores.tickets.get(tenant, now));
  if (stored === null || stored === "unreadable" || !isUsable(stored, now)) return null;
  return { ticket: stored, source: "store" };
}

function tellConfiguration(config: Config, requestId: string, teller: Teller): void {
  const { environment, superoffice, exchange, exchangeTimeoutMs, store } = config;
  const where = superoffice === null ? "simulated" : `at ${superoffice.origin.origin}`;
  teller.step(
    "configuration",
    null,
    `environment ${environment}, SuperOffice ${where}`,
    `exchange by ${exchange.toUpperCase()}, within ${exchangeTimeoutMs} ms; store ${store.kind}`,
    keyText(config.signing),
    `in the ledger: caller cli, request ${requestId}`,
  );
}

function keyText(signing: Config["signing"]): string {
  switch (signing.kind) {
    case "google_kms": {
      const { key, standby } = signing;
      const second = standby === null ? "" : `, standby ${standby.keyVersion}`;
      return `key ${key.keyVersion} in Cloud KMS, ${key.protectionLevel} at least${second}`;
    }
    case "file":
      return `key of SIGNING_KEY_FILE${signing.standby === null ? "" : ", and a standby"}`;
    case "generated":
      return "generated key under DATA_DIR";
  }
}

const SOURCES: Readonly<Record<Handout["source"], string>> = {
  memory: "from memory",
  store: "from the store",
  exchange: "by an exchange just now",
};

function sayHandout({ ticket, source }: Handout, { json, reveal }: GetOptions): number {
  const digest = sha256Hex(ticket.ticket.reveal());
  const [issued, expires] = [ticket.issuedAt, ticket.expiresAt].map((at) =>
    new Date(at).toISOString()
  );
  if (json) {
    print.line(JSON.stringify({
      context_identifier: ticket.contextIdentifier,
      ticket: reveal ? ticket.ticket.reveal() : null,
      generation: ticket.generation,
      issued_at: issued,
      expires_at: expires,
      webapi_url: ticket.webapiUrl,
      netserver_url: ticket.netserverUrl,
      source,
      ticket_sha256: digest,
    }));
    return 0;
  }
  const rows = [
    ["tenant", ticket.contextIdentifier],
    ["ticket", reveal ? ticket.ticket.reveal() : maskedTicket(ticket.ticket)],
    ["SHA-256", `${digest}, as in the ledger`],
    ["generation", `${ticket.generation}, ${SOURCES[source]}`],
    ["issued", issued!],
    ["expires", `${expires}, or later: every use extends it`],
    ["web API", shown(ticket.webapiUrl)],
    ["NetServer", shown(ticket.netserverUrl)],
  ];
  for (const line of tableLines(rows)) print.line(line);
  return 0;
}
