/**
 * The shared store: Upstash Redis over REST, for several instances. Locks and counters here save
 * work; they do not decide who is right. Upstash replicates after answering, so a failover may
 * forget a lease or a ticket, and at worst one exchange happens twice.
 */

import { once } from "../../domain/once.ts";
import type { Secret } from "../../domain/secret.ts";
import type { LedgerStore } from "../../usecases/ports.ts";
import type { NoticeStore } from "../../usecases/notice_ports.ts";
import type { Sealing } from "./sealing.ts";
import type { Stores } from "./stores.ts";
import { type Client, createClient } from "./upstash_client.ts";
import { createUpstashConsents } from "./upstash_consents.ts";
import { createUpstashTenants } from "./upstash_tenants.ts";
import { createUpstashTickets } from "./upstash_tickets.ts";
import { createUpstashUsage } from "./upstash_usage.ts";

export interface UpstashOptions {
  readonly url: string;
  readonly token: Secret;
  readonly sealing: Sealing;
  /** Deadline of one request; calls that may be repeated take at most twice that. */
  readonly timeoutMs: number;
  /** Begins every key: letters, digits, `-`, `_`, `.`. `box-office` if not set. */
  readonly prefix?: string;
  /** Environment and application, of the same letters: follows the prefix, so owners share no key. */
  readonly owner: string;
  /** Upstash then locks a script's keys only, not the database. Redis itself refuses the flag. */
  readonly keyLocking: boolean;
}

const PREFIX = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Connects to the shared store. Calls fail with PartFault `timeout`, `network`, `auth`, `command`,
 * `protocol`, or `unreadable` for a record that is not ours.
 *
 * @throws TypeError if an option cannot be used
 */
export function createUpstash(options: UpstashOptions): Stores {
  const { sealing, owner, prefix: first = "box-office" } = options;
  const prefix = `${first}.${owner}`;
  if (![first, owner, prefix].every((part) => PREFIX.test(part))) {
    throw new TypeError("Cannot use the store: unfit prefix or owner");
  }
  const client = createClient(options);
  return {
    tenants: createUpstashTenants(client, sealing, prefix),
    tickets: createUpstashTickets(client, sealing, prefix),
    ledger: createLateLedger(client, prefix),
    consents: createUpstashConsents(client, sealing, prefix),
    notices: createLateNotices(client, sealing, prefix),
    usage: createUpstashUsage(client, prefix),
    probe: { name: "store", check: () => client.ping() },
    close: () => client.close(),
  };
}

/** Loaded when something is to be written down or read: a ticket from the store needs none of it. */
function createLateLedger(client: Client, prefix: string): LedgerStore {
  const ledger = once(async () =>
    (await import("./upstash_ledger.ts")).createUpstashLedger(client, prefix)
  );
  return {
    head: async () => await (await ledger.get()).head(),
    append: async (...args) => await (await ledger.get()).append(...args),
    read: async (...args) => await (await ledger.get()).read(...args),
    tiles: async (...args) => await (await ledger.get()).tiles(...args),
    floor: async () => await (await ledger.get()).floor(),
    forget: async (...args) => await (await ledger.get()).forget(...args),
    note: async (...args) => await (await ledger.get()).note(...args),
    keepNote: async (...args) => await (await ledger.get()).keepNote(...args),
  };
}

/** Loaded by whoever delivers notices: they are put into the store along with the tenants' changes. */
function createLateNotices(client: Client, sealing: Sealing, prefix: string): NoticeStore {
  const notices = once(async () =>
    (await import("./upstash_notices.ts")).createUpstashNotices(client, sealing, prefix)
  );
  return {
    take: async (...args) => await (await notices.get()).take(...args),
    done: async (...args) => await (await notices.get()).done(...args),
    retry: async (...args) => await (await notices.get()).retry(...args),
    bury: async (...args) => await (await notices.get()).bury(...args),
    buried: async (...args) => await (await notices.get()).buried(...args),
    revive: async (...args) => await (await notices.get()).revive(...args),
    count: async (...args) => await (await notices.get()).count(...args),
  };
}
