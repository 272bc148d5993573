/** Bodies through the relay: streamed, repeated where that is possible, let go of when nobody wants them. */

import assert from "node:assert/strict";
import { MAX_REPLAY_BYTES, readBody } from "../../src/http/request_body.ts";
import { eventually } from "../support/processes.ts";
import { withUpstream } from "../support/relay_upstream.ts";
import { API_KEY } from "../support/service.ts";

const MANY = MAX_REPLAY_BYTES + 1;

/** A body of so many bytes, whose length nobody is told. */
function bodyOf(bytes: number): ReadableStream<Uint8Array> {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      const size = Math.min(left, 64 * 1024);
      if (size > 0) controller.enqueue(new Uint8Array(size).fill(7));
      left -= size;
      if (left === 0) controller.close();
    },
  });
}

/** Answers 401 to the first ticket that it sees, and counts bytes for any other. */
function refusesFirst() {
  const seen: { readonly ticket: string; readonly bytes: number }[] = [];
  let refused: string | null = null;
  return {
    seen,
    async handle(request: Request): Promise<Response> {
      const ticket = request.headers.get("authorization")!;
      const { byteLength: bytes } = await request.bytes();
      refused ??= ticket;
      seen.push({ ticket, bytes });
      const isRefused = ticket === refused;
      return Response.json({ bytes, isRefused }, { status: isRefused ? 401 : 200 });
    },
  };
}

for (const bytes of [0, 1, MAX_REPLAY_BYTES]) {
  Deno.test(`a body of ${bytes} bytes is sent again with the new ticket`, () => {
    const { seen, handle } = refusesFirst();
    return withUpstream(handle, async ({ service, api }) => {
      const answer = await service.call(`${api}/v1/x`, { method: "POST", body: bodyOf(bytes) });
      assert.deepEqual([answer.status, await answer.json()], [200, { bytes, isRefused: false }]);
      assert.deepEqual(seen.map((one) => one.bytes), [bytes, bytes]);
      assert.equal(service.simulator.control.exchangeCount(), 1);
    }, { isRenewable: true });
  });
}

Deno.test("a larger body cannot be sent again: the caller is told to, and meets the new ticket", () => {
  const { seen, handle } = refusesFirst();
  return withUpstream(handle, async ({ service, api }) => {
    const first = await service.call(`${api}/v1/x`, { method: "POST", body: bodyOf(MANY) });
    assert.deepEqual([first.status, first.headers.get("retry-after")], [503, "1"]);
    assert.equal((await first.json()).code, "upstream_unavailable");
    const second = await service.call(`${api}/v1/x`, { method: "POST", body: bodyOf(MANY) });
    assert.deepEqual([second.status, (await second.json()).bytes], [200, MANY]);
    assert.equal(seen.length, 2);
    assert.equal(service.simulator.control.exchangeCount(), 1);
  }, { isRenewable: true });
});

Deno.test("a 401 that a new ticket does not mend is SuperOffice's answer, after one repetition", () => {
  let requests = 0;
  const handle = () => {
    requests++;
    return Response.json({ Error: true }, { status: 401 });
  };
  return withUpstream(handle, async ({ service, api }) => {
    const answer = await service.call(`${api}/v1/x`);
    assert.deepEqual([answer.status, await answer.json()], [401, { Error: true }]);
    assert.equal(requests, 2);
  }, { isRenewable: true });
});

Deno.test("the web API sees the beginning of a large body while the caller still sends", () => {
  const arrived = Promise.withResolvers<void>();
  const handle = async (request: Request) => {
    let bytes = 0;
    for await (const chunk of request.body!) {
      bytes += chunk.byteLength;
      arrived.resolve();
    }
    return Response.json({ bytes });
  };
  return withUpstream(handle, async ({ service, api }) => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writing = (async () => {
      const writer = writable.getWriter();
      await writer.write(new Uint8Array(MANY));
      await arrived.promise;
      await writer.write(new Uint8Array(1));
      await writer.close();
    })();
    const answer = await service.call(`${api}/v1/x`, { method: "PUT", body: readable });
    assert.deepEqual(await answer.json(), { bytes: MANY + 1 });
    await writing;
  });
});

