/** Everything that can be made to go wrong around one ticket, each as talkative as it can be. */

import { alter } from "../support/callback.ts";
import { TENANT } from "../support/service.ts";
import type { WatchedService } from "../support/watched_service.ts";
import type { Behaviour, ForcedFailure } from "../../src/simulator/superoffice/behaviour.ts";
import type { KmsFault } from "../../src/simulator/cloud_kms/faults.ts";

/** Makes it go wrong, and right again. */
export interface Trouble {
  readonly name: string;
  /** The service goes on without and warns nobody. */
  readonly isHarmless?: boolean;
  begin(service: WatchedService): void | Promise<void>;
  end(service: WatchedService): void | Promise<void>;
}

/** What a careless SuperOffice would repeat: all that it was sent and all that it knows. */
function gossip({ simulator }: WatchedService): string {
  const { clientSecret, control } = simulator;
  const token = control.mintExchangeToken({ ctx: TENANT });
  return `${clientSecret} ${control.approve(TENANT).system_user_token} ${token} </script>`;
}

function switched(
  name: string,
  switches: (service: WatchedService) => Partial<Behaviour>,
): Trouble {
  return {
    name,
    begin: (service) => void service.simulator.control.set(switches(service)),
    end: (service) => service.simulator.control.resetSwitches(),
  };
}

const answers = (name: string, failure: Omit<ForcedFailure, "body">) =>
  switched(name, (service) => ({ exchangeFailure: { ...failure, body: gossip(service) } }));

const refuses = (mode: Behaviour["exchangeFailureMode"]) =>
  switched(`refuses by ${mode}`, (service) => ({
    exchangeFailureMode: mode,
    exchangeError: "InvalidSignature",
    errorMessage: { text: gossip(service) },
  }));

/** An exchange token that is not what it should be. */
const returns = (name: string, bend: (service: WatchedService) => Behaviour["exchangeJwt"]) =>
  switched(`returns ${name}`, (service) => ({ exchangeJwt: bend(service) }));

export const SUPEROFFICE: readonly Trouble[] = [
  refuses("status"),
  refuses("soft"),
  refuses("forbidden"),
  refuses("html"),
  ...[400, 404, 429, 500, 503].map((status) => answers(`answers ${status}`, { status })),
  answers("answers JSON that is none", { status: 200, contentType: "application/json" }),
  answers("leads away", { status: 302, headers: { location: "http://127.0.0.1:9/?secret" } }),
  switched("answers without end", () => ({
    exchangeFailure: { status: 200, contentType: "application/json", body: "x".repeat(300_000) },
  })),
  returns("gossip", (service) => ({ raw: gossip(service) })),
  returns("an unsigned token", () => ({ alg: "none" })),
  returns("another tenant's token", () => ({ claims: { aud: "spn:1" } })),
  returns("an old token", () => ({ claims: { exp: 1 } })),
  returns("an id_token", () => ({ instead: "id_token" })),
  switched("is silent", () => ({ exchangeSilent: true })),
  {
    name: "has suspended the tenant",
    begin: ({ simulator }) => simulator.control.suspend(TENANT),
    end: ({ simulator }) => simulator.control.resume(TENANT),
  },
  ...["PartnerSystemUser", "/api/state/"].map((address) => ({
    name: `cannot be reached at ${address}`,
    isHarmless: address === "/api/state/",
    begin: ({ outbound }: WatchedService) => outbound.failNext(address),
    end: () => {},
  })),
];

const kms = (fault: KmsFault): Trouble => ({
  name: `the key answers ${Object.values(fault).join(" ")}`,
  begin: (service) =>
    service.kms!.fault(
      fault.kind === "status" ? { ...fault, message: gossip(service) } : fault,
    ),
  end: (service) => service.kms!.fault(null),
});

export const KEY: readonly Trouble[] = [
  kms({ kind: "status", status: "PERMISSION_DENIED" }),
  kms({ kind: "status", status: "INTERNAL" }),
  kms({ kind: "status", status: "RESOURCE_EXHAUSTED" }),
  kms({ kind: "status", status: "UNAVAILABLE", happened: true }),
  kms({ kind: "page", http: 502 }),
  kms({ kind: "reset" }),
  kms({ kind: "corrupt_signature" }),
  kms({ kind: "missing_signature_crc32c" }),
  kms({ kind: "wrong_name" }),
];

/** SQLite repeats the values that it was given; a trigger is the shortest way to make it. */
const step = (when: string, values: string): Trouble => ({
  name: `the store fails ${when}`,
  begin: (service) =>
    alter(
      service,
      `CREATE TRIGGER trouble ${when} BEGIN SELECT RAISE(ABORT, 'at ' || ${values}); END`,
    ),
  end: (service) => alter(service, "DROP TRIGGER trouble"),
});

const renamed = (table: string): Trouble => ({
  name: `the store has no ${table}`,
  begin: (service) => alter(service, `ALTER TABLE ${table} RENAME TO away`),
  end: (service) => alter(service, `ALTER TABLE away RENAME TO ${table}`),
});

export const STORE: readonly Trouble[] = [
  step("BEFORE INSERT ON ledger_leaves", "NEW.leaf"),
  step("BEFORE UPDATE ON tickets", "NEW.ticket || NEW.lease_owner"),
  step("BEFORE INSERT ON tickets", "NEW.context_identifier"),
  step("BEFORE UPDATE ON tenants", "NEW.system_user_token"),
  step("BEFORE DELETE ON consent_states", "OLD.code_verifier"),
  step("BEFORE INSERT ON consent_claims", "NEW.digest"),
  step("BEFORE INSERT ON consent_finished", "NEW.browser"),
  renamed("tenants"),
  renamed("tickets"),
  renamed("ledger_head"),
  renamed("consent_states"),
  {
    name: "the store's token is sealed by nobody",
    begin: (service) => {
      alter(service, "CREATE TABLE kept AS SELECT system_user_token AS token FROM tenants");
      const { marks } = service;
      marks.add("planted system user token", "MARK of a planted token");
      alter(service, "UPDATE tenants SET system_user_token = 'v1.now.MARK of a planted token'");
    },
    end: (service) => {
      alter(service, "UPDATE tenants SET system_user_token = (SELECT token FROM kept)");
      alter(service, "DROP TABLE kept");
    },
  },
];
