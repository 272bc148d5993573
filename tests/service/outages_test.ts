/**
 * What happens when a part is down: every cell of the table in `docs/operating.md`, met by callers of a
 * whole service. Then the fault is lifted, and the service must heal by itself.
 */

import assert from "node:assert/strict";
import { AT_ONCE } from "../support/at_once.ts";
import { LATECOMER, type Outage, WITHOUT_TICKET, withOutage } from "../support/outage.ts";
import { MEANINGS, readOutageTable, SLOW_MS } from "../support/outage_table.ts";
import { requires } from "../support/requirement.ts";
import { TENANT } from "../support/service.ts";
import type { Fault } from "../support/upstash_bridge.ts";
import type { KmsFault } from "../../src/simulator/cloud_kms/faults.ts";
import type { WayState } from "../support/way.ts";

interface Row {
  readonly store: "sqlite" | "upstash";
  readonly arm: (outage: Outage) => Promise<void> | void;
  readonly lift: (outage: Outage) => Promise<void> | void;
  /** Its callers come at once: who waits for a part does not wait for another caller. */
  readonly keepsWaiting?: boolean;
}

const keepsWaiting = ({ kind }: { readonly kind: string }) => ["slow", "silent"].includes(kind);

const superoffice = (state: WayState): Row => ({
  store: "sqlite",
  keepsWaiting: keepsWaiting(state),
  arm: (outage) => outage.superoffice.set(state),
  lift: (outage) => outage.superoffice.set({ kind: "open" }),
});

const upstash = (fault: Fault): Row => ({
  store: "upstash",
  keepsWaiting: keepsWaiting(fault),
  arm: ({ upstash }) => upstash!.all(fault),
  lift: ({ upstash }) => upstash!.all(null),
});

const kms = (fault: KmsFault): Row => ({
  store: "sqlite",
  keepsWaiting: keepsWaiting(fault),
  arm: ({ service }) => service.kms!.fault(fault),
  lift: ({ service }) => service.kms!.fault(null),
});

const closed: Row = {
  store: "upstash",
  arm: ({ upstash }) => upstash!.pause(),
  lift: ({ upstash }) => upstash!.resume(),
};

/** @param minutes by which our clock differs from SuperOffice's */
const skew = (minutes: number): Row => ({
  store: "sqlite",
  arm: ({ service }) => service.simulator.control.clockOffsetMs(-minutes * 60_000),
  lift: ({ service }) => service.simulator.control.clockOffsetMs(0),
});

/** By the first cell of the table's rows; two where a row speaks of two cases. */
const ROWS: Readonly<Record<string, Row | readonly Row[]>> = {
  "SuperOffice: slow": superoffice({ kind: "slow", ms: SLOW_MS }),
  "SuperOffice: refuses connections": superoffice({ kind: "refusing" }),
  "SuperOffice: silent": superoffice({ kind: "silent" }),
  "SuperOffice: answers 503": superoffice({ kind: "unavailable" }),
  "SuperOffice: answers garbage": superoffice({ kind: "garbage" }),
  "SuperOffice: refuses the tenant": {
    store: "sqlite",
    arm: ({ service }) => void service.simulator.control.set({ verifySignatures: "reject" }),
    lift: ({ service }) => void service.simulator.control.set({ verifySignatures: true }),
  },
  "Upstash: slow": upstash({ kind: "slow", ms: SLOW_MS }),
  "Upstash: refuses connections": closed,
  "Upstash: silent": upstash({ kind: "silent" }),
  "Upstash: answers 503": upstash({ kind: "unavailable" }),
  "Upstash: does the work, loses the reply": upstash({ kind: "lost" }),
  "Upstash: HTML with status 200": upstash({ kind: "html" }),
  "Cloud KMS: slow": kms({ kind: "slow", ms: SLOW_MS }),
  "Cloud KMS: silent": kms({ kind: "silent" }),
  "Cloud KMS: 429": kms({ kind: "status", status: "RESOURCE_EXHAUSTED" }),
  "Cloud KMS: 503": kms({ kind: "status", status: "UNAVAILABLE" }),
  "Cloud KMS: wrong checksum": kms({ kind: "corrupt_signature_crc32c" }),
  "Cloud KMS: another key's name": kms({ kind: "wrong_name" }),
  "our clock: 20 minutes off": [skew(20), skew(-20)],
  "SQLite: disk full": {
    store: "sqlite",
    arm: ({ disk }) => disk.fill(),
    lift: ({ disk }) => disk.free(),
  },
  "Upstash, Cloud KMS and SuperOffice at once": {
    store: "upstash",
    async arm({ upstash, service, superoffice }) {
      service.kms!.fault({ kind: "status", status: "UNAVAILABLE" });
      superoffice.set({ kind: "refusing" });
      await upstash!.pause();
    },
    lift({ upstash, service, superoffice }) {
      service.kms!.fault(null);
      superoffice.set({ kind: "open" });
      upstash!.resume();
    },
  },
};

