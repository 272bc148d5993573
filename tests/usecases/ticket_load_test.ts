/** One exchange per tenant and expiry: four processes with fifty callers each, on every store. */

import assert from "node:assert/strict";
import type { Stores } from "../../src/adapters/storage/stores.ts";
import type { Tickets } from "../../src/usecases/tickets.ts";
import { BACKENDS, openUpstash, withBridge } from "../adapters/storage/backends.ts";
import { createParts, TENANT } from "../support/parts.ts";
import { requires } from "../support/requirement.ts";
import type { Fault } from "../support/upstash_bridge.ts";
import { get, HOUR, MINUTE, type Parts, reject, ticketOf } from "./ticket_rules.ts";

const ROUNDS = 20;

/** How it comes about that every process needs a ticket at once; and then each of its callers does so. */
const SITUATIONS: Readonly<
  Record<string, {
    before(parts: Parts, processes: readonly Tickets[]): Promise<void>;
    ask(process: Tickets, generation: number): ReturnType<typeof get>;
  }>
> = {
  "on a cold tenant": {
    async before({ stores, clock }, processes) {
      for (const process of processes) process.forget(TENANT);
      await stores.tickets.invalidate(TENANT, clock.now());
    },
    ask: (process) => get(process),
  },
  "on an expired ticket": {
    before({ clock }) {
      clock.advance(6 * HOUR);
      return Promise.resolve();
    },
    ask: (process) => get(process),
  },
  "after tickets were deleted at SuperOffice": {
    // As long as it takes the budget of rejections to come back.
    before({ clock }) {
      clock.advance(MINUTE);
      return Promise.resolve();
    },
    ask: (process, generation) => reject(process, generation),
  },
};

async function load(stores: Stores, disturb: (round: number) => void): Promise<void> {
  const parts = createParts({ stores, now: Date.now() });
  // Who waits for another process does so in real time; nobody's lease runs out meanwhile.
  const clock = {
    now: () => parts.clock.now(),
    sleep: (ms: number) => new Promise<void>((wake) => setTimeout(wake, ms)),
  };
  const processes = Array.from({ length: 4 }, () => parts.another({ clock }));
  try {
    await parts.consent();
    let { generation } = await ticketOf(get(processes[0]!));
    for (const [situation, { before, ask }] of Object.entries(SITUATIONS)) {
      for (let round = 0; round < ROUNDS; round++) {
        await before(parts, processes);
        const { exchanges, signatures } = parts.counts;
        disturb(round);
        const asking = Array.from(
          { length: 200 },
          (_, caller) => ticketOf(ask(processes[caller % 4]!, generation)),
        );
        const given = new Set((await Promise.all(asking)).map((ticket) => ticket.generation));
        assert.equal(given.size, 1, `${situation}, round ${round}`);
        generation = [...given][0]!;
        assert.equal(parts.counts.exchanges, exchanges + 1, `${situation}, round ${round}`);
        assert.equal(parts.counts.signatures, signatures + 1, `${situation}, round ${round}`);
      }
    }
  } finally {
    for (const process of processes) await process.drain();
    parts.close();
  }
}

for (const { name, ignore, use } of BACKENDS) {
  Deno.test({
    name: `200 callers of four processes cause one exchange, 60 times in a row: ${name}`,
    ignore,
    fn: () => use((open) => load(open(), () => {})),
  });
}

/** Executed like any other request. */
const PLAIN: Fault = { kind: "slow", ms: 0 };

Deno.test({
  name: "200 callers of four processes cause one exchange though replies are lost",
  ...requires("redis-server"),
  fn: () =>
    withBridge((bridge) =>
      load(openUpstash(bridge), (round) => {
        bridge.next(...Array<Fault>(round).fill(PLAIN), { kind: "lost" });
      })
    ),
});
