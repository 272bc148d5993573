/**
 * Deno Deploy: a request `POST / {"name": "…"}` creates a company in the tenant's CRM, as the system user.
 *
 *     deno run --allow-net --allow-env deno_deploy.ts
 *
 * Environment: BOX_OFFICE_URL, BOX_OFFICE_KEY, SUPEROFFICE_CLIENT_SECRET, TENANT (`Cust12345`).
 *
 * Whoever reaches this function creates companies: put your own sign-in in front of it. In an app of
 * many tenants, that sign-in says which tenant it is; a request's word for it is not enough.
 */

import { createTicketClient, TicketProblem } from "@box-office/box-office/client";

const env = (name: string): string => {
  const value = Deno.env.get(name);
  if (value === undefined) throw new Error(`Cannot start: ${name} is missing`);
  return value;
};

const TENANT = env("TENANT");
const client = createTicketClient({
  url: env("BOX_OFFICE_URL"),
  // Without any key of yours: `() => getIdToken(env("BOX_OFFICE_URL"))` of `jsr:@deno/oidc`.
  credential: env("BOX_OFFICE_KEY"),
  clientSecret: env("SUPEROFFICE_CLIENT_SECRET"),
});

Deno.serve(async (request) => {
  if (request.method !== "POST") return new Response("Use POST.", { status: 405 });
  const { name } = Object(await request.json().catch(() => null));
  if (typeof name !== "string" || !/^\P{Cc}{1,200}$/u.test(name)) {
    return new Response("A company needs a name.", { status: 400 });
  }
  try {
    const answer = await client.fetch(TENANT, "v1/Contact", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ Name: name }),
      signal: request.signal,
    });
    if (!answer.ok) {
      await answer.body?.cancel();
      console.error(`SuperOffice answered ${answer.status}`);
      return new Response("The company was not created.", { status: 502 });
    }
    const { ContactId } = await answer.json();
    return Response.json({ id: ContactId }, { status: 201 });
  } catch (error) {
    if (!(error instanceof TicketProblem)) throw error;
    // The log may know; who asks from outside need not.
    console.error(error.message, error.requestId);
    const wait = error.retryAfterSeconds;
    const headers = new Headers(wait === null ? {} : { "retry-after": `${wait}` });
    return new Response("The company was not created.", { status: 503, headers });
  }
});
