/** What the client does on the wire is the same on Deno, Node and Cloudflare's workerd. */

import assert from "node:assert/strict";
import { requires } from "../support/requirement.ts";
import { SECRETS, TENANT, ticketAnswer } from "./fake_world.ts";
import { runOn, RUNTIMES, withWorker } from "./runtimes.ts";
import { scenario } from "./wire_scenario.js";

const PROGRAM = { url: new URL("wire_scenario.js", import.meta.url), scenario };

/** Box Office and SuperOffice in one: each `expired/…` refuses the first who comes. */
async function withServer(
  work: (url: string, arrived: readonly string[]) => Promise<void>,
): Promise<void> {
  const arrived: string[] = [];
  const ending = new AbortController();
  let generation = 1;
  const answer = async (request: Request): Promise<Response> => {
    const { origin, pathname } = new URL(request.url);
    const isKnown = arrived.includes(pathname);
    arrived.push(pathname);
    if (pathname === `/v1/tenants/${TENANT}/ticket`) {
      if (request.method === "POST") generation++;
      return ticketAnswer({ generation, webapi_url: `${origin}/${TENANT}/api/` });
    }
    const [, , , what] = pathname.split("/");
    if (what === "redirect") {
      return new Response("over there", { status: 302, headers: { location: "/elsewhere" } });
    }
    if (what === "expired") {
      const text = await request.text();
      return new Response(/A.company/.exec(text)?.[0], { status: isKnown ? 200 : 401 });
    }
    if (what === "endless") return new Response(endless(ending.signal));
    if (what === "silence") {
      return await new Promise((done) =>
        ending.signal.addEventListener("abort", () => done(new Response()))
      );
    }
    return new Response("<!doctype html>", { status: 404 });
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  try {
    await work(`http://127.0.0.1:${server.addr.port}`, arrived);
  } finally {
    ending.abort();
    await server.shutdown();
  }
}

/** A beginning, and nothing more until the end of the test. */
function endless(ending: AbortSignal): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode("once"));
      ending.addEventListener("abort", () => {
        try {
          controller.close();
        } catch {
          // Its reader has left.
        }
      });
    },
  });
}

for (const runtime of RUNTIMES) {
  Deno.test({
    name:
      `on ${runtime} redirects are answers, bodies are sent twice, streams once, and waiting ends`,
    ...(runtime === "Node" ? requires("node") : {}),
    // Miniflare leaves its own ends to its own time.
    sanitizeOps: runtime !== "workerd",
    sanitizeResources: runtime !== "workerd",
    fn: () =>
      withServer(async (url, arrived) => {
        const { credential, clientSecret } = SECRETS;
        const setting = { url, tenant: TENANT, credential, clientSecret };
        assert.deepEqual(await runOn(runtime, PROGRAM, setting), {
          redirect: [302, "/elsewhere", "over there"],
          repeated: {
            text: [200, "A company"],
            bytes: [200, "A company"],
            blob: [200, "A company"],
            form: [200, "A company"],
            parameters: [200, "A+company"],
          },
          streamed: [[401, "A company"], [200, "A company"]],
          abort: "enough",
          timeout: "timeout",
          unreachable: "unreachable",
          page: "unexpected_answer",
          endless: "ended by its caller",
        });
        assert.ok(!arrived.includes("/elsewhere"));
      }),
  });
}

Deno.test({
  name:
    "on workerd a request that dies with its ticket's flight holds the next one a second, not for ever",
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const held: (() => void)[] = [];
    const arrived = Promise.withResolvers<void>();
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async () => {
      if (held.length > 0) return ticketAnswer({ generation: 2 });
      await new Promise<void>((done) => (held.push(done), arrived.resolve()));
      return ticketAnswer();
    });
    const worker = `import { createTicketClient } from "@box-office/box-office/client";
      const url = "http://127.0.0.1:${server.addr.port}";
      const client = createTicketClient({ url, credential: "bo_x" });
      export default {
        async fetch(request) {
          const ticket = client.ticket("${TENANT}");
          if (new URL(request.url).pathname !== "/dying") return Response.json(await ticket);
          await fetch(url + "/wait").catch(() => {});
          return new Response("gone before its ticket came");
        },
      };`;
    try {
      await withWorker({ "worker.js": worker }, {}, async (send) => {
        const dying = send("/dying");
        await arrived.promise;
        assert.equal(await (await dying).text(), "gone before its ticket came");
        const { generation } = await (await send("/next")).json();
        assert.equal(generation, 2);
        const remembered = await (await send("/remembered")).json();
        assert.equal(remembered.generation, 2);
      });
    } finally {
      for (const done of held) done();
      await server.shutdown();
    }
  },
});
