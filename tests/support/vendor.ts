/** A simulated SuperOffice for tests: a new vendor, but for the making of its login key. */

import { createApp } from "../../src/simulator/superoffice/app.ts";
import { readLoginKey } from "../../src/simulator/superoffice/login_key.ts";
import { digits } from "../../src/simulator/superoffice/random.ts";
import {
  startSuperOffice,
  type SuperOfficeOptions,
  type SuperOfficeSimulator,
} from "../../src/simulator/superoffice/server.ts";
import { writeSnapshot } from "../../src/simulator/superoffice/snapshot.ts";
import { defaultPeople } from "../../src/simulator/superoffice/state.ts";
import { testKeyPem } from "./test_keys.ts";

/** As `startSuperOffice`, a tenth of a second sooner. */
export function startVendor(options: SuperOfficeOptions = {}): Promise<SuperOfficeSimulator> {
  return startSuperOffice({ snapshot: newVendor(), ...options });
}

/** The snapshot of a vendor that was never started: another app id, secret and serial each time. */
export function newVendor(): string {
  const app = createApp({ name: "Box Office" });
  const tenant = {
    contextIdentifier: "Cust12345",
    companyName: "Example Tenant AS",
    serial: digits(10),
    state: "Running",
  } as const;
  return writeSnapshot({
    apps: new Map([[app.clientId, app]]),
    people: defaultPeople(),
    tenants: new Map([[tenant.contextIdentifier, tenant]]),
    authorizations: new Map(),
    loginKeys: [readLoginKey(testKeyPem("login"))],
    refreshTokens: new Map(),
    tickets: new Map(),
    contacts: new Map(),
  }, 0);
}
