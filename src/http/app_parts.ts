/** What the app is built from, and the addresses that the front door answers itself. */

import type { Admission } from "../usecases/admission.ts";
import type { Audit } from "../usecases/audit.ts";
import type { ConsoleSessions } from "../usecases/console_sessions.ts";
import type { LedgerConsole } from "../usecases/ledger_console.ts";
import type { Callers, Log, Probe } from "../usecases/ports.ts";
import type { Relay } from "../usecases/relay.ts";
import type { StateChanges } from "../usecases/state_changes.ts";
import type { Tenants } from "../usecases/tenants.ts";
import type { Tickets } from "../usecases/tickets.ts";
import type { ConsentDoor } from "./consent.ts";

/** What the front door needs. */
export interface FrontParts {
  readonly tickets: Tickets;
  readonly callers: Callers;
  readonly admission: Admission;
  readonly log: Log;
}

/** What the other doors need besides. */
export interface BackParts extends ConsentDoor {
  readonly tenants: Tenants;
  readonly audit: Audit;
  readonly relay: Relay;
  readonly stateChanges: StateChanges;
  readonly probes: readonly Probe[];
  /** What the console shows and who may see it. Loaded when somebody first asks for the console. */
  openConsole(front: Pick<FrontParts, "callers" | "admission">): Promise<ConsoleParts>;
}

/** The console for security teams. */
export interface ConsoleParts {
  readonly ledgerConsole: LedgerConsole;
  readonly sessions: ConsoleSessions;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export type AppParts = FrontParts & BackParts;

/** Where tickets are asked for. */
export const TICKET_PATH = "/v1/tenants/:ctx/ticket";

/** Everything of the console. */
export const CONSOLE_PATH = "/console";

/** A tenant's web API. */
export const RELAY_PATH = "/v1/tenants/:ctx/api/*";

/** Where SuperOffice pushes what happened to a tenant. */
export const STATE_CHANGES_PATH = "/v1/state-changes";

/** Asked by whoever keeps the process alive. */
export const LIVENESS_PATH = "/healthz";
