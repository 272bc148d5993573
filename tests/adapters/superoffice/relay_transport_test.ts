/** The relay's deadline: for an answer to begin, and no longer. */

import assert from "node:assert/strict";
import { createRelayTransport } from "../../../src/adapters/superoffice/relay_transport.ts";
import { Secret } from "../../../src/domain/secret.ts";

const TIMEOUT_MS = 20;

Deno.test("an answer that began before its upload ended has no deadline left", async () => {
  const sent: RequestInit[] = [];
  const transport = createRelayTransport({
    clientSecret: new Secret("secret"),
    timeoutMs: TIMEOUT_MS,
    fetch: (_, init) => {
      sent.push(init!);
      return Promise.resolve(new Response("begun"));
    },
  });
  const upload = new TransformStream<Uint8Array, Uint8Array>();
  const answer = await transport.send(new URL("https://x.example/"), new Secret("7T:ticket"), {
    method: "POST",
    headers: new Headers(),
    body: upload.readable,
    signal: new AbortController().signal,
  });
  const [{ body, signal } = {}] = sent;
  const writer = upload.writable.getWriter();
  const reading = new Response(body as ReadableStream).bytes();
  await writer.write(new Uint8Array(3));
  await writer.close();
  assert.equal((await reading).byteLength, 3);
  // Longer than the deadline: that it would be over now is what this is about.
  await new Promise((resolve) => setTimeout(resolve, 3 * TIMEOUT_MS));
  assert.equal(signal!.aborted, false);
  await answer.cancel();
});
