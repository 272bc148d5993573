/** The sandbox beside the service: at which ports the simulated SuperOffice listens. */

import assert from "node:assert/strict";
import { parseConfig } from "../../src/config.ts";
import { startSandbox } from "../../src/sandbox.ts";

Deno.test("a sandbox whose tenant port is somebody else's starts, with its tenants elsewhere", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "box-office-sandbox-" });
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const PORT = String(taken.addr.port - 2);
    const parsed = parseConfig({ DATA_DIR: dataDir, PORT }, () => null);
    assert.ok(parsed.ok);
    const { simulator, close } = await startSandbox(parsed.config);
    try {
      for (const url of simulator.tenantUrls) {
        assert.notEqual(Number(new URL(url).port), taken.addr.port);
      }
      const api = `${simulator.tenantUrls[0]}/Cust12345/api`;
      assert.equal((await (await fetch(api)).json()).v1, `${api}/v1/`);
    } finally {
      await close();
    }
  } finally {
    taken.close();
    await Deno.remove(dataDir, { recursive: true });
  }
});
