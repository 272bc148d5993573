/** What the client takes for an answer of Box Office's, and what it says of everything else. */

import assert from "node:assert/strict";
import { createTicketClient } from "../../src/client/mod.ts";
import {
  createWorld,
  errorFrom,
  problemAnswer,
  problemFrom,
  SECRETS,
  TENANT,
  ticketAnswer,
  WEB_API,
} from "./fake_world.ts";

Deno.test("a ticket comes with its times, its addresses and its generation", async () => {
  const ticket = await createWorld().client.ticket(TENANT);
  assert.equal(ticket.ticket, SECRETS.ticket);
  assert.deepEqual({ ...ticket }, {
    contextIdentifier: TENANT,
    generation: 1,
    issuedAt: new Date("2026-11-22T12:00:00.000Z"),
    expiresAt: new Date("2126-11-22T18:00:00.000Z"),
    webapiUrl: WEB_API,
    netserverUrl: "https://sod2.superoffice.com/Cust12345/Remote/Services88/",
  });
  assert.ok(Object.isFrozen(ticket));
});

const html = (status: number) =>
  new Response("<!doctype html><title>No</title>", {
    status,
    headers: { "content-type": "text/html" },
  });

const STRANGE: Readonly<Record<string, () => Response>> = {
  "a page": () => html(200),
  "a page with 502": () => html(502),
  "a redirect": () => new Response(null, { status: 302, headers: { location: "https://evil/" } }),
  "nothing": () => new Response(null, { status: 204 }),
  "half of it": () => new Response('{"context_identifier":"Cust12345","ticket":"7T:se'),
  "JSON that is no object": () => Response.json(null),
  "a ticket with another status": () =>
    new Response(ticketAnswer().body, { status: 203, headers: {} }),
  "an answer without end": () =>
    new Response(
      new ReadableStream({
        pull: (controller) => controller.enqueue(new Uint8Array(16_384).fill(32)),
      }),
    ),
  "another tenant's ticket": () => ticketAnswer({ context_identifier: "Cust54321" }),
  "no ticket": () => ticketAnswer({ ticket: "" }),
  "a generation that is text": () => ticketAnswer({ generation: "1" }),
  "a generation of 0": () => ticketAnswer({ generation: 0 }),
  "an end that is no instant": () => ticketAnswer({ expires_at: "soon" }),
  "a beginning that is no instant": () => ticketAnswer({ issued_at: 1 }),
  "a web API on plain http": () => ticketAnswer({ webapi_url: "http://sod2.superoffice.com/api/" }),
  "a web API that is a script": () => ticketAnswer({ webapi_url: "javascript:alert(1)//" }),
  "a web API with a password": () => ticketAnswer({ webapi_url: "https://a:b@c.example/api/" }),
  "a web API with a query": () => ticketAnswer({ webapi_url: "https://c.example/api/?to=" }),
  "a web API with a fragment": () => ticketAnswer({ webapi_url: "https://c.example/api/#" }),
  "a web API that is no folder": () => ticketAnswer({ webapi_url: "https://c.example/api" }),
  "web services on plain http": () => ticketAnswer({ netserver_url: "http://c.example/S/" }),
  "no web API": () => ticketAnswer({ webapi_url: null }),
  "somebody else's problem": () => problemAnswer(401, "x", {}, { type: "about:blank" }),
  "a problem whose title has two lines": () => problemAnswer(401, "x", {}, { title: "a\nb" }),
  "a problem whose title is a book": () => problemAnswer(401, "x", {}, { title: "a".repeat(201) }),
  "a problem whose code is a sentence": () => problemAnswer(401, "So it is."),
};

for (const [what, answer] of Object.entries(STRANGE)) {
  Deno.test(`${what} is an unexpected answer, and nothing goes to SuperOffice`, async () => {
    const { client, asked, called } = createWorld({ box: answer });
    const problem = await problemFrom(client.fetch(TENANT, "v1/Contact/1"));
    assert.equal(problem.code, "unexpected_answer");
    assert.equal(problem.status, answer().status);
    assert.equal(problem.message, "The answer is not Box Office's. (unexpected_answer)");
    assert.deepEqual([asked.length, called.length], [1, 0]);
  });
}

