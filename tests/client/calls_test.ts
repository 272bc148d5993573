/** Calls of a tenant's web API: what is sent, what is sent again, and whose answer it is. */

import assert from "node:assert/strict";
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

const refusing = (status: number, times = 1) => (_: unknown, count: number) =>
  new Response(`answer ${count}`, { status: count <= times ? status : 200 });

Deno.test("a direct call carries ticket and client secret, and asks for JSON", async () => {
  const { client, called } = createWorld();
  await client.fetch(TENANT, "/v1/Contact/1?$select=name");
  const [call] = called;
  assert.equal(call?.url, `${WEB_API}v1/Contact/1?$select=name`);
  assert.equal(call?.method, "GET");
  assert.deepEqual(Object.fromEntries(call!.headers), {
    accept: "application/json",
    authorization: `SOTicket ${SECRETS.ticket}`,
    "so-apptoken": SECRETS.clientSecret,
  });
});

Deno.test("a relayed call carries the credential and neither ticket nor client secret", async () => {
  const { client, asked, called } = createWorld({ via: "relay", box: () => new Response("{}") });
  await client.fetch(TENANT, "v1/Contact/1?$select=name", { headers: { accept: "text/plain" } });
  assert.equal(
    asked[0]?.url,
    `https://tickets.example.com/v1/tenants/${TENANT}/api/v1/Contact/1?$select=name`,
  );
  assert.deepEqual(Object.fromEntries(asked[0]!.headers), {
    accept: "text/plain",
    authorization: `Bearer ${SECRETS.credential}`,
  });
  assert.equal(called.length, 0);
});

Deno.test("headers of the caller's own never take the place of the client's", async () => {
  const headers = { Authorization: "Basic mine", "SO-AppToken": "mine", "x-mine": "mine" };
  const direct = createWorld();
  await direct.client.fetch(TENANT, "v1/Contact/1", { headers });
  const sent = direct.called[0]!.headers;
  assert.equal(sent.get("authorization"), `SOTicket ${SECRETS.ticket}`);
  assert.equal(sent.get("so-apptoken"), SECRETS.clientSecret);
  assert.equal(sent.get("x-mine"), "mine");
  const relayed = createWorld({ via: "relay", box: () => new Response("{}") });
  await relayed.client.fetch(TENANT, "v1/Contact/1", { headers });
  assert.equal(relayed.asked[0]?.headers.get("authorization"), `Bearer ${SECRETS.credential}`);
});

const form = () => {
  const data = new FormData();
  data.append("name", "A company");
  return data;
};

const REPEATABLE: Readonly<Record<string, () => BodyInit | null>> = {
  "no body": () => null,
  text: () => '{"name":"A company"}',
  "empty text": () => "",
  bytes: () => new TextEncoder().encode("A company"),
  "a view of bytes": () => new DataView(new TextEncoder().encode("A company").buffer),
  "a buffer": () => new TextEncoder().encode("A company").buffer,
  "a blob": () => new Blob(["A company"], { type: "text/plain" }),
  "a form": form,
  "parameters": () => new URLSearchParams({ name: "A company" }),
};

for (const status of [401, 421]) {
  for (const [kind, body] of Object.entries(REPEATABLE)) {
    Deno.test(`after ${status} a call with ${kind} is made once more, the same, with a new ticket`, async () => {
      const { client, asked, called } = createWorld({
        box: (_, count) => ticketAnswer({ generation: count, ticket: `7T:${count}` }),
        superoffice: refusing(status),
      });
      const answer = await client.fetch(TENANT, "v1/Contact", { method: "POST", body: body() });
      assert.equal(await answer.text(), "answer 2");
      assert.deepEqual(called.map(({ method }) => method), ["POST", "POST"]);
      const plain = called.map((it) => it.body.replaceAll(/-{4,}\w+/g, "-boundary"));
      assert.equal(plain[0], plain[1]);
      if (body() !== null && body() !== "") assert.match(plain[0]!, /A.company/);
      assert.deepEqual(called.map(({ headers }) => headers.get("authorization")), [
        "SOTicket 7T:1",
        "SOTicket 7T:2",
      ]);
      assert.equal(asked[1]?.body, '{"rejected_generation":1}');
    });
  }
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode("A company");
}

