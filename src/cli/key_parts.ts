/**
 * The parts of the service that a rotation needs: which credentials are known to work, an exchange that
 * may be asked for, and flights that renew tickets under the ordinary lease. Refuses to ask in the tenants'
 * name with credentials that no instance uses.
 */

import type { OpenedBooks } from "./stores.ts";
import type { ConfiguredNames } from "./rotation_words.ts";
import { credentialsOf } from "../compose.ts";
import type { Config, SuperOfficeConfig } from "../config.ts";
import { DEADLINES, leaseFor } from "../deadlines.ts";
import {
  type CredentialKind,
  type CredentialRecord,
  CREDENTIALS,
  foreignUse,
  secretName,
} from "../domain/credential_record.ts";
import { shown } from "../domain/shown_text.ts";
import { createGuards } from "../guards.ts";
import { createSigners, readSigningKeys } from "../parts.ts";
import { openExchange, openKeys } from "../parts_exchange.ts";
import { clientSecretsOf, connectSuperOffice, openCredentials } from "../parts_superoffice.ts";
import { systemClock as clock, systemIds as ids } from "../system.ts";
import { UsageFault } from "../usage_fault.ts";
import type { Asking } from "../usecases/asking.ts";
import { createAnnounce } from "../usecases/notices.ts";
import type { Signer } from "../usecases/ports.ts";
import type { FlightParts } from "../usecases/ticket_flight.ts";

/** What is configured, by kind: the first, then what stands by; and the variables that say so. */
export type Configured = Readonly<Record<CredentialKind, ConfiguredNames>>;

/** @throws UsageFault in the sandbox, whose credentials are its own */
export function requireRegistration({ config }: Pick<OpenedBooks, "config">): SuperOfficeConfig {
  if (config.superoffice !== null) return config.superoffice;
  throw new UsageFault("Cannot rotate: in the sandbox there is one key and one client secret");
}

/** What is configured, without asking any key. @throws UsageFault for a key file that holds none */
export function configured({ config }: Pick<OpenedBooks, "config">): Configured {
  const secret = clientSecretsOf(requireRegistration({ config })).map(secretName);
  return {
    key: keysOf(config),
    secret: {
      names: secret,
      variables: ["SUPEROFFICE_CLIENT_SECRET", "SUPEROFFICE_CLIENT_SECRET_NEXT"],
    },
  };
}

function keysOf({ signing }: Config): ConfiguredNames {
  switch (signing.kind) {
    case "google_kms": {
      const { key, standby } = signing;
      const names = [key, standby].flatMap((it) => it?.keyVersion ?? []);
      return { names, variables: ["KMS_KEY_VERSION", "KMS_STANDBY_KEY_VERSION"] };
    }
    case "file": {
      const names = readKeyFiles(signing).map(({ keyVersion }) => keyVersion);
      return { names, variables: ["SIGNING_KEY_FILE", "SIGNING_STANDBY_KEY_FILE"] };
    }
    case "generated": {
      const variables = ["SIGNING_KEY_FILE", "SIGNING_STANDBY_KEY_FILE"] as const;
      return { names: ["the generated key"], variables };
    }
  }
}

function readKeyFiles(files: Parameters<typeof readSigningKeys>[0]): Signer[] {
  try {
    return readSigningKeys(files);
  } catch (error) {
    // What is said of a key file is a constant.
    throw error instanceof Error ? new UsageFault(error.message) : error;
  }
}

export interface RotationParts {
  readonly asking: Asking;
  readonly flights: FlightParts;
  readonly leaseMs: number;
  /** Resolves when nothing is under way any more. */
  drain(): Promise<void>;
}

/** Tenants whose states and signatures are remembered. */
const MAX_TENANTS = 10_000;

/** Wires it. @throws when a part cannot be built */
export async function openRotationParts(books: OpenedBooks): Promise<RotationParts> {
  const { config, stores, ledger, host, log, publicUrl } = books;
  const superoffice = requireRegistration(books);
  const guards = createGuards({ clock, log });
  const signers = await createSigners(config, DEADLINES.signAttemptMs, host);
  const store = stores.credentials;
  const credentials = openCredentials({ signers, superoffice, store, ledger, clock, ids, log });
  const connected = connectSuperOffice({
    config,
    superoffice,
    deadlines: DEADLINES,
    publicUrl,
    credentials,
    guard: guards.login,
    now: () => clock.now(),
  });
  const world = { config, ledger, guards, clock, ids, log, maxTenants: MAX_TENANTS };
  const { tenants, tickets } = stores;
  const { asking, standings, exchanging } = openExchange(world, openKeys(world, signers), {
    superoffice: connected,
    credentials,
    stores: { tenants, tickets },
    announce: createAnnounce({ ids, clock, isWanted: config.webhook !== null }),
  });
  const leaseMs = leaseFor(config, DEADLINES);
  return {
    asking,
    leaseMs,
    flights: {
      tenants,
      store: tickets,
      exchanging,
      clock,
      ids,
      log,
      leaseMs,
      credentials: await credentialsOf(config, superoffice),
    },
    async drain() {
      await standings.drain();
      await credentials.drain();
    },
  };
}

/** What the instances were seen to use lately and this environment does not have, or null, by kind. */
export function foreignUses(
  config: Config,
  record: CredentialRecord | null,
): Readonly<Record<CredentialKind, string | null>> {
  const names = configured({ config });
  const use = (kind: CredentialKind) =>
    record === null ? null : foreignUse(record[kind], names[kind].names, clock.now());
  // What a generated key is called is not known without opening it, and no other is ever in use.
  return { key: config.signing.kind === "generated" ? null : use("key"), secret: use("secret") };
}

/**
 * The same in words. SuperOffice holds one of each, so what is here instead is most likely refused.
 *
 * @returns null where there is no such thing, or nothing is known: without a standby nobody notes it
 */
export async function foreignCredentials(
  books: Pick<OpenedBooks, "config" | "stores">,
): Promise<string | null> {
  const names = configured(books);
  const uses = foreignUses(books.config, await books.stores.credentials.get());
  const found = CREDENTIALS.flatMap((kind) => {
    const use = uses[kind];
    return use === null
      ? []
      : [`${shown(use)}, which is not in ${names[kind].variables.join(" or ")}`];
  });
  return found.length === 0 ? null : `the instances use ${found.join("; and ")}`;
}

/**
 * For what ends a tenant's ticket, and its health, where SuperOffice refuses.
 *
 * @throws UsageFault where the instances use other credentials than these
 */
export async function requireCredentialsInUse(
  books: Pick<OpenedBooks, "config" | "stores">,
): Promise<void> {
  const foreign = await foreignCredentials(books);
  if (foreign === null) return;
  throw new UsageFault(
    `Cannot ask for a ticket: ${foreign}. A refusal would count for everybody: ` +
      "give the command the service's own environment. cli doctor --tenant asks without that",
  );
}
