/** SuperOffice pushes what happened to a tenant, and callers meet what follows. */

import assert from "node:assert/strict";
import { assertProblem } from "../support/problems.ts";
import { send } from "../support/callback.ts";
import { createFullDisk } from "../support/full_disk.ts";
import {
  API_KEY,
  createTestClock,
  startService,
  TENANT,
  type TestService,
} from "../support/service.ts";
import { createWay } from "../support/way.ts";

const TICKET = `/v1/tenants/${TENANT}/ticket`;
const PATH = "/v1/state-changes";

/** Connected, with a ticket in memory, and registered for pushes. */
async function withService(test: (service: TestService) => Promise<void>): Promise<void> {
  const service = await startService();
  try {
    const { control } = service.simulator;
    control.registerStateChangeUrl(new URL(PATH, service.url).href);
    // SuperOffice waits no longer than it may have to.
    control.set({ stateChangeTimeoutMs: 1000 });
    await service.consent();
    assert.equal((await ticketOf(service)).status, 200);
    await test(service);
  } finally {
    await service.close();
  }
}

async function ticketOf(service: TestService) {
  const answer = await service.call(TICKET);
  return { status: answer.status, body: await answer.json() };
}

async function tenantOf(service: TestService) {
  const { state, health } = await (await service.call(`/v1/tenants/${TENANT}`)).json();
  return { state, health };
}

/** Does something to the tenant, and waits for the push. @returns what SuperOffice was answered */
async function pushed(service: TestService, deed: () => void): Promise<number | null> {
  const { control } = service.simulator;
  deed();
  await control.settled();
  const { status, error } = control.pushes().at(-1)!;
  assert.equal(error, null);
  return status;
}

const changes = async (service: TestService) =>
  (await service.entries()).filter(({ kind }) => kind === "tenant_state")
    .map(({ from, to, caller }) => [from, to, caller]);

const post = (service: TestService, push: unknown) =>
  send(new URL(PATH, service.url), {
    method: "POST",
    // What SuperOffice calls it is not published; the simulator says application/json.
    headers: { "content-type": "text/json" },
    body: JSON.stringify(push),
  });

Deno.test("a suspended tenant gets no ticket, and has one again when it is resumed", () =>
  withService(async (service) => {
    const { control } = service.simulator;
    assert.equal(await pushed(service, () => control.suspend(TENANT)), 200);
    assert.deepEqual(await tenantOf(service), { state: "Suspended", health: "suspended" });
    const exchanges = control.exchangeCount();
    const refused = await ticketOf(service);
    assert.equal(refused.body.code, "tenant_suspended");
    assert.equal(control.exchangeCount(), exchanges);
    assert.equal(await pushed(service, () => control.resume(TENANT)), 200);
    assert.deepEqual(await tenantOf(service), { state: "Running", health: "connected" });
    assert.equal((await ticketOf(service)).status, 200);
    assert.equal(control.exchangeCount(), exchanges + 1);
    assert.deepEqual(await changes(service), [
      ["Running", "Suspended", null],
      ["Suspended", "Running", null],
    ]);
  }));

Deno.test("a tenant that was restored from a backup exchanges once, however many ask", () =>
  withService(async (service) => {
    const { control } = service.simulator;
    const before = (await ticketOf(service)).body;
    const exchanges = control.exchangeCount();
    assert.equal(await pushed(service, () => control.restore(TENANT)), 200);
    assert.equal(control.exchangeCount(), exchanges);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ticketOf(service)));
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    const [ticket] = new Set(answers.map(({ body }) => body.ticket));
    assert.notEqual(ticket, before.ticket);
    assert.equal(control.exchangeCount(), exchanges + 1);
    assert.deepEqual(await changes(service), [["Running", "BackupRestored", null]]);
    assert.equal((await tenantOf(service)).health, "connected");
  }));

Deno.test("a deleted tenant gets no ticket, and stays known with its state", () =>
  withService(async (service) => {
    const { control } = service.simulator;
    assert.equal(await pushed(service, () => control.remove(TENANT)), 200);
    assert.deepEqual(await tenantOf(service), { state: "Deleted", health: "suspended" });
    assert.equal((await ticketOf(service)).body.code, "tenant_suspended");
  }));

