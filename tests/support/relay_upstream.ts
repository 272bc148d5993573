/** A tenant's web API of the test's own behind the relay of a whole service: it shows what arrives. */

import { openStores } from "../../src/parts_stores.ts";
import type { ContextId } from "../../src/domain/context_id.ts";
import { startService, type TestService } from "./service.ts";
import { addStoredTenant, addTenant, FRESH, putTicket } from "./stored_tenants.ts";
import type { Deadlines } from "../../src/deadlines.ts";

export interface Relaying {
  readonly service: TestService;
  readonly tenant: ContextId;
  /** Path of the tenant's web API at the relay, without a final slash. */
  readonly api: string;
  /** The same below the test's own server. */
  readonly upstream: URL;
}

/**
 * @param handle the tenant's web API
 * @param options `isRenewable`: SuperOffice knows the tenant, so that another ticket can be had
 */
export async function withUpstream(
  handle: (request: Request) => Response | Promise<Response>,
  work: (relaying: Relaying) => Promise<void>,
  options: { readonly isRenewable?: boolean; readonly deadlines?: Partial<Deadlines> } = {},
): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const service = await startService({ deadlines: options.deadlines ?? {} });
  ending.defer(service.close);
  const stores = await openStores(service.config);
  ending.defer(() => Promise.resolve(stores.close()));
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handle);
  ending.defer(() => server.shutdown());
  const place = { stores, superoffice: service.simulator };
  const origin = `http://127.0.0.1:${server.addr.port}`;
  const tenant = options.isRenewable === true
    ? await addTenant(place)
    : await addStoredTenant(place, 4711);
  if (options.isRenewable === true) service.simulator.control.moveTenant(tenant, origin);
  const upstream = new URL(`${origin}/${tenant}/api/`);
  await putTicket(place, tenant, FRESH, upstream.href);
  await work({ service, tenant, api: `/v1/tenants/${tenant}/api`, upstream });
}
