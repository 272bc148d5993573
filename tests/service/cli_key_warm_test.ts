/** `key rotate warm` as a process that is killed and begun again, beside a service that runs. */

import assert from "node:assert/strict";
import type { ContextId } from "../../src/domain/context_id.ts";
import { openStores } from "../../src/parts_stores.ts";
import { assertVerified, runCommand, withTenant } from "../support/commands.ts";
import { eventually, startTask } from "../support/processes.ts";
import { environmentOf, TENANT } from "../support/service.ts";
import { addTenant, putTicket } from "../support/stored_tenants.ts";

const HOUR = 60 * 60_000;
const TENANTS = 8;
const OLD = { issued: -3 * HOUR, ends: 3 * HOUR };

Deno.test("killed on its way and begun again, warm costs each tenant one exchange", () =>
  withTenant(async (service) => {
    const { simulator } = service;
    const stores = await openStores(service.config);
    const tenants: ContextId[] = [];
    while (tenants.length < TENANTS) {
      const tenant = await addTenant({ superoffice: simulator, stores });
      await putTicket({ stores }, tenant, OLD);
      tenants.push(tenant);
    }
    const isRenewed = async (tenant: ContextId) =>
      (await stores.tickets.get(tenant, Date.now()))!.expiresAt - Date.now() > 5 * HOUR;

    // Two seconds lie between two exchanges: it is killed in the middle of none.
    const warm = startTask("cli", {
      env: { ...environmentOf(service), EXCHANGE_TIMEOUT_MS: "20000" },
      args: ["key", "rotate", "warm", "--per-minute", "30"],
    });
    try {
      await eventually("three are renewed", async () => await isRenewed(tenants[2]!) || null);
      warm.kill("SIGKILL");
      assert.equal((await warm.exit()).signal, "SIGKILL");
    } finally {
      await warm.end();
    }
    const [, , second, third, ...others] = simulator.control.exchanges();
    assert.deepEqual(others, []);
    // Of the two seconds the second one's own way may take some.
    assert.ok(third!.at - second!.at > 500, `${third!.at - second!.at} ms`);

    const args = ["key", "rotate", "warm", "--per-minute", "60000", "--json"];
    const { code, stdout, stderr } = await runCommand(service, args);
    assert.equal(code, 0, stderr);
    const { renewed, young, idle, failed } = JSON.parse(stdout);
    assert.deepEqual([renewed, young, idle, failed], [TENANTS - 3, 3, 1, []]);
    assert.deepEqual(await Promise.all(tenants.map(isRenewed)), tenants.map(() => true));
    const asked = simulator.control.exchanges().map((it) => it.contextIdentifier);
    // Nothing is known to work without a standby: each run asks first, in the name of one that is idle.
    const expected = [TENANT, ...tenants.slice(0, 3), TENANT, ...tenants.slice(3)];
    assert.deepEqual(asked, expected, "each once, in the order of consent");
    stores.close();
    await assertVerified(service);
  }));
