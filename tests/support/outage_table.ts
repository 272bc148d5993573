/**
 * The table of `docs/operating.md` that says what happens when a part is down, and what each of its
 * words means to a caller. The table decides what is tested; a word that is not here means nothing.
 */

import assert from "node:assert/strict";
import type { Answer } from "./callback.ts";
import { type Outage, WITHOUT_TICKET } from "./outage.ts";
import { TENANT } from "./service.ts";

/** First cell of each row, with the others by the name of their column. */
export type OutageTable = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** @throws if the page has no such table */
export function readOutageTable(): OutageTable {
  const page = Deno.readTextFileSync(new URL("../../docs/operating.md", import.meta.url));
  const lines = page.split("\n");
  const start = lines.findIndex((line) => /^\| what fails /.test(line));
  assert.ok(start >= 0, "docs/operating.md has no table of what fails");
  const [, ...columns] = cellsOf(lines[start]!);
  const rows = new Map<string, ReadonlyMap<string, string>>();
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith("|")) break;
    const [name, ...cells] = cellsOf(line);
    rows.set(name!, new Map(columns.map((column, place) => [column, cells[place]!])));
  }
  return rows;
}

function cellsOf(line: string): string[] {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}

/** What the counters said before anything was asked. */
export interface Before {
  readonly signatures: number;
  readonly entries: number;
}

type Check = (outage: Outage, before: Before) => Promise<void>;

/** What a slow part adds at least to an answer that needs it. Milliseconds. */
export const SLOW_MS = 150;

/** Columns in the order in which they are tested. The ledger is read after what it is to tell. */
export const MEANINGS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  "ticket in memory": {
    served: async ({ ask, ticket }) => {
      const answer = await ask(TENANT);
      assert.equal(answer.headers.get("x-ticket-source"), "memory", answer.body);
      assert.deepEqual(JSON.parse(answer.body), ticket);
    },
  },
  "ticket in the store": {
    served: async ({ askElsewhere, ticket }) => {
      const answer = await askElsewhere(TENANT);
      assert.equal(answer.headers.get("x-ticket-source"), "store", answer.body);
      assert.deepEqual(JSON.parse(answer.body), ticket);
    },
    "503 `store_unavailable`": async ({ askElsewhere }) =>
      assertProblem(await askElsewhere(TENANT), 503, "store_unavailable"),
  },
  "other tickets": {
    "exchanged, later": async ({ ask }) => {
      const began = performance.now();
      const answer = await ask(WITHOUT_TICKET);
      assert.ok(performance.now() - began >= SLOW_MS);
      assert.equal(answer.headers.get("x-ticket-source"), "exchange", answer.body);
    },
    "409 `consent_withdrawn`": async ({ ask, get }) => {
      assertProblem(await ask(WITHOUT_TICKET), 409, "consent_withdrawn");
      const { body } = await get(`/v1/tenants/${WITHOUT_TICKET}`);
      assert.equal(JSON.parse(body).health, "consent_withdrawn");
    },
    "502 `exchange_failed`": async ({ ask }) =>
      assertProblem(await ask(WITHOUT_TICKET), 502, "exchange_failed"),
    ...Object.fromEntries(
      ["upstream_unavailable", "store_unavailable", "signer_unavailable"].map((code) => [
        `503 \`${code}\``,
        async ({ ask }: Outage) => assertProblem(await ask(WITHOUT_TICKET), 503, code),
      ]),
    ),
  },
  consent: {
    works: async (outage) => {
      assert.equal((await outage.beginConsent()).status, 302);
      const back = await outage.comeBack();
      assert.deepEqual([back.status, back.headers.get("location")], [303, "/consent/done"]);
    },
    "begins, ends with 503": async (outage) => {
      assert.equal((await outage.beginConsent()).status, 302);
      assertSorry(await outage.comeBack());
    },
    "begins, ends with a refusal": async (outage) => {
      assert.equal((await outage.beginConsent()).status, 302);
      const { status, body } = await outage.comeBack();
      assert.ok(status >= 400 && status < 500, body);
    },
    "503": async (outage) => {
      const answers = await Promise.all([outage.beginConsent(), outage.comeBack()]);
      answers.forEach(assertSorry);
    },
  },
  ledger: {
    works: async (outage, before) => {
      const added = await assertReadable(outage, before);
      assert.ok(added.some(({ kind, result }) => kind === "exchange" && result === "issued"));
    },
    "works: the failed exchange is on record": (outage, before) =>
      assertExchanged("failed", outage, before),
    "works: the refusal is on record": (outage, before) =>
      assertExchanged("refused", outage, before),
    "works: every attempt at the key is on record": async (outage, before) => {
      const added = await assertReadable(outage, before);
      const attemptsOf = (kind: string, result?: string) =>
        added.filter((entry) => entry.kind === kind && entry.result === result)
          .map(({ attempt }) => attempt);
      const attempts = attemptsOf("sign_intent");
      assert.equal(attempts.length, 3);
      assert.deepEqual(attemptsOf("sign_outcome", "failed"), attempts);
      assert.ok(!added.some(({ kind }) => kind === "exchange"));
    },
    "503, and nothing is signed": async ({ get, service }, { signatures }) => {
      const answers = await Promise.all(
        ["checkpoint", "entries"].map((it) => get(`/v1/ledger/${it}`)),
      );
      for (const answer of answers) assertProblem(answer, 503, "ledger_unavailable");
      assert.equal(service.kms!.signatures(), signatures);
    },
    "can be read, and nothing is signed": async (outage, before) => {
      assert.deepEqual(await assertReadable(outage, before), []);
      assert.equal(outage.service.kms!.signatures(), before.signatures);
    },
  },
  "`/readyz`": {
    "`ready`": (outage) => assertReady(outage, {}),
    "`superoffice` down": (outage) => assertReady(outage, { superoffice: "down" }),
    "`store` down": (outage) => assertReady(outage, { store: "down" }),
    "both down": (outage) => assertReady(outage, { store: "down", superoffice: "down" }),
  },
};