Deno.test("the caller reads the beginning of an answer while the web API still writes", () => {
  const read = Promise.withResolvers<void>();
  const body = async function* () {
    yield new TextEncoder().encode("first");
    await read.promise;
    yield new TextEncoder().encode("last");
  };
  const handle = () => new Response(ReadableStream.from(body()));
  return withUpstream(handle, async ({ service, api }) => {
    const answer = await service.call(`${api}/v1/x`);
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await reader.read()).value, "first");
    read.resolve();
    assert.equal((await reader.read()).value, "last");
    assert.equal((await reader.read()).done, true);
  });
});

Deno.test("what is kept of a body is its bytes, and not the buffers that they came in", async () => {
  const tiny = (count: number) =>
    ReadableStream.from((function* () {
      for (let piece = 0; piece < count; piece++) yield new Uint8Array(64 * 1024).subarray(0, 1);
    })());
  const read = (count: number, most: number) =>
    readBody(new Request("http://x/", { method: "POST", body: tiny(count) }), most);
  const whole = await read(300, 300);
  assert.ok(whole instanceof Uint8Array);
  assert.deepEqual([whole.byteLength, whole.buffer.byteLength <= 16 * 1024], [300, true]);
  const stream = await read(301, 300);
  assert.ok(stream instanceof ReadableStream);
  const reader = stream.getReader();
  const { value } = await reader.read();
  assert.deepEqual([value!.byteLength, value!.buffer.byteLength <= 16 * 1024], [301, true]);
  assert.equal((await reader.read()).done, true);
  assert.equal(await read(0, 300), null);
});

for (const door of ["relay", "ticket", "consent"] as const) {
  Deno.test(`a caller who leaves while it sends is no fault, and nothing to warn of: ${door}`, () =>
    withUpstream(() => new Response(), async ({ service, api, tenant }) => {
      const [path, type] = {
        relay: [`${api}/v1/x`, "application/json"],
        ticket: [`/v1/tenants/${tenant}/ticket`, "application/json"],
        consent: ["/consent/callback", "application/x-www-form-urlencoded"],
      }[door];
      const port = Number(service.url.port);
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      const lines = [
        `POST ${path} HTTP/1.1`,
        `host: ${service.url.host}`,
        `authorization: Bearer ${API_KEY}`,
        `content-type: ${type}`,
        "content-length: 100",
        "x-request-id: left",
      ];
      const request = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\nbegun`);
      await connection.write(request);
      const left = () => service.log.lines.filter(({ fields }) => fields.request_id === "left");
      await (await service.call(`${api}/v1/x`)).body?.cancel();
      connection.close();
      await eventually("a line of the log", () => left().length > 0 ? true : null);
      assert.deepEqual(left().map(({ level, event }) => [level, event]), [[
        "info",
        "http.refused",
      ]]);
    }));
}

Deno.test("a caller who leaves ends the call at SuperOffice", () => {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const handle = () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new Uint8Array(1));
        begun.resolve();
      },
      cancel: () => ended.resolve(),
    });
    return new Response(body);
  };
  return withUpstream(handle, async ({ service, api }) => {
    const answer = await service.call(`${api}/v1/x`);
    await begun.promise;
    await answer.body!.cancel();
    await ended.promise;
  });
});

Deno.test("a web API that is silent is unavailable, and the call ends there, too", () => {
  const ended = Promise.withResolvers<void>();
  const handle = (request: Request) =>
    new Promise<Response>((resolve) =>
      request.signal.addEventListener("abort", () => {
        ended.resolve();
        resolve(new Response());
      })
    );
  return withUpstream(handle, async ({ service, api }) => {
    const answer = await service.call(`${api}/v1/x`);
    assert.deepEqual([answer.status, (await answer.json()).code], [503, "upstream_unavailable"]);
    assert.ok(Number(answer.headers.get("retry-after")) >= 1);
    await ended.promise;
  }, { deadlines: { relayMs: 200 } });
});

Deno.test("a tenant whose ticket cannot be renewed is what the caller hears of its 401", () => {
  const handle = () => new Response(null, { status: 401 });
  return withUpstream(handle, async ({ service, api }) => {
    const answer = await service.call(`${api}/v1/x`);
    assert.equal((await answer.json()).code, "consent_withdrawn");
    assert.equal(answer.status, 409);
  });
});
