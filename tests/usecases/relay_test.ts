/** The relay's rules about what is tried again, with a SuperOffice that a test scripts. */

import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import { accept, type Outcome, refuse } from "../../src/domain/refusal.ts";
import { Secret } from "../../src/domain/secret.ts";
import { Generation } from "../../src/domain/ticket.ts";
import { createRelay, type RelayParts } from "../../src/usecases/relay.ts";
import type { Handout, TicketSource } from "../../src/usecases/ticket_flight.ts";
import { CALLER, TENANT } from "../support/parts.ts";
import { createMemoryLog } from "../support/service.ts";

interface Script {
  /** What the web API answers, in turn; the last one without end. 0: nobody answers. */
  readonly statuses?: readonly number[];
  readonly get?: () => Outcome<Handout>;
  readonly replace?: (rejected: number) => Outcome<Handout> | Promise<Outcome<Handout>>;
  readonly locate?: RelayParts["tickets"]["locate"];
}

function handout(
  generation: number,
  source: TicketSource = "memory",
  host = "host0",
  tenant = TENANT,
): Outcome<Handout> {
  return accept({
    ticket: {
      contextIdentifier: tenant,
      ticket: new Secret(`7T:${generation}`),
      generation: Generation.parse(generation)!,
      issuedAt: 0,
      expiresAt: 1e15,
      webapiUrl: `https://${host}.example/Cust12345/api/`,
      netserverUrl: `https://${host}.example/Cust12345/Remote/Services88/`,
      addressesUntil: 1e15,
    },
    source,
  });
}

/** Another address each time: a SuperOffice that sends us round in circles. */
function circles(): RelayParts["tickets"]["locate"] {
  let moves = 0;
  return (ticket) => {
    const webapiUrl = `https://host${++moves}.example/Cust12345/api/`;
    return Promise.resolve({ kind: "moved", ticket: { ...ticket, webapiUrl } });
  };
}

function createWorld(script: Script) {
  const statuses = script.statuses ?? [200];
  const hosts: string[] = [];
  const move = circles();
  let host = "host0";
  const log = createMemoryLog();
  const world = {
    hosts,
    log,
    /** What was seen of the tenant. */
    seen: [] as string[],
    /** Tickets asked for, rejections, bodies that were read, and answers that were let go of. */
    counts: { gets: 0, rejections: 0, reads: 0, cancelled: 0 },
    async ask({ tenant = TENANT, rest = "v1/x", caller = CALLER, left = false } = {}) {
      const outcome = await relay.forward(caller, tenant, "request", {
        rest,
        read: () => {
          world.counts.reads++;
          const headers = new Headers();
          const signal = left ? AbortSignal.abort() : new AbortController().signal;
          return Promise.resolve({ method: "GET", headers, body: null, signal });
        },
      });
      return outcome.ok ? outcome.value.status : outcome.refusal.code;
    },
    /** The last thing that is said of a refusal. */
    refusal: () => log.lines.findLast(({ event }) => event === "relay.refused"),
  };
  const relay = createRelay({
    tickets: {
      get: (_caller, tenant) => {
        world.counts.gets++;
        return script.get?.() ?? handout(1, "memory", "host0", tenant);
      },
      async replace(_caller, _tenant, rejected) {
        world.counts.rejections++;
        // An exchange brings the address that is known by then.
        const newer = (it: number) => handout(it + 1, "exchange", host);
        return await (script.replace ?? newer)(rejected);
      },
      async locate(ticket) {
        const found = await (script.locate ?? move)(ticket);
        if (found.kind === "moved") host = new URL(found.ticket.webapiUrl).hostname.split(".")[0]!;
        return found;
      },
      doubt: (tenant, pauseMs) => void world.seen.push(`${tenant} doubted ${pauseMs}`),
    },
    standings: {
      trouble: (tenant, { health, reason }) =>
        void world.seen.push(`${tenant} ${health} ${reason}`),
      answered: (tenant) => void world.seen.push(`${tenant} answered`),
    },
    transport: {
      send: (target) => {
        const status = statuses[Math.min(hosts.length, statuses.length - 1)]!;
        hosts.push(target.hostname.split(".")[0]!);
        assert.ok(hosts.length < 10, "it is tried without end");
        if (status === 0) return Promise.reject(new PartFault("superoffice", "network"));
        const cancel = () => Promise.resolve(void world.counts.cancelled++);
        return Promise.resolve({ status, headers: new Headers(), body: null, cancel });
      },
    },
    log,
  });
  return world;
}

/** @returns what came of one call, where it went, and how many tickets were rejected */
async function relay(...statuses: number[]) {
  const { ask, hosts, counts } = createWorld({ statuses });
  return { status: await ask(), hosts, rejections: counts.rejections };
}

Deno.test("a tenant that moves without end is looked for once, and its 421 is the answer", async () => {
  assert.deepEqual(await relay(421), { status: 421, hosts: ["host0", "host1"], rejections: 0 });
});

Deno.test("a new ticket that is refused is the last one, and its 401 is the answer", async () => {
  assert.deepEqual(await relay(401), { status: 401, hosts: ["host0", "host0"], rejections: 1 });
});

