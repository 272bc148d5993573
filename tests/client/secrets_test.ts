/** Nothing that the client gives out or throws shows a secret when it is printed, in any of the usual ways. */

import assert from "node:assert/strict";
import { inspect } from "node:util";
import {
  BOX_OFFICE,
  createWorld,
  errorFrom,
  problemAnswer,
  SECRETS,
  TENANT,
  ticketAnswer,
  type WorldOptions,
} from "./fake_world.ts";
import { withFakeTime } from "./fake_time.ts";

/** As logs, consoles and reports of errors would show it. */
function printed(value: unknown): string {
  const { stack, cause, message } = Object(value);
  return [
    String(value),
    `${JSON.stringify(value)}`,
    `${JSON.stringify({ ...Object(value) })}`,
    Deno.inspect(value, { depth: 20 }),
    inspect(value, { depth: 20 }),
    `${stack} ${message} ${inspect(cause)}`,
  ].join("\n");
}

function assertSilent(value: unknown): void {
  const text = printed(value);
  for (const [name, secret] of Object.entries(SECRETS)) {
    assert.ok(!text.includes(secret), `${name} is shown`);
  }
}

Deno.test("a secret that is shown is found", () => {
  const hidden = new Error("", { cause: { deep: [SECRETS.ticket] } });
  for (const shown of [SECRETS.credential, hidden, { at: [SECRETS.clientSecret] }]) {
    assert.throws(() => assertSilent(shown), /is shown/);
  }
});

/** A platform whose errors repeat all that was sent. */
const telltale: NonNullable<WorldOptions["fetch"]> = (url, init) => {
  const sent = `${url} ${JSON.stringify([...new Headers(init.headers)])} ${init.body}`;
  return url.href === `${BOX_OFFICE}/v1/tenants/${TENANT}/ticket`
    ? Promise.resolve(ticketAnswer())
    : Promise.reject(new TypeError(sent, { cause: new Error(sent) }));
};

/** What repeats a secret where the client could pick it up. */
const FAILURES: Readonly<Record<string, WorldOptions>> = {
  "a platform that repeats the request": { fetch: telltale },
  "a platform whose error has the secret for a code": {
    fetch: () => Promise.reject(Object.assign(new Error(), { code: SECRETS.credential })),
  },
  "an answer that repeats the credential": { box: () => new Response(SECRETS.credential) },
  "a ticket that no header can carry": {
    box: () => ticketAnswer({ ticket: `${SECRETS.ticket}\n` + "x" }),
  },
  "a ticket whose address is elsewhere": {
    box: () => ticketAnswer({ webapi_url: "http://evil.example/" }),
  },
  "a credential that no header can carry": { credential: `${SECRETS.credential}\u0000` },
  "a client secret that no header can carry": { clientSecret: `${SECRETS.clientSecret}\nx` },
  "a refusal": { box: () => problemAnswer(401, "caller_unknown") },
  "a timeout": { box: () => new Promise(() => {}), timeoutMs: 1 },
  "a relay that does not answer": { via: "relay", fetch: telltale },
  "a redirect that repeats the ticket": {
    box: () => new Response(null, { status: 307, headers: { location: SECRETS.ticket } }),
  },
};

for (const [what, options] of Object.entries(FAILURES)) {
  Deno.test(`${what}: the error shows no secret`, () =>
    withFakeTime(async ({ advance }) => {
      const { client } = createWorld(options);
      const failing = errorFrom(client.fetch(TENANT, "v1/x", { method: "POST" }));
      // The call's own deadline and that of the ticket it asks for.
      await advance(1);
      const error = await failing;
      assertSilent(error);
      assert.equal((error as Error).cause, undefined);
    }));
}

Deno.test("client and ticket can be printed and copied without a secret", async () => {
  const { client } = createWorld();
  const ticket = await client.ticket(TENANT);
  assertSilent(client);
  assertSilent(ticket);
  assertSilent([{ ticket }]);
  assertSilent(structuredClone(ticket));
  assert.equal(ticket.ticket, SECRETS.ticket);
});

Deno.test("a call's answer does not show what was sent", async () => {
  const { client } = createWorld();
  const answer = await client.fetch(TENANT, "v1/Contact/1");
  assertSilent(answer);
  assertSilent([...answer.headers]);
});

Deno.test("a mistake in the client's own options is told without repeating them", () => {
  for (const url of [SECRETS.credential, `https://x:${SECRETS.credential}@y.example`]) {
    try {
      createWorld({ url });
      assert.fail("it was taken");
    } catch (error) {
      assertSilent(error);
    }
  }
});
