/** What tests of a rotation share: two keys, and a SuperOffice that refuses both. */

import assert from "node:assert/strict";
import type { Generation } from "../../src/domain/ticket.ts";
import type { Tickets } from "../../src/usecases/tickets.ts";
import { ContextId } from "../../src/domain/context_id.ts";
import { CALLER, TENANT } from "../support/parts.ts";
import { HOUR, MINUTE, type Parts, refusalOf, testWith } from "./ticket_rules.ts";

export { HOUR, MINUTE, type Parts, refusalOf };

export const OTHER = ContextId.parse("Cust54321")!;

/** A tenant that has consented, where one key is in use and another stands by. */
export const test = testWith({ keys: 2 });

export const refusing = (parts: Parts) => parts.script.exchange = () => ({ kind: "refused" });

/** Whoever asks gets what is in memory; the renewal behind it is waited for. */
export async function renew(parts: Parts): Promise<void> {
  assert.ok((await parts.get()).ok, "the ticket is as good as it was");
  await parts.tickets.drain();
}

/** Asks for a newer one than the first, or that one. */
export const replace = (by: Tickets, generation = 1) =>
  by.replace(CALLER, TENANT, generation as Generation, "request-2");

export const healthOf = async ({ stores }: Parts) => (await stores.tenants.get(TENANT))?.health;