Deno.test("a refused ticket and a moved tenant are both mended in one call, in either order", async () => {
  const all = ["host0", "host1", "host1"];
  assert.deepEqual(await relay(421, 401, 200), { status: 200, hosts: all, rejections: 1 });
  const first = ["host0", "host0", "host1"];
  assert.deepEqual(await relay(401, 421, 200), { status: 200, hosts: first, rejections: 1 });
  assert.equal((await relay(421, 401, 421)).status, 421);
});

Deno.test("another instance's renewal that is refused too is rejected in its turn, once", async () => {
  for (const source of ["memory", "store"] as const) {
    const replace = (rejected: number) =>
      handout(rejected + 1, rejected === 1 ? source : "exchange");
    const mended = createWorld({ statuses: [401, 401, 200], replace });
    assert.deepEqual([await mended.ask(), mended.counts.rejections], [200, 2]);
    const refused = createWorld({
      statuses: [401],
      replace: (rejected) => handout(rejected + 1, source),
    });
    assert.deepEqual([await refused.ask(), refused.counts.rejections], [401, 2]);
    assert.deepEqual([refused.hosts.length, refused.counts.cancelled], [3, 2]);
  }
});

Deno.test("who has rejected too many tickets gets SuperOffice's own 401, whole", async () => {
  const { ask, counts } = createWorld({
    statuses: [401],
    replace: () => refuse("rate_limited", "rejections", 60),
  });
  assert.equal(await ask(), 401);
  assert.equal(counts.cancelled, 0);
});

Deno.test("a refused answer is let go of, whatever comes of mending it", async () => {
  const fault = () => Promise.reject(new PartFault("superoffice", "timeout"));
  for (
    const script of [
      { statuses: [401], replace: () => refuse("consent_withdrawn", "exchange") },
      { statuses: [401], replace: fault },
      { statuses: [421], locate: fault },
    ]
  ) {
    const { ask, counts } = createWorld(script);
    assert.match(`${await ask()}`, /^(?:consent_withdrawn|upstream_unavailable)$/);
    assert.equal(counts.cancelled, 1);
  }
});

Deno.test("neither a ticket nor the body is asked for where path or permission are not right", async () => {
  const { ask, counts } = createWorld({});
  assert.equal(await ask({ rest: "v1/../../x" }), "invalid_request");
  const permissions = new Set(["ticket"] as const);
  assert.equal(await ask({ caller: { ...CALLER, permissions } }), "caller_forbidden");
  assert.deepEqual([counts.gets, counts.reads], [0, 0]);
});

Deno.test("the log says why a call was refused, and of whom", async () => {
  const refused = createWorld({ get: () => refuse("consent_withdrawn", "exchange_refused") });
  await refused.ask();
  assert.deepEqual(refused.refusal(), {
    level: "info",
    event: "relay.refused",
    fields: {
      code: "consent_withdrawn",
      reason: "exchange_refused",
      caller: "orders",
      context_identifier: TENANT,
      request_id: "request",
    },
  });
  const silent = createWorld({ statuses: [0] });
  await silent.ask();
  assert.equal(silent.refusal()?.fields.reason, "network");
  const left = createWorld({ statuses: [0] });
  await left.ask({ left: true });
  assert.equal(left.refusal()?.fields.reason, "caller_left");
  assert.deepEqual(left.log.lines.map(({ event }) => event), ["relay.refused"]);
  const answered = createWorld({ statuses: [404] });
  await answered.ask();
  assert.equal(answered.refusal(), undefined);
});

Deno.test("a tenant that SuperOffice knows at no other address gives its 421, and has trouble", async () => {
  for (const kind of ["here", "unsaid"] as const) {
    const world = createWorld({ statuses: [421], locate: () => Promise.resolve({ kind }) });
    assert.equal(await world.ask(), 421);
    assert.deepEqual(world.hosts, ["host0"]);
    assert.deepEqual(world.seen, [`${TENANT} moved misdirected`]);
    assert.equal(world.counts.cancelled, 0);
  }
});

Deno.test("a tenant that was found stopped while it was looked for is said to be so", async () => {
  const world = createWorld({
    statuses: [421],
    locate: () => Promise.resolve({ kind: "stopped", reason: "deleted" }),
  });
  assert.equal(await world.ask(), "tenant_suspended");
  assert.equal(world.counts.cancelled, 1);
});

Deno.test("silence is the tenant's trouble, and its address is doubted; a caller who left says nothing", async () => {
  const silent = createWorld({ statuses: [0] });
  assert.equal(await silent.ask(), "upstream_unavailable");
  assert.deepEqual(silent.seen, [`${TENANT} doubted 0`, `${TENANT} unreachable network`]);
  const left = createWorld({ statuses: [0] });
  await left.ask({ left: true });
  assert.deepEqual(left.seen, []);
});

Deno.test("a 503 is doubted and passed on; any other answer ends trouble", async () => {
  const stopped = createWorld({ statuses: [503] });
  assert.equal(await stopped.ask(), 503);
  assert.deepEqual(stopped.seen, [`${TENANT} doubted 5000`]);
  const well = createWorld({ statuses: [404] });
  assert.equal(await well.ask(), 404);
  assert.deepEqual(well.seen, [`${TENANT} answered`]);
});
