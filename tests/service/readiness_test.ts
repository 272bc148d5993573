import assert from "node:assert/strict";
import { createTestClock, startService } from "../support/service.ts";

Deno.test("readiness tells which part is down, within seconds, and says no more than that", async () => {
  const clock = createTestClock();
  const service = await startService({ clock });
  try {
    const ready = await service.call("/readyz");
    assert.equal(ready.status, 200);
    assert.deepEqual(await ready.json(), {
      status: "ready",
      parts: { store: "up", superoffice: "up" },
    });
    await service.simulator.close();
    clock.advance(5000);
    const down = await service.call("/readyz");
    assert.equal(down.status, 503);
    assert.ok(Number(down.headers.get("retry-after")) > 0);
    assert.deepEqual(await down.json(), {
      status: "not_ready",
      parts: { store: "up", superoffice: "down" },
    });
    assert.equal((await (await service.call("/healthz")).json()).status, "alive");
  } finally {
    await service.close();
  }
});
