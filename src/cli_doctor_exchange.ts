/**
 * The check that does everything once: a new ticket for one tenant, under its lease, with every entry in
 * the ledger as always. What it gets is published: nobody else needs to exchange soon.
 */

import { CHECK_MS, type Ward } from "./cli_doctor_ward.ts";
import { withBooks } from "./cli_stores.ts";
import { askTicket } from "./cli_ticket.ts";
import { openTicketParts } from "./cli_ticket_parts.ts";
import { createTeller } from "./cli_ticket_teller.ts";
import { refusalText } from "./cli_ticket_words.ts";
import type { ContextId } from "./domain/context_id.ts";
import { UsageFault } from "./usage_fault.ts";
import { type Check, type Finding, ok, problem, warning } from "./usecases/doctor.ts";

/** @throws UsageFault for the sandbox, whose SuperOffice no command can reach */
export function exchangeChecks({ config, tenant }: Ward): Check[] {
  if (tenant === null) return [];
  const { superoffice } = config;
  if (superoffice === null) {
    throw new UsageFault("Cannot exchange: the sandbox's SuperOffice is inside the service");
  }
  return [{
    name: "exchange",
    // As long as a lease may last, and whoever holds one is waited for.
    deadlineMs: 12 * CHECK_MS,
    run: () =>
      withBooks(async (books) => {
        const { tenants, tickets } = books.stores;
        const world = { tenants, store: tickets, superoffice };
        const parts = await openTicketParts(books, world, createTeller(() => {}));
        try {
          return await exchangeFor(parts, tenant, books.publicUrl);
        } finally {
          await parts.drain();
        }
      }),
  }];
}

async function exchangeFor(
  parts: Awaited<ReturnType<typeof openTicketParts>>,
  tenant: ContextId,
  publicUrl: URL,
): Promise<Finding> {
  if (await parts.tenants.get(tenant) === null) {
    return problem(`${tenant} never consented, or was removed`, "Name another with --tenant");
  }
  const outcome = await askTicket(parts, tenant, crypto.randomUUID(), true);
  if (outcome.ok) {
    const until = new Date(outcome.value.ticket.expiresAt).toISOString();
    return ok(`${tenant} has a new ticket until ${until}`);
  }
  const { refusal } = outcome;
  const says = refusalText(refusal, tenant, publicUrl);
  const isOld = parts.remembered.refusal === refusal;
  const text = `no ticket for ${tenant}${isOld ? ", as remembered of an earlier exchange" : ""}`;
  return refusal.code === "rate_limited" ? warning(text, says) : problem(text, says);
}
