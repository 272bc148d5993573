/** Store, delivery and sender together, against a receiver over HTTP that does what receivers do. */

import assert from "node:assert/strict";
import { createWebhookSender } from "../../../src/adapters/webhooks/sender.ts";
import { Secret } from "../../../src/domain/secret.ts";
import { createNoticeWorld, type NoticeWorld } from "../../support/notice_world.ts";
import {
  expectedSignature,
  startLosingWay,
  startReceiver,
  type WebhookReceiver,
} from "../../support/webhook_receiver.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const HOUR = 3_600_000;

const senderTo = (url: URL, timeoutMs = 5000) =>
  createWebhookSender({ url, secrets: [new Secret(SECRET)], timeoutMs });

function test(
  name: string,
  body: (world: NoticeWorld, receiver: WebhookReceiver) => Promise<void>,
): void {
  Deno.test(name, async () => {
    const world = createNoticeWorld();
    const receiver = startReceiver();
    try {
      await body(world, receiver);
    } finally {
      await receiver.close();
      world.close();
    }
  });
}

/** Resolves when so many attempts have ended, and the store knows it. */
async function ended({ log, clock }: NoticeWorld, count: number): Promise<void> {
  while (log.lines.length < count) await clock.pass(0);
  await clock.pass(0);
}

test(
  "whatever a receiver does, it gets the same message until it takes it",
  async (world, receiver) => {
    const id = await world.announce();
    const replies = [
      null,
      new Response(null, { status: 302, headers: { location: receiver.url.href } }),
      new Response("not now", { status: 500 }),
      new Response("who are you?", { status: 404 }),
      new Response("taken", { status: 202 }),
    ];
    receiver.answer(() => replies.shift() ?? null);
    const delivery = world.deliverer(senderTo(receiver.url, 200));
    delivery.start();
    for (let attempt = 1; attempt <= 5; attempt++) {
      await ended(world, attempt);
      world.clock.jump(6 * HOUR);
      delivery.nudge();
    }
    assert.deepEqual(
      world.log.lines.map(({ event, fields }) => [event, fields.error]),
      [
        ["webhook.failed", "timeout"],
        ["webhook.failed", "status_302"],
        ["webhook.failed", "status_500"],
        ["webhook.failed", "status_404"],
        ["webhook.delivered", undefined],
      ],
    );
    assert.equal(receiver.received.length, 5);
    for (const notice of receiver.received) {
      assert.equal(notice.id, id);
      assert.equal(notice.body, receiver.received[0]!.body);
      assert.equal(notice.headers.get("webhook-signature"), expectedSignature(SECRET, notice));
    }
    const times = receiver.received.map(({ headers }) => headers.get("webhook-timestamp"));
    assert.equal(new Set(times).size, 5, "each attempt is signed with its own time");
    assert.deepEqual(await world.notices.count(), { waiting: 0, buried: 0 });
    await delivery.stop();
  },
);

test("a message whose answer was lost comes twice, with one id", async (world, receiver) => {
  const id = await world.announce();
  const way = startLosingWay(receiver.url);
  const unlucky = world.deliverer(senderTo(way.url));
  unlucky.start();
  await ended(world, 1);
  await unlucky.stop();
  way.close();
  assert.deepEqual(world.log.lines.map(({ fields }) => fields.error), ["network"]);
  world.clock.jump(5000);
  const delivery = world.deliverer(senderTo(receiver.url));
  delivery.start();
  await ended(world, 2);
  assert.deepEqual(receiver.received.map((notice) => notice.id), [id, id]);
  assert.deepEqual(await world.notices.count(), { waiting: 0, buried: 0 });
  await delivery.stop();
});

test("a receiver that is gone is told nothing more of it", async (world, receiver) => {
  const id = await world.announce();
  receiver.answer(() => new Response(null, { status: 410 }));
  const delivery = world.deliverer(senderTo(receiver.url));
  delivery.start();
  await ended(world, 1);
  const [buried] = await world.notices.buried(1);
  assert.deepEqual([buried?.id, buried?.error, buried?.attempts], [id, "gone", 1]);
  await delivery.stop();
});

test(
  "two instances send a hundred notices to a real receiver once each",
  async (world, receiver) => {
    const ids = [];
    for (let count = 0; count < 100; count++) ids.push(await world.announce());
    const instances = [1, 2].map(() => world.deliverer(senderTo(receiver.url)));
    for (const delivery of instances) delivery.start();
    await ended(world, 100);
    assert.deepEqual(receiver.received.map(({ id }) => id).toSorted(), ids.toSorted());
    assert.deepEqual(await world.notices.count(), { waiting: 0, buried: 0 });
    await Promise.all(instances.map((delivery) => delivery.stop()));
  },
);
