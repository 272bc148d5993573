/** What an entry of the ledger costs: requests to Upstash, counted where they arrive. */

import assert from "node:assert/strict";
import { createLedger, type Ledger, LedgerFault } from "../../../src/usecases/ledger.ts";
import { requires } from "../../support/requirement.ts";
import { createTestIds } from "../../support/parts.ts";
import { createMemoryLog, createTestClock } from "../../support/service.ts";
import type { Bridge } from "../../support/upstash_bridge.ts";
import { openUpstash, withBridge } from "./backends.ts";

const ids = createTestIds();

interface Writers {
  readonly bridge: Bridge;
  /**
   * A process of its own: it knows nothing yet.
   *
   * @param meanwhile what others do as soon as it knows the head
   */
  writer(meanwhile?: () => Promise<void>): Ledger;
  /** How many entries there are. */
  size(): Promise<number>;
}

function test(name: string, work: (writers: Writers) => Promise<void>): void {
  Deno.test({
    name,
    ...requires("redis-server"),
    fn: () =>
      withBridge((bridge) => {
        const { ledger: store } = openUpstash(bridge, { prefix: "p" });
        const clock = createTestClock();
        return work({
          bridge,
          writer(meanwhile = () => Promise.resolve()) {
            const head = async () => {
              const known = await store.head();
              await meanwhile();
              return known;
            };
            return createLedger({ store: { ...store, head }, clock, ids, log: createMemoryLog() });
          },
          size: async () => (await store.head()).size,
        });
      }),
  });
}

const record = (ledger: Ledger) =>
  ledger.record(
    { requestId: "r", caller: "c", contextIdentifier: "Cust1" },
    { kind: "tenant_removed", reason: "requested" },
  );

/** Requests that a deed makes. */
async function costOf({ seen }: Bridge, deed: () => Promise<unknown>): Promise<number> {
  const before = seen.length;
  await deed();
  return seen.length - before;
}

test("a process's first entry costs two requests, every one after it one", async ({ bridge, writer, size }) => {
  const ledger = writer();
  assert.equal(await costOf(bridge, () => record(ledger)), 2);
  for (let entry = 0; entry < 300; entry++) {
    assert.equal(await costOf(bridge, () => record(ledger)), 1, `entry ${entry}`);
  }
  assert.equal(await size(), 301);
});

test("five hundred entries at once cost a request for each 256, and one for the first", async ({ bridge, writer, size }) => {
  const ledger = writer();
  await record(ledger);
  const all = () => Promise.all(Array.from({ length: 500 }, () => record(ledger)));
  assert.equal(await costOf(bridge, all), 3);
  assert.equal(await size(), 501);
});

test("an entry that another process was faster than costs two requests, and the next one", async ({ bridge, writer, size }) => {
  const [ledger, other] = [writer(), writer()];
  await record(ledger);
  await record(other);
  assert.equal(await costOf(bridge, () => record(ledger)), 2);
  assert.equal(await costOf(bridge, () => record(ledger)), 1);
  assert.equal(await size(), 4);
});

test("a first entry that another process was faster than costs three requests", async ({ bridge, writer, size }) => {
  const other = writer();
  await record(other);
  let others = 0;
  const ledger = writer(async () => {
    others += await costOf(bridge, () => record(other));
  });
  const cost = await costOf(bridge, () => record(ledger));
  assert.deepEqual([others, cost - others], [1, 3]);
  assert.equal(await size(), 3);
});

test("an entry whose answer was lost costs two requests and is there once", async ({ bridge, writer, size }) => {
  const ledger = writer();
  await record(ledger);
  bridge.next({ kind: "lost" });
  assert.equal(await costOf(bridge, () => record(ledger)), 2);
  assert.equal(await costOf(bridge, () => record(ledger)), 1);
  assert.equal(await size(), 3);
});

test("after an entry of which nobody knows, the next one costs two requests", async ({ bridge, writer, size }) => {
  const ledger = writer();
  await record(ledger);
  bridge.next({ kind: "lost" }, { kind: "lost" });
  assert.equal(await costOf(bridge, () => assert.rejects(record(ledger), LedgerFault)), 2);
  assert.equal(await costOf(bridge, () => record(ledger)), 2);
  assert.equal(await costOf(bridge, () => record(ledger)), 1);
  assert.equal(await size(), 4);
});
