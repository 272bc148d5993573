/**
 * A whole service in the middle of its work, for outages: one tenant's ticket is in memory here and in
 * the store for another instance, a second tenant has none yet, a third one's administrator is about
 * to come back from SuperOffice. Every part is real, and each can be made to fail.
 */

import assert from "node:assert/strict";
import { withBridge } from "../adapters/storage/backends.ts";
import { type Answer, begin, codeOf, postForm, send } from "./callback.ts";
import { createFullDisk, type FullDisk } from "./full_disk.ts";
import { startKms } from "./kms.ts";
import { API_KEY, createTestClock, startService, TENANT, type TestService } from "./service.ts";
import type { Bridge } from "./upstash_bridge.ts";
import { createWay, type Way } from "./way.ts";

/** One for every test of a file: making its key is what takes time. What it counts goes on. */
const kms = await startKms();
Deno.test.afterAll(() => kms.close());

/** Connected, and without a ticket so far. */
export const WITHOUT_TICKET = "Cust2";

/** Its administrator is at SuperOffice. */
const HALF_WAY = "Cust3";

/** Connects when all is well again. */
export const LATECOMER = "Cust4";

export interface Outage {
  readonly service: TestService;
  readonly clock: ReturnType<typeof createTestClock>;
  readonly superoffice: Way;
  /** Null with SQLite. */
  readonly upstash: Bridge | null;
  readonly disk: FullDisk;
  /** The ticket in memory, as it was handed out. */
  readonly ticket: unknown;
  get(path: string): Promise<Answer>;
  ask(tenant: string): Promise<Answer>;
  /** Asks an instance that has nothing in its memory. */
  askElsewhere(tenant: string): Promise<Answer>;
  beginConsent(): Promise<Answer>;
  /** The administrator who was half way comes back with a code. */
  comeBack(): Promise<Answer>;
  /** A tenant's whole consent. */
  connect(tenant: string): Promise<Answer>;
}

/** Every part of these tests may take so long: a busy machine is no fault. */
const DEADLINE_MS = 1200;

/** Runs work in such a world, then takes it down. */
export async function withOutage(
  store: "sqlite" | "upstash",
  work: (outage: Outage) => Promise<void>,
): Promise<void> {
  if (store === "upstash") return await withBridge((bridge) => run(bridge, work));
  return await run(null, work);
}

async function run(bridge: Bridge | null, work: (outage: Outage) => Promise<void>) {
  const clock = createTestClock(Date.now());
  const disk = createFullDisk();
  const service = await startService({
    kms,
    clock,
    deadlines: {
      storeMs: DEADLINE_MS,
      loginMs: DEADLINE_MS,
      tenantStateMs: DEADLINE_MS,
      probeMs: DEADLINE_MS,
      signAttemptMs: DEADLINE_MS,
    },
    env: {
      EXCHANGE_TIMEOUT_MS: String(DEADLINE_MS),
      ...(bridge === null ? {} : {
        UPSTASH_REDIS_REST_URL: bridge.url,
        UPSTASH_REDIS_REST_TOKEN: bridge.token,
        SEALING_KEYS: `k1:${btoa("s".repeat(32))}`,
        LEDGER_KEY: btoa("l".repeat(32)),
      }),
    },
  });
  const other = await service.another();
  const superoffice = createWay(service.simulator.url);
  try {
    await work(await begun({ service, other: other.url, clock, superoffice, disk, bridge }));
  } finally {
    superoffice.set({ kind: "open" });
    superoffice.end();
    kms.fault(null);
    await other.close();
    await service.close();
    disk.end();
  }
}

async function begun({ service, other, clock, superoffice, disk, bridge }: {
  readonly service: TestService;
  readonly other: URL;
  readonly clock: ReturnType<typeof createTestClock>;
  readonly superoffice: Way;
  readonly disk: FullDisk;
  readonly bridge: Bridge | null;
}): Promise<Outage> {
  for (const contextIdentifier of [WITHOUT_TICKET, HALF_WAY, LATECOMER]) {
    service.simulator.control.addTenant({ contextIdentifier });
  }
  const get = (path: string, at = service.url) =>
    send(new URL(path, at), { headers: { authorization: `Bearer ${API_KEY}` } });
  const ask = (tenant: string, at?: URL) => get(`/v1/tenants/${tenant}/ticket`, at);
  const leave = async (tenant: string) => {
    const { state, cookie, location } = await begin(service.url, tenant);
    const code = await codeOf(location, tenant);
    return () => postForm(service.url, { state, code }, cookie);
  };
  const connect = async (tenant: string) => await (await leave(tenant))();
  for (const tenant of [TENANT, WITHOUT_TICKET]) {
    assert.equal((await connect(tenant)).status, 303);
  }
  const first = await ask(TENANT);
  assert.equal(first.status, 200, first.body);
  return {
    service,
    clock,
    superoffice,
    upstash: bridge,
    disk,
    ticket: JSON.parse(first.body),
    get,
    ask,
    askElsewhere: (tenant) => ask(tenant, other),
    beginConsent: () => send(new URL("/consent", service.url)),
    comeBack: await leave(HALF_WAY),
    connect,
  };
}
