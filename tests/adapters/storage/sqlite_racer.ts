/**
 * One of several processes that share a SQLite file, for `sqlite_test.ts`: appends to the ledger,
 * asks for a lease, claims a digest and stores tenants, then prints what it got as JSON.
 */

import { openSqlite } from "../../../src/adapters/storage/sqlite.ts";
import { OWNER, SEALING } from "./backends.ts";
import { appendAll } from "./ledger_store_contract.ts";
import { CONSENT, notice, request, TENANT, tenantOf } from "./samples.ts";

const [path = "", name = "", now = "0"] = Deno.args;
const stores = openSqlite({ path, sealing: SEALING, owner: OWNER, busyTimeoutMs: 20_000 });
for (let round = 0; round < 50; round++) await appendAll(stores.ledger, [`${name}:${round}`]);
const lease = await stores.tickets.lease(TENANT, request({ owner: name, now: Number(now) }));
const claimed = await stores.consents.claim("digest", Number(now) + 1_000, Number(now));
for (let digits = 0; digits < 10; digits++) {
  const contextIdentifier = tenantOf(Number(name) * 100 + digits);
  await stores.tenants.put(
    { ...CONSENT, contextIdentifier },
    notice(contextIdentifier, Number(now)),
  );
}
stores.close();
const line = JSON.stringify({ lease: lease.kind, claimed });
await Deno.stdout.write(new TextEncoder().encode(line));
