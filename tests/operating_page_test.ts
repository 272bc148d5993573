/** `docs/operating.md` says what the code does: every event of the log has a row, and no other. */

import assert from "node:assert/strict";

const ROOT = new URL("../", import.meta.url);
const PAGE = Deno.readTextFileSync(new URL("docs/operating.md", ROOT));

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
  const [, table = ""] = PAGE.split(/^\| event .*\n\|[ |-]+\|\n/m);
  const [rows = ""] = /^(?:\|.*\n)+/.exec(table) ?? [];
  const cells = [...rows.matchAll(/^\| (.*?) +\|/gm)].map(([, cell]) => cell!);
  const explained = cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, it]) => it!));
  assert.deepEqual(explained.toSorted(), logged);
  assert.ok(logged.length > 30, "there are hardly any events");
});

Deno.test("every event that is worth an alarm is one of the log's", () => {
  const [, paragraph = ""] = /^Worth an alarm: ([\s\S]*?)\n\n/m.exec(PAGE) ?? [];
  const named = [...paragraph.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, event]) => event!);
  const logged = new Set([...sources(new URL("src/", ROOT))].flatMap(eventsOf));
  assert.deepEqual(named.filter((event) => !logged.has(event)), []);
  assert.ok(named.length > 5, "there are hardly any alarms");
});
