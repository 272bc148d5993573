/** Limits of requests as callers meet them, by one instance and by two that share Upstash. */

import assert from "node:assert/strict";
import { sha256Hex } from "../../src/domain/signed_text.ts";
import { systemClock } from "../../src/system.ts";
import { eventually } from "../support/processes.ts";
import { requires } from "../support/requirement.ts";
import { createTestClock, startService, TENANT, type TestService } from "../support/service.ts";
import { withBridge } from "../adapters/storage/backends.ts";

const LIMITED = "bo_test_key_of_a_caller_with_a_limit_0000000000000000";
const FREE = "bo_test_key_of_a_caller_without_a_limit_0000000000000";
const FORBIDDEN = "bo_test_key_of_a_caller_of_another_tenant_0000000000";
const TICKET = `/v1/tenants/${TENANT}/ticket`;

const entry = (id: string, key: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id,
  api_key_sha256: [sha256Hex(key)],
  tenants: ["*"],
  may: ["ticket", "relay", "tenants"],
  ...more,
});

const CALLERS = [
  entry("limited", LIMITED, { requests_per_minute: 5 }),
  entry("free", FREE),
  entry("forbidden", FORBIDDEN, { tenants: ["Cust99999"] }),
];

type TestClock = ReturnType<typeof createTestClock>;

async function withLimits(
  work: (service: TestService, clock: TestClock) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
  clock: TestClock = createTestClock(),
): Promise<void> {
  const service = await startService({ callers: CALLERS, clock, env, deadlines: { storeMs: 500 } });
  try {
    await service.consent();
    await work(service, clock);
  } finally {
    await service.close();
  }
}

/** The machine's own, but for the time that is added: a shared store answers in real time. */
function createLeapingClock(): TestClock {
  let added = 0;
  return {
    now: () => Date.now() + added,
    sleep: systemClock.sleep,
    advance(ms) {
      added += ms;
    },
  };
}

/** The environment of instances that share a store. */
const shared = ({ url, token }: { readonly url: string; readonly token: string }) => ({
  UPSTASH_REDIS_REST_URL: url,
  UPSTASH_REDIS_REST_TOKEN: token,
  SEALING_KEYS: `k:${btoa("k".repeat(32))}`,
  LEDGER_KEY: btoa("l".repeat(32)),
});

async function ask(service: { readonly url: URL }, key: string, path = TICKET) {
  const headers = { authorization: `Bearer ${key}` };
  const answer = await fetch(new URL(path, service.url), { headers });
  const { code } = await answer.json();
  const told = ["retry-after", "ratelimit", "ratelimit-policy"].map((name) =>
    answer.headers.get(name)
  );
  return { status: answer.status, code, told };
}

async function statuses(
  service: { readonly url: URL },
  key: string,
  count: number,
  path?: string,
): Promise<number[]> {
  const all: number[] = [];
  for (let request = 0; request < count; request++) {
    all.push((await ask(service, key, path)).status);
  }
  return all;
}

Deno.test("a caller hears what is left of its limit, and when to come again beyond it", () =>
  withLimits(async (service, clock) => {
    const policy = '"caller";q=5;w=60';
    assert.deepEqual((await ask(service, LIMITED)).told, [null, '"caller";r=4;t=12', policy]);
    assert.deepEqual(await statuses(service, LIMITED, 4), [200, 200, 200, 200]);
    assert.deepEqual(await ask(service, LIMITED), {
      status: 429,
      code: "rate_limited",
      told: ["12", '"caller";r=0;t=60', policy],
    });
    assert.deepEqual(await ask(service, FREE), {
      status: 200,
      code: undefined,
      told: [null, null, null],
    });
    // Whole seconds, and never fewer than it takes.
    clock.advance(10_500);
    assert.deepEqual((await ask(service, LIMITED)).told, ["2", '"caller";r=0;t=50', policy]);
    clock.advance(1_500);
    assert.deepEqual(await statuses(service, LIMITED, 2), [200, 429]);
  }));

Deno.test("every door counts, and what is refused for another reason too", () =>
  withLimits(async (service) => {
    const paths = [
      "/v1/tenants",
      `/v1/tenants/${TENANT}/api/v1/Contact/default`,
      "/v1/tenants/Cust/ticket",
      "/v1/nothing",
      "/v1/ledger/entries",
    ];
    const answers = [];
    for (const path of paths) answers.push((await ask(service, LIMITED, path)).status);
    assert.deepEqual(answers, [200, 200, 400, 404, 403]);
    for (const path of [TICKET, ...paths]) {
      assert.equal((await ask(service, LIMITED, path)).code, "rate_limited", path);
    }
  }));

