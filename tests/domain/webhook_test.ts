/** What is signed, what an answer means for a notice, and when it is tried again. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { ContextId } from "../../src/domain/context_id.ts";
import { noticeBody, noticeLabel } from "../../src/domain/notice.ts";
import {
  fateOf,
  RETRY_PAUSES_MS,
  retryPause,
  signedContent,
  testNoticeBody,
  type WebhookAnswer,
  webhookKey,
  webhookSecretText,
} from "../../src/domain/webhook.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TENANT = ContextId.parse("Cust12345")!;
const AT = Date.UTC(2026, 10, 28, 12);

const answered = (status: number, retryAfterMs: number | null = null): WebhookAnswer => ({
  kind: "answered",
  status,
  retryAfterMs,
});

Deno.test("what is signed is id, whole seconds and body, as published", () => {
  assert.equal(
    signedContent("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330_999, '{"test": 2432232314}'),
    'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}',
  );
});

Deno.test("a secret is whsec_ and base64 of 24 to 64 bytes, and nothing else", () => {
  const bytes = (count: number) => new Uint8Array(count).fill(7);
  for (const count of [24, 32, 64]) {
    assert.deepEqual(webhookKey(webhookSecretText(bytes(count))), bytes(count));
  }
  assert.equal(webhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?.length, 24);
  const good = webhookSecretText(bytes(32));
  const bad = [
    "",
    "whsec_",
    webhookSecretText(bytes(23)),
    webhookSecretText(bytes(65)),
    good.slice("whsec_".length),
    good.toUpperCase(),
    `whsk_${good.slice("whsec_".length)}`,
    `${good}!`,
    good.replaceAll("Bw", "-_"),
  ];
  for (const secret of bad) assert.equal(webhookKey(secret), null, secret);
});

Deno.test("every answer of success delivers, and no other does", () => {
  for (let status = 200; status < 300; status++) {
    assert.deepEqual(fateOf(answered(status), 9, 0.5), { kind: "delivered" });
  }
  for (const status of [100, 199, 300, 301, 302, 307, 308, 400, 401, 404, 410, 429, 500, 503]) {
    assert.notEqual(fateOf(answered(status), 0, 0.5).kind, "delivered", `${status}`);
  }
});

Deno.test("who is gone is not asked again", () => {
  assert.deepEqual(fateOf(answered(410), 0, 0.5), { kind: "bury", error: "gone" });
});

Deno.test("ten attempts over three days are made, with the specification's pauses", () => {
  assert.deepEqual(RETRY_PAUSES_MS.map((ms) => ms / 1000), [
    5,
    300,
    1800,
    7200,
    18_000,
    36_000,
    50_400,
    72_000,
    86_400,
  ]);
  const fates = Array.from({ length: 10 }, (_, failed) => fateOf(answered(500), failed, 0.5));
  assert.deepEqual(fates, [
    ...RETRY_PAUSES_MS.map((pauseMs) => ({
      kind: "retry",
      error: "status_500",
      pauseMs,
      restMs: 0,
    })),
    { kind: "bury", error: "status_500" },
  ]);
  const total = RETRY_PAUSES_MS.reduce((sum, ms) => sum + ms, 0);
  assert.ok(total > 3 * DAY && total < 3.5 * DAY);
});

Deno.test("what failed together does not come back together, and never far from its time", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, lot) => {
        const pause = RETRY_PAUSES_MS[failures - 1]!;
        const found = retryPause(failures, lot)!;
        assert.ok(found >= 0.9 * pause && found <= 1.1 * pause, `${failures} ${lot}: ${found}`);
      },
    ),
  );
  assert.notEqual(retryPause(1, 0), retryPause(1, 0.9));
  assert.equal(retryPause(10, 0), null);
});

Deno.test("no answer is tried again under its own name", () => {
  for (const reason of ["timeout", "network"] as const) {
    const fate = fateOf({ kind: "failed", reason }, 0, 0.5);
    assert.deepEqual(fate, { kind: "retry", error: reason, pauseMs: 5000, restMs: 0 });
    assert.deepEqual(fateOf({ kind: "failed", reason }, 9, 0.5), { kind: "bury", error: reason });
  }
});

Deno.test("a receiver that is busy is left alone for as long as it asks, at most a day", () => {
  const retry = (status: number, retryAfterMs: number | null, failed = 0) => {
    const fate = fateOf(answered(status, retryAfterMs), failed, 0.5);
    assert.equal(fate.kind, "retry");
    return fate.kind === "retry" ? [fate.pauseMs, fate.restMs] : [];
  };
  assert.deepEqual(retry(429, HOUR), [HOUR, HOUR]);
  assert.deepEqual(retry(503, HOUR), [HOUR, HOUR]);
  // Sooner than planned would use up the attempts.
  assert.deepEqual(retry(429, 1000, 3), [2 * HOUR, 1000]);
  assert.deepEqual(retry(429, 1000 * DAY), [DAY, DAY]);
  assert.deepEqual(retry(429, -1), [5000, 0]);
  assert.deepEqual(retry(429, null), [5000, 0]);
  assert.deepEqual(retry(500, HOUR), [5000, 0]);
});

Deno.test("type and tenant can be read back from a notice, and nothing from anything else", () => {
  const body = noticeBody("tenant.removed", AT, TENANT, { reason: "requested" });
  assert.deepEqual(JSON.parse(body), {
    type: "tenant.removed",
    timestamp: "2026-11-28T12:00:00.000Z",
    data: { context_identifier: "Cust12345", reason: "requested" },
  });
  assert.deepEqual(noticeLabel(body), { type: "tenant.removed", contextIdentifier: "Cust12345" });
  assert.deepEqual(noticeLabel(testNoticeBody(AT)), {
    type: "webhook.test",
    contextIdentifier: null,
  });
  const nothing = { type: null, contextIdentifier: null };
  for (const text of ["", "{", "null", "[]", "7", '{"type":7,"data":null}', '{"data":7}']) {
    assert.deepEqual(noticeLabel(text), nothing, text);
  }
});
