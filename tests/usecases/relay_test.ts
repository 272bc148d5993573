/** The relay's rules about what is tried again, with a SuperOffice that a test scripts. */

import assert from "node:assert/strict";
import { accept } from "../../src/domain/refusal.ts";
import { Secret } from "../../src/domain/secret.ts";
import { Generation } from "../../src/domain/ticket.ts";
import { createRelay } from "../../src/usecases/relay.ts";
import { CALLER, TENANT } from "../support/parts.ts";
import { createMemoryLog } from "../support/service.ts";

/** @param statuses what the web API answers, in turn; the last one without end */
async function relay(...statuses: number[]) {
  const hosts: string[] = [];
  let moves = 0;
  let exchanges = 0;
  const handout = (generation: number) =>
    accept({
      ticket: {
        contextIdentifier: TENANT,
        ticket: new Secret(`7T:${generation}`),
        generation: Generation.parse(generation)!,
        issuedAt: 0,
        expiresAt: 1e15,
        webapiUrl: "https://host0.example/Cust12345/api/",
        netserverUrl: "https://host0.example/Cust12345/Remote/Services88/",
      },
      source: "memory" as const,
    });
  const outcome = await createRelay({
    tickets: {
      get: () => handout(1),
      replace: (_caller, _tenant, rejected) => Promise.resolve(handout(rejected + ++exchanges)),
    },
    states: {
      // Another address each time: a SuperOffice that sends us round in circles.
      read: () =>
        Promise.resolve({
          state: "Running",
          isRunning: true,
          webapiUrl: `https://host${++moves}.example/Cust12345/api/`,
          netserverUrl: null,
        }),
    },
    transport: {
      send: (target) => {
        const status = statuses[Math.min(hosts.length, statuses.length - 1)]!;
        hosts.push(target.host);
        assert.ok(hosts.length < 10, "it is tried without end");
        const headers = new Headers();
        return Promise.resolve({ status, headers, body: null, cancel: () => Promise.resolve() });
      },
    },
    log: createMemoryLog(),
    maxTenants: 10,
  }).forward(CALLER, TENANT, "request", () =>
    Promise.resolve({
      method: "GET",
      rest: "v1/x",
      headers: new Headers(),
      body: null,
      signal: new AbortController().signal,
    }));
  return { status: outcome.ok ? outcome.value.status : outcome.refusal.code, hosts, exchanges };
}

const HOSTS = ["host0.example", "host1.example"];

Deno.test("a tenant that moves without end is looked for once, and its 421 is the answer", async () => {
  assert.deepEqual(await relay(421), { status: 421, hosts: HOSTS, exchanges: 0 });
});

Deno.test("a ticket that is refused without end is renewed once, and its 401 is the answer", async () => {
  assert.deepEqual(await relay(401), {
    status: 401,
    hosts: ["host0.example", "host0.example"],
    exchanges: 1,
  });
});

Deno.test("a refused ticket and a moved tenant are both mended in one call, in either order", async () => {
  const all = [...HOSTS, "host1.example"];
  assert.deepEqual(await relay(421, 401, 200), { status: 200, hosts: all, exchanges: 1 });
  const first = ["host0.example", ...HOSTS];
  assert.deepEqual(await relay(401, 421, 200), { status: 200, hosts: first, exchanges: 1 });
  assert.equal((await relay(421, 401, 421)).status, 421);
});
