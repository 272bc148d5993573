/** Tenants in the order of their consent, page after page. */

import { readTenants } from "./answers.ts";
import type { Send } from "./requests.ts";
import type { SecretSource, TicketClient } from "./types.ts";

/** @returns `TicketClient.tenants` */
export function createTenants(
  base: URL,
  credential: SecretSource,
  send: Send,
  timeoutMs: number,
): TicketClient["tenants"] {
  return async function* (after = 0, { signal } = {}) {
    const secrets = [["authorization", "Bearer ", credential]] as const;
    const init = signal === undefined ? {} : { signal };
    for (let from: number | null = after; from !== null;) {
      const url: URL = new URL(`/v1/tenants?after=${from}`, base);
      const request = { to: "Box Office", url, init, secrets, timeoutMs } as const;
      const { tenants, next } = await send(request, readTenants);
      yield* tenants;
      // A page that leads nowhere would be asked for without end.
      from = next !== null && next > from ? next : null;
    }
  };
}