Deno.test("a web API on this machine may be plain", async () => {
  for (const webapi_url of ["http://127.0.0.1:8002/C/api/", "http://localhost/", "http://[::1]/"]) {
    const { client } = createWorld({ box: () => ticketAnswer({ webapi_url }) });
    assert.equal((await client.ticket(TENANT)).webapiUrl, webapi_url);
  }
});

Deno.test("a problem of the service's comes whole", async () => {
  const { client } = createWorld({
    box: () => problemAnswer(429, "rate_limited", { "retry-after": "30" }),
  });
  const problem = await problemFrom(client.ticket(TENANT));
  assert.ok(problem instanceof Error);
  assert.equal(problem.name, "TicketProblem");
  assert.equal(problem.message, "So it is. (rate_limited)");
  const { code, status, requestId, retryAfterSeconds } = problem;
  assert.deepEqual([code, status, requestId, retryAfterSeconds], ["rate_limited", 429, "r1", 30]);
});

Deno.test("a code that this client does not know is a problem all the same", async () => {
  const { client } = createWorld({ box: () => problemAnswer(418, "a_later_code") });
  assert.equal((await problemFrom(client.ticket(TENANT))).code, "a_later_code");
});

Deno.test("Retry-After is seconds, or a date by the answer's own clock", async () => {
  const date = "Sun, 22 Nov 2026 12:00:00 GMT";
  for (
    const [text, seconds] of [
      ["0", 0],
      ["120", 120],
      ["Sun, 22 Nov 2026 12:01:30 GMT", 90],
      ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
      ["", null],
      ["soon", null],
      ["9".repeat(400), null],
    ] as const
  ) {
    const headers = { "retry-after": text, date };
    const { client } = createWorld({ box: () => problemAnswer(503, "store_unavailable", headers) });
    assert.equal((await problemFrom(client.ticket(TENANT))).retryAfterSeconds, seconds, text);
  }
  const { client } = createWorld({ box: () => problemAnswer(409, "tenant_suspended") });
  assert.equal((await problemFrom(client.ticket(TENANT))).retryAfterSeconds, null);
});

Deno.test("a request id that could forge a line of a log is none", async () => {
  const { client } = createWorld({
    box: () => problemAnswer(409, "tenant_suspended", { "x-request-id": "r1 level=error" }),
  });
  assert.equal((await problemFrom(client.ticket(TENANT))).requestId, null);
});

Deno.test("what is no context identifier is asked of nobody", async () => {
  for (const context of ["", "..", ".", "Cust", "Cust1/../x", "Cust1%2f", "cust1 ", "Cust１"]) {
    const { client, asked, called } = createWorld();
    for (const work of [client.ticket(context), client.fetch(context, "v1/Contact/1")]) {
      const problem = await problemFrom(work);
      assert.deepEqual([problem.code, problem.status], ["invalid_request", 0], context);
    }
    assert.deepEqual([asked.length, called.length], [0, 0]);
  }
});

Deno.test("a client is made for an origin, https or of this machine", () => {
  const make = (url: string) => createTicketClient({ url, credential: SECRETS.credential });
  for (const url of ["https://tickets.example.com", "http://localhost:8000/", "http://[::1]:80"]) {
    assert.doesNotThrow(() => make(url));
  }
  for (
    const url of [
      "",
      "tickets.example.com",
      "http://tickets.example.com",
      "http://localhost.example.com",
      "http://127.0.0.1.example.com",
      "ftp://tickets.example.com",
      "https://user:password@tickets.example.com",
      "https://tickets.example.com/v1",
      "https://tickets.example.com/?x=1",
      SECRETS.credential,
    ]
  ) {
    assert.throws(() => make(url), {
      name: "TypeError",
      message: "Cannot use the url: it must be an origin, https or http on this machine",
    });
  }
});

