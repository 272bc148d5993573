import assert from "node:assert/strict";
import { startService, TENANT } from "../support/service.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;

/** What the tenant's own host says to the ticket. */
async function statusOf(held: { ticket: string; webapi_url: string }, secret: string) {
  const answer = await fetch(new URL("v1/User/currentPrincipal", held.webapi_url), {
    headers: { authorization: `SOTicket ${held.ticket}`, "so-apptoken": secret },
  });
  await answer.body?.cancel();
  return answer.status;
}

Deno.test("who meets 421 and rejects the generation gets the address that the tenant moved to", async () => {
  const service = await startService();
  try {
    await service.consent();
    const { control, clientSecret, tenantUrls } = service.simulator;
    const before = await (await service.call(TICKET)).json();
    assert.equal(await statusOf(before, clientSecret), 200);
    control.moveTenant(TENANT);
    assert.equal(await statusOf(before, clientSecret), 421);
    const answer = await service.call(TICKET, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rejected_generation: before.generation }),
    });
    const after = await answer.json();
    assert.equal(new URL(after.webapi_url).origin, tenantUrls[1]);
    assert.equal(await statusOf(after, clientSecret), 200);
  } finally {
    await service.close();
  }
});
