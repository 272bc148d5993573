/** The sandbox beside the service: where the simulated SuperOffice listens, and what it remembers. */

import assert from "node:assert/strict";
import { type Config, parseConfig } from "../../src/config.ts";
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

Deno.test("the sandbox saves its SuperOffice a moment later, and before it ends", () =>
  withConfig(async (config, dataDir) => {
    const file = `${dataDir}/simulator.json`;
    const { simulator, close } = await startSandbox(config);
    try {
      const { system_user_token } = simulator.control.approve("Cust12345");
      assert.throws(() => Deno.readTextFileSync(file), Deno.errors.NotFound);
      await close();
      assert.ok(Deno.readTextFileSync(file).includes(system_user_token));
    } finally {
      await close();
    }
  }));

Deno.test("a sandbox whose file is damaged says which and what to do, and quotes nothing of it", () =>
  withConfig(async (config, dataDir) => {
    await Deno.writeTextFile(`${dataDir}/simulator.json`, '{"version":2,"apps":[{"client_secret":');
    await assert.rejects(startSandbox(config), (error: Error) => {
      assert.equal(
        error.message,
        "Cannot read simulator.json in DATA_DIR: damaged; delete it to begin anew",
      );
      assert.equal(error.cause, undefined);
      return true;
    });
  }));

async function withConfig(play: (config: Config, dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "box-office-sandbox-" });
  try {
    const parsed = parseConfig({ DATA_DIR: dataDir, PORT: "0" }, () => null);
    assert.ok(parsed.ok);
    await play(parsed.config, dataDir);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}