/** Read when all has been asked that it is to tell of. */
const AFTERWARDS = "ledger";

/** Every lease of these tests, pause and remembered refusal is over after this. */
const HEALED_MS = 61_000;

const TABLE = readOutageTable();

Deno.test("the table of what fails has the rows and columns that are tested, in their order", () => {
  assert.deepEqual([...TABLE.keys()], Object.keys(ROWS));
  for (const [name, cells] of TABLE) {
    assert.deepEqual([...cells.keys()], Object.keys(MEANINGS), name);
    for (const [column, cell] of cells) {
      assert.ok(Object.hasOwn(MEANINGS[column]!, cell), `${name}, ${column}: ${cell}?`);
    }
  }
});

for (const [name, cases] of Object.entries(ROWS)) {
  for (const [place, row] of [cases].flat().entries()) {
    Deno.test({
      name: `${name}${place === 0 ? "" : ", the other way"}: what the table says, then it heals`,
      ignore: row.store === "upstash" && requires("redis-server").ignore,
      fn: (t) =>
        withOutage(row.store, async (outage) => {
          const before = {
            signatures: outage.service.kms!.signatures(),
            entries: (await outage.service.entries()).length,
          };
          await row.arm(outage);
          const meet = (column: string, sanitizers: Partial<Deno.TestStepDefinition> = {}) => {
            const [meanings, cell] = [MEANINGS[column]!, TABLE.get(name)?.get(column) ?? ""];
            const fn = async () => {
              assert.ok(Object.hasOwn(meanings, cell), "the table's word means nothing");
              await meanings[cell]!(outage, before);
            };
            return t.step({ name: `${column}: ${cell}`, fn, ...sanitizers });
          };
          const columns = Object.keys(MEANINGS);
          if (row.keepsWaiting) {
            const others = columns.filter((column) => column !== AFTERWARDS);
            await Promise.all(others.map((column) => meet(column, AT_ONCE)));
            await meet(AFTERWARDS);
          } else {
            for (const column of columns) await meet(column);
          }
          await row.lift(outage);
          outage.clock.advance(HEALED_MS);
          await t.step("heals by itself", () => assertHealed(outage));
        }),
    });
  }
}

async function assertHealed(outage: Outage): Promise<void> {
  const [other, same] = [await outage.ask(WITHOUT_TICKET), await outage.ask(TENANT)];
  assert.equal(other.status, 200, other.body);
  assert.deepEqual([same.status, JSON.parse(same.body)], [200, outage.ticket]);
  const elsewhere = await outage.askElsewhere(WITHOUT_TICKET);
  assert.equal(elsewhere.body, other.body);
  assert.equal((await outage.connect(LATECOMER)).status, 303);
  assert.equal((await outage.ask(LATECOMER)).headers.get("x-ticket-source"), "exchange");
  const kinds = (await outage.service.entries()).slice(-5).map(({ kind, result }) =>
    result === undefined ? kind : `${kind} ${result}`
  );
  assert.deepEqual(kinds.slice(1), [
    "consent",
    "sign_intent",
    "sign_outcome signed",
    "exchange issued",
  ]);
  assert.equal((await outage.get("/v1/ledger/checkpoint")).status, 200);
  assert.equal((await outage.get("/readyz")).status, 200);
}
