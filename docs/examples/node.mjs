/**
 * Node 20 and later: a job that creates a company in the tenant's CRM, as the system user.
 *
 *     npm install ./box-office-client.tgz
 *     node node.mjs "A company"
 *
 * Environment: BOX_OFFICE_URL, BOX_OFFICE_KEY, SUPEROFFICE_CLIENT_SECRET, TENANT (`Cust12345`). Exit code
 * 0: created, its id is printed; 1: not created; 2: called wrongly; 75: try again later.
 */

import { createTicketClient, TicketProblem } from "@box-office/box-office/client";

const [name] = process.argv.slice(2);
const { BOX_OFFICE_URL, BOX_OFFICE_KEY, SUPEROFFICE_CLIENT_SECRET, TENANT } = process.env;
const isComplete = BOX_OFFICE_URL && BOX_OFFICE_KEY && SUPEROFFICE_CLIENT_SECRET && TENANT;
if (!isComplete || !name || !/^\P{Cc}{1,200}$/u.test(name)) {
  console.error('Usage: node node.mjs "A company", with the environment that this file names');
  process.exit(2);
}

const client = createTicketClient({
  url: BOX_OFFICE_URL,
  credential: BOX_OFFICE_KEY,
  clientSecret: SUPEROFFICE_CLIENT_SECRET,
});

try {
  const answer = await client.fetch(TENANT, "v1/Contact", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ Name: name }),
    signal: AbortSignal.timeout(30_000),
  });
  if (answer.ok) {
    const { ContactId } = await answer.json();
    console.log(ContactId);
  } else {
    console.error(`SuperOffice answered ${answer.status}`);
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof TicketProblem)) throw error;
  console.error(error.message, error.requestId ?? "");
  process.exitCode = error.retryAfterSeconds === null ? 1 : 75;
}
