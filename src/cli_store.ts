/**
 * Commands about the store: seals what it holds under the first sealing key, and says what is still under
 * an older one. Never prints anything of a value but the name of its key.
 */

import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { withStores } from "./cli_stores.ts";
import { tableLines } from "./cli_table.ts";
import { print } from "./print.ts";
import { systemClock } from "./system.ts";
import { reseal, type ResealResult } from "./usecases/resealing.ts";
import type { Resealing, SealedCount } from "./usecases/resealing_ports.ts";

/** Describes the commands. */
export function addStore(program: Command, done: (code: number) => void): void {
  const store = program.command("store").description("what is stored");
  store.command("reseal")
    .description("seal everything under the first of SEALING_KEYS; the service may run meanwhile")
    .option("--per-second <count>", "values at most", perSecond, 200)
    .option("--report", "only count what is under which key")
    .option("--json", "for machines")
    .action(async (options) => done(await resealStore(options)));
}

function perSecond(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError("Not from 1 to 999999.");
  return Number(text);
}

interface ResealOptions {
  readonly perSecond: number;
  readonly report?: true;
  readonly json?: true;
}

/** @returns 1 while anything is under another key than the first */
async function resealStore({ perSecond, report, json }: ResealOptions): Promise<number> {
  return await withStores(async ({ stores: { resealing: store } }) => {
    const told = createTeller();
    const result = report ? null : await reseal({ store, clock: systemClock, perSecond, told });
    const counts = await store.count();
    const older = counts.filter(({ keyId }) => keyId !== store.keyIds[0]);
    const isDone = older.length === 0;
    if (json) print.line(JSON.stringify({ done: isDone, ...jsonOf(store, result, counts) }));
    else tell(store, result, counts, isDone);
    return isDone ? 0 : 1;
  });
}

/** A line a thousand values. */
function createTeller(): (result: ResealResult) => void {
  let next = 1000;
  return ({ resealed }) => {
    if (resealed < next) return;
    print.error(`${resealed} sealed anew`);
    next = resealed - resealed % 1000 + 1000;
  };
}

function jsonOf(
  { keyIds }: Resealing,
  result: ResealResult | null,
  counts: readonly SealedCount[],
) {
  return {
    ...result,
    current_key: keyIds[0],
    values: counts.map(({ kind, keyId, count }) => ({ kind, key_id: keyId, count })),
  };
}

function tell(
  store: Resealing,
  result: ResealResult | null,
  counts: readonly SealedCount[],
  isDone: boolean,
): void {
  if (result !== null) {
    print.error(`${result.resealed} sealed anew, ${result.passed} changed meanwhile`);
    for (const { kind, name } of result.unreadable) {
      print.error(`No key opens the ${wordOf(kind)} of ${name}: it stays as it is.`);
    }
  }
  const rows = counts.map((
    it,
  ) => [wordOf(it.kind), it.keyId ?? "?", standing(store, it), `${it.count}`]);
  for (const line of tableLines([["SEALED", "KEY", "IS", "VALUES"], ...rows])) print.line(line);
  const unlisted = counts.filter((it) => standing(store, it) === "unknown");
  if (unlisted.length > 0) {
    const names = [...new Set(unlisted.map(({ keyId }) => keyId ?? "?"))].join(", ");
    print.error(`SEALING_KEYS does not list ${names}: ${NOT_LISTED}`);
  }
  if (counts.some((it) => standing(store, it) === "older")) print.error(NOT_DONE);
  if (isDone) print.error(DONE);
}

const DONE =
  "Nothing is under an older key. Fifteen minutes after every instance has the new key first, take the older ones out of SEALING_KEYS.";
const NOT_DONE = "Keep the older keys: something is under one of them. Run the command again.";

const NOT_LISTED =
  "put it behind the first and run the command again; if it is lost, those tenants must consent anew.";

function standing({ keyIds }: Resealing, { keyId }: SealedCount): string {
  if (keyId === keyIds[0]) return "current";
  return keyId !== null && keyIds.includes(keyId) ? "older" : "unknown";
}

function wordOf(kind: string): string {
  return kind.replaceAll("_", " ");
}
