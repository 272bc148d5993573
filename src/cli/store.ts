/**
 * Commands about the store: seals what it holds under the first sealing key, then opens all of it, and
 * says what is still under an older one or does not open. Prints nothing of a value but its key's name.
 */

import type { Command } from "commander";
import { count } from "./options.ts";
import { withStores } from "./stores.ts";
import { tableLines } from "./table.ts";
import { shown } from "../domain/shown_text.ts";
import { print } from "../print.ts";
import { systemClock } from "../system.ts";
import { type Looked, lookThrough, reseal, type ResealResult } from "../usecases/resealing.ts";
import type { Resealing, SealedCount } from "../usecases/resealing_ports.ts";

/** Describes the commands. */
export function addStore(program: Command, done: (code: number) => void): void {
  const store = program.command("store").description("what is stored");
  store.command("reseal")
    .description("seal everything under the first of SEALING_KEYS; the service may run meanwhile")
    .option(
      "--per-second <count>",
      "values changed at most, or ten times as many read",
      count,
      200,
    )
    .option("--report", "change nothing, only say what is under which key, and what opens")
    .option("--json", "for machines")
    .action(async (options) => done(await resealStore(options)));
}

interface ResealOptions {
  readonly perSecond: number;
  readonly report?: true;
  readonly json?: true;
}

/** @returns 1 while anything is under another key than the first, or does not open */
async function resealStore({ perSecond, report, json }: ResealOptions): Promise<number> {
  return await withStores(async ({ stores: { resealing: store } }) => {
    const told = createTeller();
    const shared = { store, clock: systemClock, perSecond };
    const result = report ? null : await reseal({ ...shared, told });
    const looked = await lookThrough(shared);
    const older = looked.counts.filter(({ keyId }) => keyId !== store.keyIds[0]);
    const isDone = older.length === 0 && looked.unreadable.length === 0;
    if (json) print.line(JSON.stringify({ done: isDone, ...jsonOf(store, result, looked) }));
    else tell(store, result, looked, isDone);
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
  { counts, unreadable }: Looked,
) {
  return {
    ...result,
    unreadable: unreadable.map(({ kind, name, keyId }) => ({ kind, name, key_id: keyId })),
    current_key: keyIds[0],
    values: counts.map(({ kind, keyId, count }) => ({ kind, key_id: keyId, count })),
  };
}

/** So many are named, so that the rest can be seen. `--json` names all. */
const MOST_NAMED = 20;

function tell(
  store: Resealing,
  result: ResealResult | null,
  { counts, unreadable }: Looked,
  isDone: boolean,
): void {
  if (result !== null) {
    print.error(`${result.resealed} sealed anew, ${result.passed} changed meanwhile`);
  }
  for (const { kind, name } of unreadable.slice(0, MOST_NAMED)) {
    print.error(`No key opens the ${wordOf(kind)} of ${shown(name)}: it stays as it is.`);
  }
  const more = unreadable.length - MOST_NAMED;
  if (more > 0) print.error(`… and ${more} more`);
  const rows = counts.map((
    it,
  ) => [wordOf(it.kind), shown(it.keyId ?? "?"), standing(store, it), `${it.count}`]);
  for (const line of tableLines([["SEALED", "KEY", "IS", "VALUES"], ...rows])) print.line(line);
  const unlisted = counts.filter((it) => standing(store, it) === "unknown");
  if (unlisted.length > 0) {
    const names = [...new Set(unlisted.map(({ keyId }) => keyId ?? "?"))].join(", ");
    print.error(`SEALING_KEYS does not list ${names}: ${NOT_LISTED}`);
  }
  const shut = new Set(
    unreadable.flatMap(({ keyId }) => keyId !== null && store.keyIds.includes(keyId) ? keyId : []),
  );
  if (shut.size > 0) print.error(`Values under ${[...shut].join(", ")} do not open: ${NOT_OPEN}`);
  if (counts.some((it) => standing(store, it) === "older")) print.error(NOT_DONE);
  if (isDone) print.error(doneText(store));
}

/** By name: whoever has the new key behind the old one must see which of them would be taken out. */
function doneText({ keyIds: [first = "", ...others] }: Resealing): string {
  const done = `Everything is under ${first}, and opens.`;
  if (others.length === 0) return done;
  return `${done} Fifteen minutes after every instance has ${first} first, ask again with --report; if it is so still, take ${
    others.join(", ")
  } out of SEALING_KEYS.`;
}

const NOT_DONE = "Keep the older keys: something is under one of them. Run the command again.";

const NOT_OPEN =
  "is it the same key that the instances have under that name? Keep every key until they do, or those tenants must consent anew.";

const NOT_LISTED =
  "put it behind the first and run the command again; if it is lost, tenants whose token is under it must consent anew, and tickets end by themselves.";

function standing({ keyIds }: Resealing, { keyId }: SealedCount): string {
  if (keyId === keyIds[0]) return "current";
  return keyId !== null && keyIds.includes(keyId) ? "older" : "unknown";
}

function wordOf(kind: string): string {
  return kind.replaceAll("_", " ");
}
