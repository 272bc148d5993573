/** Rejected tickets over HTTP, by two instances on one store. */

import assert from "node:assert/strict";
import { REJECTIONS } from "../../src/domain/renewal.ts";
import { API_KEY, createTestClock, startService, TENANT } from "../support/service.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;

Deno.test("who keeps rejecting tickets is told 429 and when to come again, by every instance", async () => {
  const clock = createTestClock();
  const service = await startService({ clock });
  const other = await service.another();
  const at = (url: URL, init: RequestInit = {}) =>
    fetch(new URL(TICKET, url), {
      ...init,
      headers: { "authorization": `Bearer ${API_KEY}`, "content-type": "application/json" },
    });
  const reject = (url: URL, generation: number) =>
    at(url, { method: "POST", body: JSON.stringify({ rejected_generation: generation }) });
  try {
    await service.consent();
    let { generation } = await (await at(service.url)).json();
    for (let count = 0; count < REJECTIONS.count; count++) {
      const answer = await reject(count % 2 === 0 ? other.url : service.url, generation);
      assert.equal(answer.status, 200);
      ({ generation } = await answer.json());
    }
    assert.equal(service.simulator.control.exchangeCount(), REJECTIONS.count + 1);
    for (const { url } of [service, other]) {
      const refused = await reject(url, generation);
      assert.equal(refused.status, 429);
      assert.equal(refused.headers.get("retry-after"), "60");
      assert.equal(refused.headers.get("content-type"), "application/problem+json");
      assert.equal((await refused.json()).code, "rate_limited");
      const asked = await at(url);
      assert.equal(asked.status, 200);
      assert.equal(asked.headers.get("x-ticket-source"), "memory");
      await asked.body?.cancel();
    }
    clock.advance(60_000);
    const answer = await reject(service.url, generation);
    assert.equal((await answer.json()).generation, generation + 1);
    assert.equal(service.simulator.control.exchangeCount(), REJECTIONS.count + 2);
  } finally {
    await other.close();
    await service.close();
  }
});

Deno.test("the OpenAPI document tells that every request of a caller may be limited", async () => {
  const service = await startService();
  try {
    const { paths } = await (await service.call("/openapi.json")).json();
    const limited = Object.entries<Record<string, { responses: object }>>(paths).flatMap(
      ([path, methods]) =>
        Object.values(methods).map((
          { responses },
        ) => [path.startsWith("/v1/") && path !== "/v1/state-changes", "429" in responses]),
    );
    assert.ok(limited.length > 10);
    for (const [isApi, mayBeLimited] of limited) assert.equal(mayBeLimited, isApi);
  } finally {
    await service.close();
  }
});
