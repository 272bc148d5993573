/** What either storage backend gives. */

import type { CredentialStore } from "../../usecases/credential_ports.ts";
import type { ConsentStore } from "../../usecases/consent_ports.ts";
import type { LedgerStore, Probe, TenantStore, UsageStore } from "../../usecases/ports.ts";
import type { NoticeStore } from "../../usecases/notice_ports.ts";
import type { Resealing } from "../../usecases/resealing_ports.ts";
import type { TicketStore } from "../../usecases/ticket_ports.ts";

/** One store per port, and a probe of the whole. */
export interface Stores {
  readonly tenants: TenantStore;
  readonly tickets: TicketStore;
  readonly ledger: LedgerStore;
  readonly consents: ConsentStore;
  readonly credentials: CredentialStore;
  readonly notices: NoticeStore;
  /** Null where every process counts for itself. */
  readonly usage: UsageStore | null;
  readonly probe: Probe;
  /** Loads what it needs when it is first used: only commands do. */
  readonly resealing: Resealing;
  /** Calls after it fail. */
  close(): void;
}
