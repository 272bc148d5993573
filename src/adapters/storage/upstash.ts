/**
 * The shared store: Upstash Redis over REST, for several instances. Locks and counters here save
 * work; they do not decide who is right. Upstash replicates after answering, so a failover may
 * forget a lease or a ticket, and at worst one exchange happens twice.
 */

import { once } from "../../domain/once.ts";
import type { Secret } from "../../domain/secret.ts";
import type { ConsentStore } from "../../usecases/consent_ports.ts";
import type { CredentialStore } from "../../usecases/credential_ports.ts";
import type { NoticeStore } from "../../usecases/notice_ports.ts";
import type { LedgerStore, TenantStore } from "../../usecases/ports.ts";
import { createLateResealing } from "./resealing.ts";
import type { Sealing } from "./sealing.ts";
import type { Stores } from "./stores.ts";
import { createClient } from "./upstash_client.ts";
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
  const ledger = late(LEDGER, async () => {
    const { createUpstashLedger } = await import("./upstash_ledger.ts");
    return createUpstashLedger(client, prefix);
  });
  return {
    tenants: late(TENANTS, async () => {
      const { createUpstashTenants } = await import("./upstash_tenants.ts");
      return createUpstashTenants(client, sealing, prefix);
    }),
    tickets: createUpstashTickets(client, sealing, prefix),
    ledger,
    consents: late(CONSENTS, async () => {
      const { createUpstashConsents } = await import("./upstash_consents.ts");
      return createUpstashConsents(client, sealing, prefix);
    }),
    notices: late(NOTICES, async () => {
      const { createUpstashNotices } = await import("./upstash_notices.ts");
      return createUpstashNotices(client, sealing, prefix);
    }),
    credentials: late(CREDENTIALS, async () => {
      const { createCredentialNotes } = await import("./credential_notes.ts");
      return createCredentialNotes(ledger);
    }),
    usage: createUpstashUsage(client, prefix),
    probe: { name: "store", check: () => client.ping() },
    resealing: createLateResealing(
      sealing.keyIds,
      async () =>
        (await import("./upstash_resealing.ts")).createUpstashResealing(client, sealing, prefix),
    ),
    close: () => client.close(),
  };
}

/** The verbs of a port, as an object so that one missing here does not compile. */
type Verbs<T> = Readonly<Record<keyof T, true>>;

const TENANTS: Verbs<TenantStore> = {
  get: true,
  put: true,
  mark: true,
  remove: true,
  list: true,
  changes: true,
};

const LEDGER: Verbs<LedgerStore> = {
  head: true,
  append: true,
  read: true,
  tiles: true,
  floor: true,
  forget: true,
  note: true,
  keepNote: true,
};

const CONSENTS: Verbs<ConsentStore> = {
  begin: true,
  take: true,
  claim: true,
  unclaim: true,
  finish: true,
  finished: true,
};

const CREDENTIALS: Verbs<CredentialStore> = { get: true, swap: true };

const NOTICES: Verbs<NoticeStore> = {
  take: true,
  done: true,
  retry: true,
  bury: true,
  buried: true,
  revive: true,
  count: true,
};

/** A store that is loaded when it is first asked: a ticket from the store needs none of it. */
function late<T extends object>(verbs: Verbs<T>, load: () => Promise<T>): T {
  const store = once(load);
  const asked = Object.keys(verbs).map((verb) => [
    verb,
    async (...args: unknown[]) => {
      const loaded = await store.get() as Record<string, (...args: unknown[]) => unknown>;
      return await loaded[verb]!(...args);
    },
  ]);
  return Object.fromEntries(asked);
}