function assertProblem({ status, headers, body }: Answer, expected: number, code: string): void {
  assert.deepEqual([status, JSON.parse(body).code], [expected, code]);
  if (status === 503) assert.match(headers.get("retry-after") ?? "", /^[1-9]\d?$/);
}

/** A page that asks to come again. */
function assertSorry({ status, headers, body }: Answer): void {
  assert.equal(status, 503, body);
  assert.match(headers.get("content-type") ?? "", /^text\/html/);
  assert.match(headers.get("retry-after") ?? "", /^[1-9]\d*$/);
}

async function assertReady({ get }: Outage, down: Readonly<Record<string, string>>): Promise<void> {
  const { status, body } = await get("/readyz");
  const parts = { store: "up", superoffice: "up", ...down };
  assert.deepEqual(JSON.parse(body).parts, parts);
  assert.equal(status, Object.keys(down).length === 0 ? 200 : 503);
}

/** What was signed was signed once, and what came of it is on record. */
async function assertExchanged(result: string, outage: Outage, before: Before): Promise<void> {
  const added = await assertReadable(outage, before);
  const resultsOf = (kind: string) =>
    added.filter((entry) => entry.kind === kind).map((entry) => entry.result);
  assert.deepEqual([resultsOf("sign_outcome"), resultsOf("exchange")], [["signed"], [result]]);
}

/** @returns the entries that came since */
async function assertReadable({ get }: Outage, { entries }: Before) {
  assert.equal((await get("/v1/ledger/checkpoint")).status, 200);
  const { status, body } = await get(`/v1/ledger/entries?after=${entries - 1}`);
  assert.equal(status, 200, body);
  return body.split("\n").slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
}
