import assert from "node:assert/strict";
import { createTestClock, startService, TENANT } from "../support/service.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;

for (
  const [name, env, waitSeconds] of [
    ["for its tenant and hour", { SIGNATURES_PER_TENANT_HOUR: "1" }, 3600],
    ["for the process and minute", { SIGNATURES_PER_MINUTE: "1" }, 60],
  ] as const
) {
  Deno.test(`one attempt at the key ${name} is one: the next is told when, and others keep their ticket`, async () => {
    const clock = createTestClock();
    const service = await startService({ clock, env, kms: true });
    try {
      await service.consent();
      const first = await (await service.call(TICKET)).json();
      const reject = () =>
        service.call(TICKET, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ rejected_generation: first.generation }),
        });
      const refused = await reject();
      assert.equal(refused.status, 503);
      assert.equal((await refused.json()).code, "signer_unavailable");
      assert.equal(refused.headers.get("retry-after"), String(waitSeconds));
      assert.deepEqual(await (await service.call(TICKET)).json(), first);
      assert.equal(service.kms!.signatures(), 1);
      const kinds = (await service.entries()).map(({ kind }) => kind);
      assert.deepEqual(kinds, ["consent", "sign_intent", "sign_outcome", "exchange"]);
      clock.advance(waitSeconds * 1000);
      const second = await reject();
      assert.equal(second.status, 200);
      assert.ok((await second.json()).generation > first.generation);
    } finally {
      await service.close();
    }
  });
}
