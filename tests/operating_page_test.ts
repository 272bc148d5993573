/**
 * `docs/operating.md` and `docs/troubleshooting.md` say what the code does: every event of the log and
 * every problem has its row, and no other.
 */

import assert from "node:assert/strict";
import { PROBLEM_HELP } from "../src/http/problem_pages.ts";

const ROOT = new URL("../", import.meta.url);
const PAGE = Deno.readTextFileSync(new URL("docs/operating.md", ROOT));
const ROWS = rowsOf(Deno.readTextFileSync(new URL("docs/troubleshooting.md", ROOT)));

/** Cells of every table's rows, under what stands above the first column. */
function rowsOf(page: string): ReadonlyMap<string, readonly (readonly string[])[]> {
  const rows = new Map<string, string[][]>();
  for (const [table] of page.matchAll(/(?:^\|.*\n)+/gm)) {
    const [head, , ...body] = table.trimEnd().split("\n").map((line) =>
      line.split("|").slice(1, -1).map((cell) => cell.trim())
    );
    assert.deepEqual(head!.slice(1), ["means", "check", "do"]);
    rows.set(head![0]!, [...rows.get(head![0]!) ?? [], ...body]);
  }
  return rows;
}

function* sources(folder: URL): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const url = new URL(isDirectory ? `${name}/` : name, folder);
    if (isDirectory) yield* sources(url);
    else if (name.endsWith(".ts")) yield Deno.readTextFileSync(url);
  }
}

const EVENT = /"([a-z_]+\.[a-z_]+)"/g;

/** Of each call of a log the first argument, which may choose between two events. */
function eventsOf(source: string): string[] {
  return [...source.matchAll(/\blog\??\.(?:debug|info|warn|error)\(([^,)]+)/g)].flatMap(
    ([call, argument]) => {
      const events = [...argument!.matchAll(EVENT)].map(([, event]) => event!);
      assert.ok(events.length > 0, `no event can be read in: ${call}`);
      return events;
    },
  );
}

const unique = (values: Iterable<string>) => [...new Set(values)].sort();

Deno.test("every event that the log can have is explained in the table, and no other", () => {
  const logged = unique([...sources(new URL("src/", ROOT))].flatMap(eventsOf));
  const cells = ROWS.get("event")!.map(([event]) => event!);
  const explained = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, it]) => it!));
  assert.deepEqual(explained.toSorted(), logged);
  assert.ok(logged.length > 30, "there are hardly any events");
});

Deno.test("every problem has its row, with the words that its type leads to", () => {
  const told = Object.entries(PROBLEM_HELP)
    .map(([code, help]) => [`\`${code}\``, help.means, help.check, help.do]);
  assert.deepEqual(ROWS.get("code"), told);
  assert.ok(told.length >= 16);
});

Deno.test("every row says what it means, what to check and what to do", () => {
  for (const row of [...ROWS.values()].flat()) {
    assert.equal(row.length, 4, row[0]!);
    assert.ok(row.every((cell) => cell.length > 3), row[0]!);
  }
});

Deno.test("every event that is worth an alarm is one of the log's", () => {
  const [, paragraph = ""] = /^Worth an alarm: ([\s\S]*?)\n\n/m.exec(PAGE) ?? [];
  const named = [...paragraph.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, event]) => event!);
  const logged = new Set([...sources(new URL("src/", ROOT))].flatMap(eventsOf));
  assert.deepEqual(named.filter((event) => !logged.has(event)), []);
  assert.ok(named.length > 5, "there are hardly any alarms");
});