Deno.test("a tenant has a limit for all callers together, which only those who may can use up", () =>
  withLimits(async (service) => {
    assert.deepEqual(await statuses(service, FORBIDDEN, 5), [403, 403, 403, 403, 403]);
    assert.deepEqual((await ask(service, FREE)).told, [
      null,
      '"tenant";r=2;t=20',
      '"tenant";q=3;w=60',
    ]);
    const relayed = `/v1/tenants/${TENANT.toLowerCase()}/api/v1/Contact/default`;
    assert.equal((await ask(service, FREE, relayed)).status, 200);
    assert.deepEqual((await ask(service, LIMITED)).told, [
      null,
      '"caller";r=4;t=12, "tenant";r=0;t=60',
      '"caller";q=5;w=60, "tenant";q=3;w=60',
    ]);
    const refused = await ask(service, FREE);
    assert.deepEqual([refused.code, refused.told[0]], ["rate_limited", "20"]);
    assert.equal((await ask(service, FREE, "/v1/tenants/Cust4711/ticket")).status, 404);
    assert.deepEqual((await ask(service, FORBIDDEN)).told, [null, null, null]);
    assert.deepEqual(
      service.log.lines.filter(({ event }) => event === "caller.rate_limited")
        .map(({ fields }) => [fields.caller, fields.limit]),
      [["free", "tenant"]],
    );
  }, { REQUESTS_PER_TENANT_MINUTE: "3" }));

Deno.test({
  name:
    "two instances on Upstash let through what one would; while Upstash is silent or gone, each its own",
  ...requires("redis-server"),
  fn: () =>
    withBridge((bridge) =>
      withLimits(
        async (service, clock) => {
          const other = await service.another();
          const inTurn = async (count: number) => {
            const passed = [0, 0];
            for (let request = 0; request < count; request++) {
              const instance = request % 2;
              const { status } = await ask([service, other][instance]!, LIMITED);
              if (status === 200) passed[instance]!++;
            }
            return passed;
          };
          try {
            for (const instance of [service, other]) {
              assert.equal((await ask(instance, FREE)).status, 200);
            }
            const [first = 0, second = 0] = await inTurn(14);
            // One more may go while the news of the other's last one is on its way.
            assert.ok(first + second >= 5 && first + second <= 6, `${first} and ${second}`);
            for (const fault of ["silent", "unavailable"] as const) {
              bridge.all({ kind: fault });
              clock.advance(120_000);
              assert.deepEqual(await inTurn(14), [5, 5], fault);
            }
            bridge.all(null);
            // What is still waited for in silence has to end first.
            for (let tries = 0;; tries++) {
              assert.ok(tries < 200, "nothing is shared any more");
              clock.advance(120_000);
              const [third = 0, fourth = 0] = await inTurn(14);
              assert.ok(third + fourth >= 5);
              if (third + fourth <= 6) break;
            }
          } finally {
            bridge.all(null);
            await other.close();
          }
        },
        shared(bridge),
        createLeapingClock(),
      )
    ),
});

Deno.test({
  name: "usage that cannot be told does not stop the store from being asked",
  ...requires("redis-server"),
  fn: () =>
    withBridge((bridge) =>
      withLimits(
        async (service, clock) => {
          assert.equal((await ask(service, LIMITED)).status, 200);
          const keys = () => bridge.redis.keys("*:usage:*");
          await eventually(
            "usage in the store",
            async () => (await keys()).length > 0 ? true : null,
          );
          const [key] = await keys();
          await bridge.redis.del(key!);
          await bridge.redis.lpush(key!, "nothing of ours");
          for (let request = 0; request < 12; request++) {
            clock.advance(60_000);
            assert.equal((await ask(service, LIMITED)).status, 200);
          }
          await eventually(
            "a breaker",
            () =>
              service.log.lines.find(({ event, fields }) =>
                event === "breaker.opened" && fields.part === "usage"
              ) ?? null,
          );
          assert.equal((await ask(service, FREE, "/v1/tenants")).status, 200);
        },
        shared(bridge),
        createLeapingClock(),
      )
    ),
});
