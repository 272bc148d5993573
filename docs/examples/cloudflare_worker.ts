/**
 * Cloudflare Workers: a request `POST / {"name": "…"}` creates a company in the tenant's CRM, as the
 * system user. Here by the relay, so that the Worker has no client secret; without `via` it calls
 * SuperOffice itself and needs `clientSecret`.
 *
 *     npm install ./box-office-client.tgz
 *     npx wrangler secret put BOX_OFFICE_KEY
 *     npx wrangler deploy
 *
 * Whoever reaches this Worker creates companies: put your own sign-in in front of it. In an app of
 * many tenants, that sign-in says which tenant it is; a request's word for it is not enough.
 */

import {
  createTicketClient,
  type TicketClient,
  TicketProblem,
} from "@box-office/box-office/client";

interface Env {
  readonly BOX_OFFICE_URL: string;
  readonly BOX_OFFICE_KEY: string;
  readonly TENANT: string;
}

/** One for all requests that this isolate serves. */
let client: TicketClient | undefined;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.method !== "POST") return new Response("Use POST.", { status: 405 });
    const { name } = Object(await request.json().catch(() => null));
    if (typeof name !== "string" || !/^\P{Cc}{1,200}$/u.test(name)) {
      return new Response("A company needs a name.", { status: 400 });
    }
    client ??= createTicketClient({
      url: env.BOX_OFFICE_URL,
      credential: env.BOX_OFFICE_KEY,
      via: "relay",
    });
    try {
      const answer = await client.fetch(env.TENANT, "v1/Contact", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ Name: name }),
      });
      if (!answer.ok) {
        await answer.body?.cancel();
        console.error(`SuperOffice answered ${answer.status}`);
        return new Response("The company was not created.", { status: 502 });
      }
      const { ContactId } = (await answer.json()) as { ContactId: number };
      return Response.json({ id: ContactId }, { status: 201 });
    } catch (error) {
      if (!(error instanceof TicketProblem)) throw error;
      // The log may know; who asks from outside need not.
      console.error(error.message, error.requestId);
      const wait = error.retryAfterSeconds;
      const headers = new Headers(wait === null ? {} : { "retry-after": `${wait}` });
      return new Response("The company was not created.", { status: 503, headers });
    }
  },
};
