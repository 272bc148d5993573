/** Every port's contract over every backend. */

import type { Stores } from "../../../src/adapters/storage/stores.ts";
import { BACKENDS } from "./backends.ts";
import { consentStoreFacts } from "./consent_store_contract.ts";
import { credentialStoreFacts } from "./credential_store_contract.ts";
import { type Facts, hold } from "./contract.ts";
import { ledgerStoreFacts } from "./ledger_store_contract.ts";
import { noticeStoreFacts } from "./notice_store_contract.ts";
import { tenantChangesFacts } from "./tenant_changes_contract.ts";
import { tenantStoreFacts } from "./tenant_store_contract.ts";
import { ticketPaceFacts } from "./ticket_pace_contract.ts";
import { ticketPlaceFacts } from "./ticket_place_contract.ts";
import { ticketRefusalFacts } from "./ticket_refusal_contract.ts";
import { ticketStoreFacts } from "./ticket_store_contract.ts";

function suite<Store>(port: string, facts: Facts<Store>, pick: (stores: Stores) => Store): void {
  for (const { name, ignore, use } of BACKENDS) {
    Deno.test({
      name: `${port}: ${name}`,
      ignore,
      fn: (test) =>
        use((open) =>
          hold(test, facts, () => {
            const stores = open();
            return { store: pick(stores), close: () => stores.close() };
          })
        ),
    });
  }
}

suite("tenant store", tenantStoreFacts, ({ tenants }) => tenants);
suite("changes of tenants", tenantChangesFacts, ({ tenants }) => tenants);
suite("notice store", noticeStoreFacts, (stores) => stores);
suite("ticket store", ticketStoreFacts, ({ tickets }) => tickets);
suite("places of tickets", ticketPlaceFacts, ({ tickets }) => tickets);
suite("refusals of tickets", ticketRefusalFacts, ({ tickets }) => tickets);
suite("pace of tickets", ticketPaceFacts, ({ tickets }) => tickets);
suite("ledger store", ledgerStoreFacts, ({ ledger }) => ledger);
suite("credential store", credentialStoreFacts, ({ credentials }) => credentials);
suite("consent store", consentStoreFacts, ({ consents }) => consents);

for (const { name, ignore, use } of BACKENDS) {
  Deno.test({
    name: `the probe passes while the store is open: ${name}`,
    ignore,
    fn: () =>
      use(async (open) => {
        const stores = open();
        await stores.probe.check();
        stores.close();
        stores.close();
        await stores.probe.check().then(
          () => Promise.reject(new Error("The probe of a closed store passed")),
          () => {},
        );
      }),
  });
}