const GONE: Readonly<Record<string, () => unknown>> = {
  "a stream": () => new Blob(["A company"]).stream(),
  "pieces one by one": pieces,
};

for (const [kind, body] of Object.entries(GONE)) {
  Deno.test(`a call with ${kind} is made once; 401 is the answer, and the next call has a new ticket`, async () => {
    const { client, asked, called } = createWorld({ superoffice: refusing(401) });
    const post = () =>
      client.fetch(TENANT, "v1/Document", { method: "POST", body: body() as BodyInit });
    const answer = await post();
    assert.deepEqual([answer.status, await answer.text()], [401, "answer 1"]);
    assert.equal((await post()).status, 200);
    assert.deepEqual(called.map((it) => it.body), ["A company", "A company"]);
    assert.equal(asked.length, 2);
  });
}

Deno.test("a second refusal is the answer", async () => {
  const { client, asked, called } = createWorld({ superoffice: refusing(401, 9) });
  const answer = await client.fetch(TENANT, "v1/Contact/1");
  assert.deepEqual([answer.status, await answer.text()], [401, "answer 2"]);
  assert.deepEqual([asked.length, called.length], [2, 2]);
});

/** What the service answers in turn: the first to a plain question, the others to rejections. */
const inTurn = (...sources: ("memory" | "store" | "exchange")[]) => (_: unknown, count: number) =>
  ticketAnswer({ generation: count, ticket: `7T:${count}` }, sources[count - 1]);

Deno.test("another caller's renewal that is refused too is rejected in its turn, once", async () => {
  for (const source of ["memory", "store"] as const) {
    for (const status of [401, 421]) {
      const box = inTurn("memory", source, "exchange");
      const { client, asked, called } = createWorld({ box, superoffice: refusing(status, 2) });
      assert.equal((await client.fetch(TENANT, "v1/Contact/1")).status, 200);
      assert.equal(called.at(-1)?.headers.get("authorization"), "SOTicket 7T:3");
      assert.deepEqual(asked.map(({ body }) => body), [
        "",
        '{"rejected_generation":1}',
        '{"rejected_generation":2}',
      ]);
    }
  }
});

Deno.test("a renewal that this client remembers is another caller's, too", async () => {
  const box = (_: unknown, count: number) =>
    ticketAnswer({ generation: count, ticket: `7T:${count}` });
  let late: (() => Promise<unknown>) | null = null;
  const { client, called } = createWorld({
    box,
    // The first ticket is refused; meanwhile somebody else renews it, and that one is deleted, too.
    superoffice: async ({ headers }) => {
      await late?.();
      return new Response(null, {
        status: headers.get("authorization") === "SOTicket 7T:3" ? 200 : 401,
      });
    },
  });
  late = async () => {
    late = null;
    await client.ticket(TENANT, { rejectedGeneration: 1 });
  };
  assert.equal((await client.fetch(TENANT, "v1/Contact/1")).status, 200);
  assert.deepEqual(called.map(({ headers }) => headers.get("authorization")), [
    "SOTicket 7T:1",
    "SOTicket 7T:2",
    "SOTicket 7T:3",
  ]);
});

Deno.test("a third refusal is the answer, wherever the tickets come from", async () => {
  const box = inTurn("memory", "memory", "store", "memory");
  const { client, asked, called } = createWorld({ box, superoffice: refusing(401, 9) });
  const answer = await client.fetch(TENANT, "v1/Contact/1");
  assert.deepEqual([answer.status, await answer.text()], [401, "answer 3"]);
  assert.deepEqual([asked.length, called.length], [3, 3]);
});

Deno.test("a second rejection that is one too many leaves SuperOffice's refusal, whole", async () => {
  const { client, called } = createWorld({
    box: (_, count) =>
      count === 3
        ? problemAnswer(429, "rate_limited")
        : ticketAnswer({ generation: count }, "memory"),
    superoffice: refusing(401, 9),
  });
  const answer = await client.fetch(TENANT, "v1/Contact/1");
  assert.deepEqual([answer.status, await answer.text(), called.length], [401, "answer 2", 2]);
});

