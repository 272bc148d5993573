/** `docs/tenants.md` says what the code does: words of health, reasons, options. */

import assert from "node:assert/strict";
import { TENANT_HEALTHS } from "../src/domain/tenant.ts";
import { runTask } from "./support/processes.ts";

const ROOT = new URL("../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const PAGE = read("docs/tenants.md");

/** What stands in code marks in the first column of the table with this in its head. */
function wordsUnder(head: string): readonly string[] {
  const [, rest = ""] = PAGE.split(new RegExp(`^\\| ${head} .*\\n\\|[ |-]+\\|\\n`, "m"));
  const cells = [...(/^(?:\|.*\n)+/.exec(rest)?.[0] ?? "").matchAll(/^\| (.*?) +\|/gm)];
  return cells.flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)].map(([, word]) => word!));
}

const found = (
  source: string,
  pattern: RegExp,
) => [...new Set([...source.matchAll(pattern)].map(([, word]) => word!))];

Deno.test("every word of health is explained, and no other", () => {
  const words = [...TENANT_HEALTHS];
  assert.equal(words.length, 5);
  assert.deepEqual(wordsUnder("health").filter((word) => word !== "tenant_suspended"), words);
});

Deno.test("every reason that the code gives is explained", () => {
  const given = ["exchanging", "relay", "state_changes", "tenant_standings"].flatMap((name) =>
    found(read(`src/usecases/${name}.ts`), /\breason: "(\w+)"/g)
  );
  const stopped = found(read("src/domain/tenant_state.ts"), /return "(\w+)"/g);
  const reasons = [...given, ...stopped, "consent"];
  assert.ok(reasons.length > 8, "there are hardly any reasons");
  const explained = wordsUnder("reason");
  assert.deepEqual(reasons.filter((reason) => !explained.includes(reason)), []);
});

Deno.test("every option of ticket get is explained, and no other", async () => {
  const { stdout } = await runTask("cli", { args: ["ticket", "get", "--help"] });
  const options = found(stdout, /^ {2}(--\w+)/gm);
  assert.deepEqual(wordsUnder("option"), options);
});
