/**
 * What an edge function does with the client, in plain JavaScript, for every runtime the same: a company
 * is created as the system user; the ticket is deleted at SuperOffice; the next call succeeds.
 *
 * @param {typeof import("../../src/client/mod.ts").createTicketClient} createTicketClient
 * @param {{ url: string, credential: string, clientSecret: string, tenant: string, deleteTickets: string,
 *   via: "direct" | "relay" }} setting
 */
export async function scenario(createTicketClient, setting) {
  const { tenant, deleteTickets, ...options } = setting;
  const client = createTicketClient(options);
  const before = await client.ticket(tenant);
  const company = (name) =>
    client.fetch(tenant, "v1/Contact", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name }),
    });
  const first = await (await company("Before")).json();
  await (await fetch(deleteTickets, { method: "POST" })).text();
  const second = await company("After");
  const read = await client.fetch(tenant, `v1/Contact/${first.ContactId}?$select=name`);
  const after = await createTicketClient(options).ticket(tenant);
  return {
    status: second.status,
    names: [(await read.json()).Name, (await second.json()).Name],
    generations: [before.generation, after.generation],
    printed: JSON.stringify([before, client]),
  };
}
