/** What the tests of the rules for tickets share: one tenant that consented, on a clock that stands. */

import assert from "node:assert/strict";
import type { Outcome, Refusal } from "../../src/domain/refusal.ts";
import { Generation, type Ticket } from "../../src/domain/ticket.ts";
import type { Handout } from "../../src/usecases/ticket_flight.ts";
import type { Tickets } from "../../src/usecases/tickets.ts";
import { CALLER, createParts, type PartsOptions, stateOf, TENANT } from "../support/parts.ts";

export type Parts = ReturnType<typeof createParts>;

export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** A test with a tenant that consented. What it began has ended before the store closes. */
export const test = testWith({});

/** The same in another world. */
export function testWith(options: PartsOptions) {
  return (name: string, body: (parts: Parts) => Promise<void>): void =>
    Deno.test(name, async () => {
      const parts = createParts(options);
      try {
        await parts.consent();
        await body(parts);
      } finally {
        await parts.tickets.drain();
        parts.close();
      }
    });
}

type Given = Outcome<Handout> | Promise<Outcome<Handout>>;

export const get = (tickets: Tickets): Given => tickets.get(CALLER, TENANT, "request-1");

export const reject = (tickets: Tickets, generation: number): Promise<Outcome<Handout>> =>
  tickets.replace(CALLER, TENANT, Generation.parse(generation)!, "request-2");

export async function handoutOf(given: Given): Promise<Handout> {
  const outcome = await given;
  assert.ok(outcome.ok, "no ticket was handed out");
  return outcome.value;
}

export async function ticketOf(given: Given): Promise<Ticket> {
  return (await handoutOf(given)).ticket;
}

export async function refusalOf(given: Given): Promise<Refusal> {
  const outcome = await given;
  assert.ok(!outcome.ok, "a ticket was handed out");
  return outcome.refusal;
}

/** A call of a process that finds its ticket in memory; what it began behind the answer is over. */
export async function hit(tickets: Tickets): Promise<Ticket> {
  const { ticket, source } = await handoutOf(get(tickets));
  assert.equal(source, "memory");
  await tickets.drain();
  return ticket;
}

/** SuperOffice says of the tenant's address that it holds for a day. */
export function stay({ script, clock }: Parts): void {
  script.state = () => stateOf("Running", { validUntil: clock.now() + 24 * HOUR });
}

/** Time passes for processes that are in use all the while: they hear what others changed. */
export async function pass({ clock }: Parts, ms: number, ...processes: Tickets[]): Promise<void> {
  clock.advance(ms);
  for (const process of processes) await process.hearNews();
}

/** Lets everything go on that waits for nothing outside. */
export async function settle(turns = 20): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/**
 * Time in which many sleep at once: the clock moves to the next awakening only when nothing else can
 * go on.
 */
export function createTime({ clock }: Pick<Parts, "clock">) {
  const sleepers: { readonly until: number; wake(): void }[] = [];
  const sleep = (ms: number) =>
    new Promise<void>((wake) => void sleepers.push({ until: clock.now() + ms, wake }));
  return {
    clock: { now: () => clock.now(), sleep },
    /** Lets time pass until the work is done. */
    async until<T>(work: Promise<T>): Promise<T> {
      let isDone = false;
      const done = () => {
        isDone = true;
      };
      work.then(done, done);
      for (await settle(3); !isDone; await settle(3)) {
        sleepers.sort((one, other) => one.until - other.until);
        const next = sleepers.shift();
        assert.ok(next !== undefined, "nothing goes on, and nobody sleeps");
        clock.advance(Math.max(0, next.until - clock.now()));
        next.wake();
      }
      return await work;
    },
  };
}
