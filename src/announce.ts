/** What the one who starts the service is told: where it is, and in the sandbox what to try. */

import type { Running } from "./main.ts";
import { print } from "./print.ts";

/** Tells it on stdout. A sandbox's key is shown, and no other. */
export function announce({ publicUrl, apiKey, simulator }: Running): void {
  print.line(`Box Office listens at ${publicUrl.href}`);
  if (apiKey === null) return;
  const key = apiKey.reveal();
  const tenantUrl = new URL("/v1/tenants/Cust12345/", publicUrl).href;
  if (simulator !== null) print.line(`Sandbox: SuperOffice is simulated at ${simulator.url}`);
  print.line("");
  print.line(`1. Open ${publicUrl.href}, press "Connect SuperOffice", sign in and approve.`);
  print.line("2. Ask for the tenant's ticket:");
  print.line(`   curl -H "Authorization: Bearer ${key}" ${tenantUrl}ticket`);
  print.line(
    "3. Or, with the same header, call its web API through Box Office, which keeps the ticket:",
  );
  print.line(`   ${tenantUrl}api/v1/Contact/default`);
  if (simulator === null) return;
  const [tenant] = simulator.control.tenants();
  const company = `${tenant!.endpoint}/api/v1/Contact/default`;
  print.line("4. Use the ticket yourself, as SuperOffice's own clients do:");
  print.line(
    `   curl -H "Authorization: SOTicket 7T:…" -H "SO-AppToken: ${simulator.clientSecret}" ${company}`,
  );
}
