/**
 * Checks of what SuperOffice is asked with: whether the instances were seen to use something else, and one
 * that does everything once, a signature and an exchange for one tenant, with every entry in the ledger as
 * always. A dry one: nobody gets the ticket, and whatever SuperOffice says, the tenant's health and stored
 * ticket, and what is remembered of it, stay as they are.
 */

import { CHECK_MS, type Ward } from "./doctor_ward.ts";
import { askOnce } from "./key_ask.ts";
import { configured, foreignCredentials, openRotationParts } from "./key_parts.ts";
import { type OpenedBooks, withBooks } from "./stores.ts";
import { refusalText } from "./ticket_words.ts";
import type { ContextId } from "../domain/context_id.ts";
import type { Tenant } from "../domain/tenant.ts";
import { UsageFault } from "../usage_fault.ts";
import { type Check, type Finding, ok, problem, warning } from "../usecases/doctor.ts";

/** Without an exchange: nobody has to be asked for it. */
export function credentialChecks({ config, stores }: Ward): Check[] {
  if (config.superoffice === null) return [];
  return [{
    name: "credentials",
    deadlineMs: CHECK_MS,
    async run() {
      const foreign = await foreignCredentials({ config, stores: await stores() });
      return foreign === null
        ? ok("the instances were not seen to use others than these lately")
        : warning(
          foreign,
          "Give the doctor, or them, the other's environment: cli key rotate plan",
        );
    },
  }];
}

/** @throws UsageFault for the sandbox, whose SuperOffice no command can reach */
export function exchangeChecks({ config, tenant, stores }: Ward): Check[] {
  if (tenant === null) return [];
  if (config.superoffice === null) {
    throw new UsageFault("Cannot exchange: the sandbox's SuperOffice is inside the service");
  }
  return [{
    name: "exchange",
    // As long as a lease may last: later nothing is signed or asked any more.
    deadlineMs: 12 * CHECK_MS,
    async run() {
      // One that opening would change is left alone here, too.
      await stores();
      return await withBooks((books) => checkExchange(books, tenant), undefined, config);
    },
  }];
}

async function checkExchange(books: OpenedBooks, tenant: ContextId): Promise<Finding> {
  const found = await books.stores.tenants.get(tenant);
  if (found === null) {
    return problem(`${tenant} never consented, or was removed`, "Name another with --tenant");
  }
  // Says of a key file what is wrong with it.
  configured(books);
  const parts = await openRotationParts(books);
  const asked = await askOnce(parts, found, "doctor").finally(() => parts.drain());
  const says = (refusal: Parameters<typeof refusalText>[0]) =>
    problem(`no ticket for ${tenant}`, refusalText(refusal, tenant, books.publicUrl));
  if (!asked.ok) return says(asked.refusal);
  switch (asked.value.kind) {
    case "issued":
      return ok(`SuperOffice gives ${tenant} a ticket; it was handed to nobody`);
    case "unfit": {
      const { reason } = asked.value;
      return says({ code: "exchange_failed", reason, retryAfterSeconds: null });
    }
    case "refused":
    case "doubtful":
      return problem(
        `SuperOffice refuses ${tenant} a ticket, and does not say why`,
        await refusedRemedy(books, found),
      );
  }
}

/** Whether it is the tenant or what it was asked with. */
async function refusedRemedy(books: OpenedBooks, tenant: Tenant): Promise<string> {
  const { contextIdentifier, health } = tenant;
  const foreign = await foreignCredentials(books);
  if (foreign !== null) {
    return `Give the doctor the service's own environment: ${foreign}`;
  }
  if (health === "suspended") {
    return `${contextIdentifier} is not running, as the service knows; tenant show says more`;
  }
  const consent = new URL(`/?tenant=${contextIdentifier}`, books.publicUrl).href;
  if (health === "consent_withdrawn") {
    return `The service is refused, too: one of its administrators must consent again at ${consent}`;
  }
  return "Look at the client secret and the app's key, here and in the Developer Portal; if they " +
    `are right, one of its administrators must consent again at ${consent}`;
}