Deno.test("a refusal that is none of the ticket's is the answer at once", async () => {
  for (const status of [400, 403, 404, 429, 500]) {
    const { client, asked, called } = createWorld({ superoffice: refusing(status) });
    assert.equal((await client.fetch(TENANT, "v1/Contact/1")).status, status);
    assert.deepEqual([asked.length, called.length], [1, 1]);
  }
});

Deno.test("who has rejected too many tickets gets SuperOffice's refusal, whole", async () => {
  const { client, called } = createWorld({
    box: ({ method }) => method === "GET" ? ticketAnswer() : problemAnswer(429, "rate_limited"),
    superoffice: refusing(401),
  });
  const answer = await client.fetch(TENANT, "v1/Contact/1");
  assert.deepEqual([answer.status, await answer.text(), called.length], [401, "answer 1", 1]);
});

Deno.test("when there is no newer ticket, that is the problem, and the refusal's connection is freed", async () => {
  let isFreed = false;
  const body = () => new ReadableStream({ cancel: () => void (isFreed = true) });
  const { client } = createWorld({
    box: ({ method }) =>
      method === "GET" ? ticketAnswer() : problemAnswer(409, "consent_withdrawn"),
    superoffice: () => new Response(body(), { status: 401 }),
  });
  assert.equal((await problemFrom(client.fetch(TENANT, "v1/x"))).code, "consent_withdrawn");
  assert.ok(isFreed);
});

Deno.test("a redirect is an answer: nobody follows it with a ticket", async () => {
  const redirect = () =>
    new Response(null, { status: 302, headers: { location: "https://evil.example/" } });
  const { client, called } = createWorld({ superoffice: redirect });
  const answer = await client.fetch(TENANT, "v1/Contact/1", { redirect: "follow" });
  assert.deepEqual([answer.status, answer.headers.get("location")], [
    302,
    "https://evil.example/",
  ]);
  assert.equal(called.length, 1);
});

Deno.test("the service's own problem is thrown from a relayed call", async () => {
  const { client } = createWorld({
    via: "relay",
    box: () => problemAnswer(409, "tenant_suspended"),
  });
  const problem = await problemFrom(client.fetch(TENANT, "v1/Contact/1"));
  assert.deepEqual([problem.code, problem.status, problem.requestId], [
    "tenant_suspended",
    409,
    "r1",
  ]);
});

Deno.test("SuperOffice's own problems and pages come through the relay whole", async () => {
  const long = "x".repeat(200_000);
  for (
    const [type, text] of [
      ["application/problem+json", '{"type":"about:blank","title":"No"}'],
      ["application/problem+json; charset=utf-8", "no JSON"],
      ["application/problem+json", JSON.stringify({ type: "/problems/x", long })],
      ["text/html", "<!doctype html>"],
    ] as const
  ) {
    const box = () => new Response(text, { status: 500, headers: { "content-type": type } });
    const answer = await createWorld({ via: "relay", box }).client.fetch(TENANT, "v1/Contact/1");
    assert.deepEqual([answer.status, await answer.text()], [500, text]);
  }
});

Deno.test("a direct call without a client secret is a mistake that is told before anything is sent", async () => {
  const options = { clientSecret: undefined } as unknown as Record<string, never>;
  const { client, asked } = createWorld(options);
  assert.match(String(await errorFrom(client.fetch(TENANT, "v1/x"))), /clientSecret is missing/);
  assert.equal(asked.length, 0);
});

Deno.test("a Request as init is refused by name: its members would be lost", async () => {
  for (const via of ["direct", "relay"] as const) {
    const { client, asked } = createWorld({ via });
    const error = await errorFrom(client.fetch(TENANT, "v1/x", new Request("https://a.example")));
    assert.match(String(error), /^TypeError: Cannot call the web API: init is a Request/);
    assert.equal(asked.length, 0);
  }
});

Deno.test("an init that no platform takes is the platform's TypeError, before anything is sent", async () => {
  for (const via of ["direct", "relay"] as const) {
    for (
      const init of [
        { body: "x" },
        { method: "TRACE" },
        { method: "NOT A METHOD" },
        { headers: { "not a header": "x" } },
      ]
    ) {
      const { client, asked } = createWorld({ via });
      const error = await errorFrom(client.fetch(TENANT, "v1/Contact", init));
      assert.ok(error instanceof TypeError, String(error));
      assert.equal(asked.length, 0);
    }
  }
});
