/** `docs/callers.md` says what the code does: entries, patterns, reasons, keys. */

import assert from "node:assert/strict";
import { generateApiKey } from "../src/adapters/callers/api_keys.ts";
import { parseCallers } from "../src/domain/caller_entry.ts";
import { subjectMatcher } from "../src/domain/subject_pattern.ts";
import { PERMISSIONS } from "../src/domain/caller.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const PAGE = read("docs/callers.md");

/** JSON in fences, each as a list of callers. */
function listsIn(text: string) {
  return [...text.matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(([, json]) => {
    const value = JSON.parse(json!);
    return "callers" in value ? value : { callers: [value] };
  });
}

function entriesOf(list: unknown) {
  const read = parseCallers(list);
  assert.ok(read.ok, read.ok ? "" : read.problems.join("; "));
  return read.entries;
}

/** Cells of the rows of the table that has this in its head, without the marks of code. */
function rowsUnder(head: string): readonly string[][] {
  const [, rows] = PAGE.split(new RegExp(`^\\| ${head} .*\\n\\|[ |-]+\\|\\n`, "m"));
  assert.ok(rows !== undefined, `no table with ${head}`);
  return [.../^(?:\|.*\n)+/.exec(rows)![0].matchAll(/^\| (.*) \|$/gm)]
    .map(([, row]) => row!.split("|").map((cell) => cell.trim().replaceAll("`", "")));
}

/** Where several platforms share a section. */
const SHORTLY = "aws-flyio-vercel";

function linkOf(cell: string) {
  const [, platform = "", anchor = ""] = /^\[(.+)\]\(#(.+)\)$/.exec(cell) ?? [];
  return { platform, anchor };
}

Deno.test("every JSON of the page is an entry, and all can stand together in one list", () => {
  const lists = listsIn(PAGE);
  assert.ok(lists.length >= 5);
  for (const list of lists) assert.ok(entriesOf(list).length > 0);
  entriesOf({ callers: lists.flatMap(({ callers }) => callers) });
});

Deno.test("each recipe's entry fits the example of its platform, and no other", () => {
  const rows = rowsUnder("platform").map(([link, issuer = "", example = ""]) => ({
    ...linkOf(link!),
    issuer,
    example,
  }));
  for (const { platform, anchor, issuer, example } of rows) {
    if (anchor === SHORTLY) continue;
    const [, rest = ""] = PAGE.split(`\n### ${platform}\n`);
    const [section = ""] = rest.split("\n### ");
    const lists = section.includes("](#an-entry)") ? listsIn(PAGE).slice(0, 1) : listsIn(section);
    const [entry, ...more] = lists.flatMap(entriesOf);
    assert.ok(entry !== undefined && more.length === 0, platform);
    const { credential } = entry;
    if (credential.kind === "api_key") {
      assert.match(example, /API key/);
      continue;
    }
    if (issuer.startsWith("https:")) assert.equal(credential.issuer, issuer);
    const matches = subjectMatcher(credential.subject);
    const fitting = rows.filter((row) => matches(row.example)).map((row) => row.platform);
    assert.deepEqual(fitting, [platform]);
  }
});

Deno.test("the platforms that are told shortly can have entries, too", () => {
  const rows = rowsUnder("platform").filter(([link]) => linkOf(link!).anchor === SHORTLY);
  assert.equal(rows.length, 3);
  for (const [link, issuer = "", subject] of rows) {
    const known = issuer.startsWith("https:") ? issuer : "https://issuer.example";
    const audience = "https://tickets.example.com";
    const one = { id: "a", issuer: known, audience, subject, tenants: ["*"], may: ["ticket"] };
    assert.equal(entriesOf({ callers: [one] }).length, 1, `${link}`);
  }
});

Deno.test("patterns fit what the page says that they fit", () => {
  const rows = rowsUnder("pattern");
  assert.ok(rows.length >= 4);
  for (const [pattern = "", fits = "", not = ""] of rows) {
    const matches = subjectMatcher(pattern);
    assert.ok(matches(fits), `${pattern} does not fit ${fits}`);
    assert.ok(!matches(not), `${pattern} fits ${not}`);
  }
});

Deno.test("the page explains every reason why a credential is nobody's, and no other", () => {
  const [, union = ""] = /export type NobodyReason =([^;]*);/.exec(
    read("src/adapters/callers/finding.ts"),
  ) ?? [];
  const reasons = [...union.matchAll(/\| "([a-z_]+)"/g)].map(([, reason]) => reason);
  assert.ok(reasons.length >= 10);
  assert.deepEqual(rowsUnder("reason").map(([reason]) => reason).sort(), reasons.sort());
});

Deno.test("the page names every permission", () => {
  const may = rowsUnder("member").find(([member]) => member === "may")!;
  for (const permission of PERMISSIONS) assert.ok(may[1]!.includes(permission), permission);
});

Deno.test("the page's regular expression finds keys that are made here", () => {
  const [, source = ""] = /`(bo_\[[^`]+)`/.exec(PAGE)!;
  const { key } = generateApiKey(() => crypto.getRandomValues(new Uint8Array(32)));
  assert.match(key.reveal(), new RegExp(`^${source}$`));
});
