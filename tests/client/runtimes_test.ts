/** The client, unchanged, on Deno, Node and Cloudflare's workerd, against a whole service. */

import { requires } from "../support/requirement.ts";
import { API_KEY, startService, TENANT, type TestService } from "../support/service.ts";
import assert from "node:assert/strict";
import { runOn, RUNTIMES } from "./runtimes.ts";
import { scenario } from "./scenario.js";

type Setting = Parameters<typeof scenario>[1];
const PROGRAM = { url: new URL("scenario.js", import.meta.url), scenario };

/** A service whose tenant has consented, and an address that deletes the tenant's tickets. */
async function withSetting(
  via: Setting["via"],
  work: (setting: Setting, service: TestService) => Promise<void>,
): Promise<void> {
  const service = await startService();
  const { control, clientSecret } = service.simulator;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    control.deleteTickets(TENANT);
    return new Response();
  });
  try {
    await service.consent();
    const deleteTickets = `http://127.0.0.1:${server.addr.port}/`;
    const url = service.url.href;
    const setting = { url, credential: API_KEY, clientSecret, tenant: TENANT, deleteTickets, via };
    await work(setting, service);
  } finally {
    await server.shutdown();
    await service.close();
  }
}

for (const runtime of RUNTIMES) {
  for (const via of ["direct", "relay"] as const) {
    Deno.test({
      name:
        `on ${runtime}, ${via}: a company, and a deleted ticket is one renewal that nobody sees`,
      ...(runtime === "Node" ? requires("node") : {}),
      // Miniflare leaves its own ends to its own time.
      sanitizeOps: runtime !== "workerd",
      sanitizeResources: runtime !== "workerd",
      fn: () =>
        withSetting(via, async (setting, { simulator }) => {
          const result = await runOn(runtime, PROGRAM, setting);
          assert.deepEqual(result.names, ["Before", "After"]);
          assert.equal(result.status, 200);
          assert.deepEqual(result.generations, [1, 2]);
          assert.ok(!result.printed.includes("7T:"));
          assert.equal(simulator.control.contacts(TENANT).length, 2);
          assert.equal(simulator.control.exchangeCount(), 2);
        }),
    });
  }
}