Deno.test("a tenant that moved is found by the state endpoint, whatever the push says", () =>
  withService(async (service) => {
    const { control, tenantUrls, clientSecret } = service.simulator;
    control.registerStateChangeUrl(null);
    control.moveTenant(TENANT);
    const push = control.mintStateChange({ ctx: TENANT, type: "Move" });
    const told = { ...push, PublicEndpoint: "evil.test" };
    assert.equal((await post(service, told)).status, 200);
    const { body } = await ticketOf(service);
    assert.equal(new URL(body.webapi_url).origin, tenantUrls[1]);
    const answer = await fetch(new URL("v1/User/currentPrincipal", body.webapi_url), {
      headers: { authorization: `SOTicket ${body.ticket}`, "so-apptoken": clientSecret },
    });
    await answer.body?.cancel();
    assert.equal(answer.status, 200);
  }));

Deno.test("an instance that begins after a move hands the stored ticket out with the new address", () =>
  withService(async (service) => {
    const { control, tenantUrls } = service.simulator;
    assert.equal(await pushed(service, () => control.moveTenant(TENANT)), 200);
    const exchanges = control.exchangeCount();
    const later = await service.another();
    try {
      const answer = await fetch(new URL(TICKET, later.url), {
        headers: { authorization: `Bearer ${API_KEY}` },
      });
      assert.equal(answer.headers.get("x-ticket-source"), "store");
      assert.equal(new URL((await answer.json()).webapi_url).origin, tenantUrls[1]);
      assert.equal(control.exchangeCount(), exchanges);
    } finally {
      await later.close();
    }
  }));

Deno.test("an upgrade, and what has no name yet, are recorded and change nothing", () =>
  withService(async (service) => {
    const { control } = service.simulator;
    const before = [await tenantOf(service), (await ticketOf(service)).body];
    assert.equal(await pushed(service, () => control.upgrade(TENANT)), 200);
    const push = { ...control.mintStateChange({ ctx: TENANT, type: "Delete" }), ChangeType: 77 };
    const answer = await post(service, push);
    assert.equal(answer.status, 200);
    assert.equal(answer.body, '{"status":"accepted"}');
    assert.equal(answer.headers.get("cache-control"), "no-store");
    assert.deepEqual([await tenantOf(service), (await ticketOf(service)).body], before);
    assert.deepEqual(await changes(service), [
      ["Running", "Upgrade", null],
      ["Running", "ChangeType77", null],
    ]);
  }));

Deno.test("a push about a tenant that never consented is accepted and leaves nothing", () =>
  withService(async (service) => {
    const { control } = service.simulator;
    control.addTenant({ contextIdentifier: "Cust777" });
    const before = await service.entries();
    const push = control.mintStateChange({ ctx: "Cust777", type: "Delete" });
    assert.equal((await post(service, push)).status, 200);
    assert.deepEqual(await service.entries(), before);
    assert.equal(service.log.lines.at(-1)?.event, "state_change.ignored");
  }));

Deno.test("a push is answered while SuperOffice answers nothing else", () =>
  withService(async (service) => {
    const { control } = service.simulator;
    const way = createWay(service.simulator.url);
    try {
      const before = way.requests();
      way.set({ kind: "silent" });
      for (const type of ["Suspend", "BackupRestored", "Resume", "Move"] as const) {
        const push = control.mintStateChange({ ctx: TENANT, type });
        assert.equal((await post(service, push)).status, 200, type);
      }
      assert.equal(way.requests(), before);
    } finally {
      way.end();
    }
  }));

Deno.test("without login keys a push is SuperOffice's to repeat, and is obeyed then", async () => {
  const clock = createTestClock(Date.now());
  const service = await startService({ clock });
  const way = createWay(service.simulator.url);
  try {
    const push = service.simulator.control.mintStateChange({ ctx: TENANT, type: "Suspend" });
    way.set({ kind: "refusing" });
    assertProblem(await post(service, push), "upstream_unavailable");
    way.set({ kind: "open" });
    // For so long nobody asks again for keys that could not be had.
    clock.advance(1000);
    assert.equal((await post(service, push)).status, 200);
  } finally {
    way.end();
    await service.close();
  }
});

Deno.test("a store that is full says so, and the same push is obeyed when it has room", async () => {
  const disk = createFullDisk();
  try {
    await withService(async (service) => {
      const before = await tenantOf(service);
      const push = service.simulator.control.mintStateChange({ ctx: TENANT, type: "Suspend" });
      disk.fill();
      assertProblem(await post(service, push), "store_unavailable");
      assert.deepEqual(await tenantOf(service), before);
      disk.free();
      assert.equal((await post(service, push)).status, 200);
      assert.equal((await tenantOf(service)).state, "Suspended");
      assertProblem(await post(service, push), "caller_unknown");
    });
  } finally {
    disk.end();
  }
});
