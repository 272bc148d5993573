/**
 * Questions to SuperOffice whose answer nobody gets: which of the app's credentials it takes. Each leaves
 * its evidence in the ledger, and nothing is changed of the tenant that is asked for.
 */

import type { ContextId } from "../domain/context_id.ts";
import type { Outcome } from "../domain/refusal.ts";
import { mayExchange, type Tenant } from "../domain/tenant.ts";
import { systemClock as clock, systemIds as ids } from "../system.ts";
import type { Asked } from "../usecases/asking.ts";
import { LedgerFault, refuseUnrecorded } from "../usecases/ledger.ts";
import type { TenantStore } from "../usecases/ports.ts";
import type { RotationParts } from "./key_parts.ts";

/**
 * Asks SuperOffice once for a ticket and lets go of it, with every entry in the ledger. The tenant's
 * health, its stored ticket and what is remembered of it stay as they are, whatever SuperOffice says;
 * what works is noted for all instances, as after any exchange.
 *
 * @param command begins the request id of the entries
 */
export async function askOnce(
  { asking, leaseMs }: RotationParts,
  tenant: Tenant,
  command: "switch" | "warm" | "doctor",
): Promise<Outcome<Asked>> {
  const { contextIdentifier } = tenant;
  const requestId = `${command}-${ids.next().slice(0, 12)}`;
  try {
    // Of a tenant that is refused anyway the shared record would note that it was tried.
    const asked = { ...tenant, health: "connected" } as const;
    const until = clock.now() + leaseMs;
    return await asking.ask(asked, until, { requestId, caller: "cli", contextIdentifier });
  } catch (error) {
    if (error instanceof LedgerFault) return refuseUnrecorded(error);
    throw error;
  }
}

/** What came of a question about the app's credentials. */
export interface Told {
  readonly tenant: ContextId;
  /** `issued`, or in a word why there is none. */
  readonly came: string;
  /** True if it may have been the tenant that was refused. */
  readonly isRefused: boolean;
}

/** One that is refused may have withdrawn, and would hide what SuperOffice takes. */
const MOST_ASKED = 3;

/**
 * Asks for the tenant, or else for one after the other until one is not refused.
 *
 * @returns null if there is none to ask for
 */
export async function askAnyOf(
  parts: RotationParts,
  tenants: TenantStore,
  tenant: ContextId | null,
  command: "switch" | "warm",
): Promise<Told | null> {
  const chosen = tenant === null ? await likely(tenants, MOST_ASKED) : [tenant];
  let told: Told | null = null;
  for (const name of chosen) {
    const found = await tenants.get(name);
    if (found === null) continue;
    const came = wordOf(await askOnce(parts, found, command));
    told = { tenant: name, came, isRefused: came === "refused" || came === "doubtful" };
    if (!told.isRefused) break;
  }
  return told;
}

function wordOf(asked: Outcome<Asked>): string {
  if (!asked.ok) return asked.refusal.code;
  return asked.value.kind === "unfit" ? asked.value.reason : asked.value.kind;
}

/**
 * Some that had no trouble lately; where there are too few, those whose trouble an exchange may end, too:
 * in a gap in the portal that is all of them.
 */
async function likely(tenants: TenantStore, most: number): Promise<ContextId[]> {
  const well: ContextId[] = [];
  const troubled: ContextId[] = [];
  for (let after = 0;;) {
    const page = await tenants.list(after, 100);
    for (const { contextIdentifier, health } of page) {
      if (health === "connected") well.push(contextIdentifier);
      else if (mayExchange(health)) troubled.push(contextIdentifier);
    }
    if (well.length >= most || page.length === 0) return [...well, ...troubled].slice(0, most);
    after = page.at(-1)!.sequence;
  }
}
