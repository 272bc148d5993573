/** The relay's deadline: for SuperOffice to take each piece and to begin its answer, and no longer. */

import assert from "node:assert/strict";
import { createRelayTransport } from "../../../src/adapters/superoffice/relay_transport.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { type FakeTime, settle, withFakeTime } from "../../client/fake_time.ts";

const TIMEOUT_MS = 1000;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** An upload through the relay to a web API that the test plays. */
interface Upload {
  readonly time: FakeTime;
  readonly caller: WritableStreamDefaultWriter<Uint8Array>;
  /** What arrives at the web API. */
  readonly arriving: Reader;
  /** The web API's answer begins. */
  answer(): void;
  /** "answered", or the fault's reason; null as long as there is neither. */
  outcome(): string | null;
  readonly signal: AbortSignal;
}

function withUpload(work: (upload: Upload) => Promise<void>): Promise<void> {
  return withFakeTime(async (time) => {
    const answering = Promise.withResolvers<Response>();
    const sent: RequestInit[] = [];
    const transport = createRelayTransport({
      clientSecret: new Secret("secret"),
      timeoutMs: TIMEOUT_MS,
      fetch: (_, init) => {
        sent.push(init!);
        init!.signal!.addEventListener("abort", () => answering.reject(init!.signal!.reason));
        return answering.promise;
      },
    });
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    let outcome: string | null = null;
    const sending = transport.send(new URL("https://x.example/"), new Secret("7T:ticket"), {
      method: "POST",
      headers: new Headers(),
      body: readable,
      signal: new AbortController().signal,
    }).then(() => outcome = "answered", (error) => outcome = error.reason);
    const [{ body, signal } = {}] = sent;
    await work({
      time,
      caller: writable.getWriter(),
      arriving: (body as ReadableStream<Uint8Array>).getReader(),
      answer: () => answering.resolve(new Response("begun")),
      outcome: () => outcome,
      signal: signal!,
    });
    await sending;
  });
}

const PIECE = new Uint8Array(3);

Deno.test("an answer that began before its upload ended has no deadline left", () =>
  withUpload(async ({ time, caller, arriving, answer, outcome, signal }) => {
    answer();
    await settle();
    assert.equal(outcome(), "answered");
    void caller.write(PIECE);
    await arriving.read();
    void caller.close();
    assert.equal((await arriving.read()).done, true);
    await time.advance(3 * TIMEOUT_MS);
    assert.equal(signal.aborted, false);
  }));

Deno.test("a caller may take its time between the pieces that it sends", () =>
  withUpload(async ({ time, caller, arriving, answer, outcome }) => {
    for (let piece = 0; piece < 3; piece++) {
      await time.advance(10 * TIMEOUT_MS);
      void caller.write(PIECE);
      await arriving.read();
    }
    await time.advance(10 * TIMEOUT_MS);
    void caller.close();
    await time.advance(TIMEOUT_MS - 1);
    assert.equal(outcome(), null);
    answer();
    await settle();
    assert.equal(outcome(), "answered");
  }));

Deno.test("each piece that is taken gives the web API all of its time again", () =>
  withUpload(async ({ time, caller, arriving, answer, outcome }) => {
    void (async () => {
      for (let piece = 0; piece < 5; piece++) await caller.write(PIECE);
      await caller.close();
    })();
    for (let piece = 0; piece < 6; piece++) {
      await time.advance(TIMEOUT_MS - 1);
      await arriving.read();
    }
    assert.equal(outcome(), null);
    answer();
    await settle();
    assert.equal(outcome(), "answered");
  }));

Deno.test("a web API that takes a piece and then is silent is given up", () =>
  withUpload(async ({ time, caller, arriving, outcome, signal }) => {
    for (let piece = 0; piece < 5; piece++) void caller.write(PIECE).catch(() => {});
    await arriving.read();
    await time.advance(TIMEOUT_MS - 1);
    assert.equal(outcome(), null);
    await time.advance(1);
    assert.deepEqual([outcome(), signal.aborted], ["timeout", true]);
  }));

Deno.test("a web API that has everything and does not answer is given up", () =>
  withUpload(async ({ time, caller, arriving, outcome }) => {
    void caller.write(PIECE);
    await arriving.read();
    void caller.close();
    assert.equal((await arriving.read()).done, true);
    await time.advance(TIMEOUT_MS - 1);
    assert.equal(outcome(), null);
    await time.advance(1);
    assert.equal(outcome(), "timeout");
  }));

Deno.test("a refused answer that broke off can be let go of all the same", async () => {
  const body = new ReadableStream({ start: (stream) => stream.error(new TypeError("broken")) });
  const transport = createRelayTransport({
    clientSecret: new Secret("secret"),
    timeoutMs: TIMEOUT_MS,
    fetch: () => Promise.resolve(new Response(body, { status: 401 })),
  });
  const answer = await transport.send(new URL("https://x.example/"), new Secret("7T:ticket"), {
    method: "GET",
    headers: new Headers(),
    body: null,
    signal: new AbortController().signal,
  });
  await answer.cancel();
});