Deno.test("a secret that is missing is told when the client is made, by the option's name", () => {
  const url = "https://tickets.example.com";
  for (const missing of [undefined, null, 7, {}] as unknown as string[]) {
    for (const via of ["direct", "relay"] as const) {
      assert.throws(() => createTicketClient({ url, via, credential: missing }), {
        name: "TypeError",
        message: "Cannot use the credential: it must be text or a function; " +
          "is its environment variable set?",
      });
    }
    if (missing === undefined) continue;
    const options = { url, credential: "bo_x", clientSecret: missing };
    assert.throws(() => createTicketClient(options), /^TypeError: Cannot use the clientSecret:/);
  }
  assert.doesNotThrow(() => createTicketClient({ url, credential: () => "bo_x" }));
  assert.doesNotThrow(() =>
    createTicketClient({ url, credential: "bo_x", clientSecret: () => "x" })
  );
});

Deno.test("a third way to call is refused when the client is made", () => {
  for (const via of ["Relay", "", "proxy", null] as unknown as "relay"[]) {
    const options = { url: "https://tickets.example.com", credential: "bo_x", via };
    assert.throws(() => createTicketClient(options), {
      name: "TypeError",
      message: 'Cannot use via: it must be "direct" or "relay"',
    });
  }
});

Deno.test("a timeout that no timer can count is refused when the client is made", () => {
  for (const ms of [0, -1, NaN, Infinity, 2 ** 31]) {
    const options = { url: "https://tickets.example.com", credential: "bo_x" };
    assert.throws(() => createTicketClient({ ...options, timeoutMs: ms }), /timeoutMs/);
    assert.throws(() => createTicketClient({ ...options, callTimeoutMs: ms }), /callTimeoutMs/);
  }
});

Deno.test("what a credential's function throws reaches who wrote it, as it is", async () => {
  const mine = new Error("my own");
  const { client, asked } = createWorld({ credential: () => Promise.reject(mine) });
  assert.equal(await errorFrom(client.ticket(TENANT)), mine);
  const thrown = createWorld({
    clientSecret: () => {
      throw mine;
    },
  });
  assert.equal(await errorFrom(thrown.client.fetch(TENANT, "v1/Contact/1")), mine);
  assert.deepEqual([asked.length, thrown.called.length], [0, 0]);
});

Deno.test("a secret that no header can carry is an invalid credential, and is not repeated", async () => {
  for (const secret of ["", " ", "bo_a\nb", "bo_\u0000", "bo_ключ", undefined, null, 7]) {
    const credential = () => secret as string;
    const { client, asked } = createWorld({ credential });
    const problem = await problemFrom(client.ticket(TENANT));
    assert.deepEqual(
      [problem.code, problem.message, asked.length],
      ["invalid_credential", "A secret is of no form that can be sent. (invalid_credential)", 0],
    );
  }
});

Deno.test("a credential's function is asked anew for each request", async () => {
  let count = 0;
  const { client, asked } = createWorld({ credential: () => `jwt${++count}` });
  await client.ticket(TENANT);
  await client.ticket(TENANT, { rejectedGeneration: 1 });
  assert.deepEqual(asked.map(({ headers }) => headers.get("authorization")), [
    "Bearer jwt1",
    "Bearer jwt2",
  ]);
});

Deno.test("why there was no answer is told by a constant word of the platform's", async () => {
  const failing = (error: unknown) => createWorld({ fetch: () => Promise.reject(error) }).client;
  const message = async (error: unknown) =>
    (await problemFrom(failing(error).ticket(TENANT))).message;
  const coded = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  assert.equal(
    await message(new TypeError("fetch failed", { cause: coded })),
    "Box Office did not answer: ECONNREFUSED. (unreachable)",
  );
  assert.equal(
    await message(new TypeError("client error (Connect): dns error: no such host")),
    "Box Office did not answer: dns error. (unreachable)",
  );
  assert.equal(await message("bo_secret"), "Box Office did not answer. (unreachable)");
  assert.equal(await message(undefined), "Box Office did not answer. (unreachable)");
});
