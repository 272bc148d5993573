/** The webhook's sender against real receivers: good ones, slow ones, and those that say something else. */

import assert from "node:assert/strict";
import { createWebhookSender } from "../../../src/adapters/webhooks/sender.ts";
import { Secret } from "../../../src/domain/secret.ts";
import type { WebhookAnswer } from "../../../src/domain/webhook.ts";
import {
  expectedSignature,
  startLosingWay,
  startReceiver,
} from "../../support/webhook_receiver.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLDER = `whsec_${btoa("an older secret of the webhook's")}`;
const NOTICE = { id: "msg_1", body: '{"type":"tenant.removed","data":{"name":"Brød"}}' };
const NOW = Date.UTC(2026, 10, 28, 12) + 999;

const send = (url: URL, secrets = [SECRET], timeoutMs = 15_000): Promise<WebhookAnswer> =>
  createWebhookSender({ url, secrets: secrets.map((it) => new Secret(it)), timeoutMs })
    .send(NOTICE, NOW);

async function withReceiver(
  deed: (receiver: ReturnType<typeof startReceiver>) => Promise<void>,
): Promise<void> {
  const receiver = startReceiver();
  try {
    await deed(receiver);
  } finally {
    await receiver.close();
  }
}

Deno.test("the published example gets the published signature", async () => {
  let signature: string | null = null;
  const sender = createWebhookSender({
    url: new URL("https://hooks.example.com/"),
    secrets: [new Secret(SECRET)],
    fetch: (_url, init) => {
      signature = new Headers(init?.headers).get("webhook-signature");
      return Promise.resolve(new Response(null, { status: 204 }));
    },
  });
  const id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  await sender.send({ id, body: '{"test": 2432232314}' }, 1614265330_000);
  assert.equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

Deno.test("a notice arrives as it is, with its id, the attempt's time and a signature", async () => {
  await withReceiver(async (receiver) => {
    assert.deepEqual(await send(receiver.url), {
      kind: "answered",
      status: 204,
      retryAfterMs: null,
    });
    const [notice] = receiver.received;
    const { headers } = notice!;
    assert.equal(notice!.body, NOTICE.body);
    assert.equal(headers.get("content-type"), "application/json");
    assert.equal(headers.get("user-agent"), "box-office");
    assert.equal(headers.get("webhook-id"), "msg_1");
    assert.equal(headers.get("webhook-timestamp"), String(Date.UTC(2026, 10, 28, 12) / 1000));
    assert.equal(headers.get("webhook-signature"), expectedSignature(SECRET, notice!));
  });
});

Deno.test("while a secret is changed both sign", async () => {
  await withReceiver(async (receiver) => {
    await send(receiver.url, [SECRET, OLDER]);
    const [notice] = receiver.received;
    assert.equal(
      notice!.headers.get("webhook-signature"),
      `${expectedSignature(SECRET, notice!)} ${expectedSignature(OLDER, notice!)}`,
    );
  });
});

Deno.test("a redirect is an answer, and nothing is sent to where it leads", async () => {
  await withReceiver(async (elsewhere) => {
    await withReceiver(async (receiver) => {
      for (const status of [301, 302, 303, 307, 308]) {
        receiver.answer(() =>
          new Response(null, { status, headers: { location: elsewhere.url.href } })
        );
        assert.deepEqual(await send(receiver.url), {
          kind: "answered",
          status,
          retryAfterMs: null,
        });
      }
      assert.deepEqual(elsewhere.received, []);
    });
  });
});

Deno.test("a busy receiver's pause is read in seconds and as a date", async () => {
  const cases = [
    ["120", 120_000],
    ["0", 0],
    ["Sat, 28 Nov 2026 12:02:00 GMT", 119_001],
    ["Sat, 28 Nov 2026 11:00:00 GMT", 0],
    ["soon", null],
    ["-5", null],
  ] as const;
  await withReceiver(async (receiver) => {
    for (const [text, retryAfterMs] of cases) {
      receiver.answer(() =>
        new Response("busy", { status: 429, headers: { "retry-after": text } })
      );
      assert.deepEqual(await send(receiver.url), { kind: "answered", status: 429, retryAfterMs });
    }
  });
});

Deno.test("a receiver that never answers is waited for no longer than its time", async () => {
  await withReceiver(async (receiver) => {
    receiver.answer(() => null);
    assert.deepEqual(await send(receiver.url, [SECRET], 50), { kind: "failed", reason: "timeout" });
    assert.equal(receiver.received.length, 1);
  });
});

Deno.test("an answer that is lost on its way is a network that failed, though it came", async () => {
  await withReceiver(async (receiver) => {
    const way = startLosingWay(receiver.url);
    try {
      assert.deepEqual(await send(way.url), { kind: "failed", reason: "network" });
      assert.equal(receiver.received.length, 1);
    } finally {
      way.close();
    }
  });
});

Deno.test("nobody listening is a network that failed", async () => {
  const receiver = startReceiver();
  await receiver.close();
  assert.deepEqual(await send(receiver.url), { kind: "failed", reason: "network" });
});

Deno.test("of an answer the status counts, also where its body has no end", async () => {
  const endless = () =>
    new ReadableStream<Uint8Array>({ pull: (to) => to.enqueue(new Uint8Array(65_536)) });
  const silent = () =>
    new ReadableStream<Uint8Array>({ start: (to) => to.enqueue(new TextEncoder().encode("a")) });
  await withReceiver(async (receiver) => {
    for (const body of [endless, silent]) {
      receiver.answer(() => new Response(body(), { status: 202 }));
      const answer = await send(receiver.url);
      assert.deepEqual(answer, { kind: "answered", status: 202, retryAfterMs: null });
    }
  });
});

Deno.test("a secret that is not of its form is refused before anything is sent", () => {
  const url = new URL("https://hooks.example.com/");
  assert.throws(
    () => createWebhookSender({ url, secrets: [new Secret("plain")] }),
    /^TypeError: Cannot sign notices: the secret is not of its form$/,
  );
});
