/** A whole service that tells a webhook of its tenants. */

import assert from "node:assert/strict";
import { openStores } from "../../src/parts_stores.ts";
import { createTestClock, type LogLine, startService, TENANT } from "../support/service.ts";
import {
  expectedSignature,
  type ReceivedNotice,
  startReceiver,
} from "../support/webhook_receiver.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLDER = `whsec_${btoa("an older secret of the webhook's")}`;

const messageOf = ({ body }: ReceivedNotice) => JSON.parse(body);

/** Both places of a service that a test looks at: what arrives, and what the log says of it. */
async function withService(
  deed: (parts: {
    readonly service: Awaited<ReturnType<typeof startService>>;
    readonly receiver: ReturnType<typeof startReceiver>;
  }) => Promise<void>,
): Promise<void> {
  const receiver = startReceiver();
  const env = { WEBHOOK_URL: receiver.url.href, WEBHOOK_SECRET: `${SECRET},${OLDER}` };
  const service = await startService({ env });
  try {
    await deed({ service, receiver });
  } finally {
    await receiver.close();
    await service.close();
  }
}

Deno.test("a consent and a removal arrive, signed by both secrets, each once", async () => {
  await withService(async ({ service, receiver }) => {
    const before = Date.now();
    await service.consent();
    await receiver.count(1);
    const removed = await service.call(`/v1/tenants/${TENANT}`, { method: "DELETE" });
    assert.equal(removed.status, 204);
    await receiver.count(2);

    const [consented, gone] = receiver.received.map(messageOf);
    const { consented_at, ...data } = consented.data;
    assert.equal(consented.type, "tenant.consented");
    assert.deepEqual(data, {
      context_identifier: TENANT,
      renewed: false,
    });
    for (const instant of [consented_at, consented.timestamp]) {
      assert.ok(Date.parse(instant) >= before - 1 && Date.parse(instant) <= Date.now());
    }
    assert.equal(gone.type, "tenant.removed");
    assert.deepEqual(gone.data, { context_identifier: TENANT, removed_by: "everything" });

    for (const notice of receiver.received) {
      assert.match(notice.id, /^msg_[\w-]{43}$/);
      assert.equal(
        notice.headers.get("webhook-signature"),
        `${expectedSignature(SECRET, notice)} ${expectedSignature(OLDER, notice)}`,
      );
    }
    assert.notEqual(receiver.received[0]!.id, receiver.received[1]!.id);
  });
});

Deno.test("a second consent says that it is one", async () => {
  await withService(async ({ service, receiver }) => {
    await service.consent();
    await service.consent();
    await receiver.count(2);
    const renewed = receiver.received.map((it) => messageOf(it).data.renewed);
    assert.deepEqual(renewed.toSorted(), [false, true]);
  });
});

Deno.test("a receiver that is down keeps nobody waiting, and its address is in no line", async () => {
  const receiver = startReceiver("/hooks/marked-path?token=marked-token");
  await receiver.close();
  const env = { WEBHOOK_URL: receiver.url.href, WEBHOOK_SECRET: SECRET };
  const service = await startService({ env });
  let lines: readonly LogLine[] = [];
  try {
    const page = await service.consent();
    assert.equal(page.status, 200);
    const ticket = await service.call(`/v1/tenants/${TENANT}/ticket`);
    assert.equal(ticket.status, 200);
    await ticket.body?.cancel();
  } finally {
    await service.close();
    lines = service.log.lines;
  }
  const failed = lines.filter(({ event }) => event === "webhook.failed");
  assert.ok(failed.length >= 1, "nothing was tried");
  for (const { level, fields } of failed) {
    assert.equal(level, "warn");
    assert.equal(fields.error, "network");
    assert.equal(fields.context_identifier, TENANT);
  }
  const text = JSON.stringify(lines);
  for (const marked of ["marked", receiver.url.port, "whsec", SECRET.slice(6), "admin@"]) {
    assert.ok(!text.includes(marked), marked);
  }
});

Deno.test("what failed is sent again along with what comes later, as the same message", async () => {
  const receiver = startReceiver();
  receiver.answer(() => new Response(null, { status: 500 }));
  const clock = createTestClock();
  const env = { WEBHOOK_URL: receiver.url.href, WEBHOOK_SECRET: SECRET };
  const service = await startService({ env, clock });
  try {
    await service.consent();
    const failed = () => service.log.lines.some(({ event }) => event === "webhook.failed");
    while (!failed()) await new Promise((turn) => setTimeout(turn, 1));
    receiver.answer(() => new Response(null, { status: 204 }));
    clock.advance(6000);
    await service.consent();
    await receiver.count(3);
    const [first, ...later] = receiver.received;
    const again = later.filter(({ id }) => id === first!.id);
    assert.deepEqual(again.map(({ body }) => body), [first!.body]);
    const seconds = (notice?: ReceivedNotice) => Number(notice?.headers.get("webhook-timestamp"));
    assert.equal(seconds(again[0]) - seconds(first), 6);
  } finally {
    await receiver.close();
    await service.close();
  }
});

Deno.test("without a webhook nothing is stored to be sent", async () => {
  const service = await startService();
  try {
    await service.consent();
    const stores = await openStores(service.config);
    assert.deepEqual(await stores.notices.count(), { waiting: 0, buried: 0 });
    stores.close();
    assert.ok(!service.log.lines.some(({ event }) => event.startsWith("webhook.")));
  } finally {
    await service.close();
  }
});
