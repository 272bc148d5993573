/** `docs/doctor.md` says what the doctor does: every check has a row, and no other. */

import assert from "node:assert/strict";

const COMMANDS = new URL("../src/cli/", import.meta.url);
const PAGE = Deno.readTextFileSync(new URL("../docs/doctor.md", import.meta.url));

Deno.test("every check of the doctor has its row on the page, and no other", () => {
  const checks = [...Deno.readDirSync(COMMANDS)]
    .filter(({ name }) => name.startsWith("doctor"))
    .flatMap(({ name }) => {
      const source = Deno.readTextFileSync(new URL(name, COMMANDS));
      return [...source.matchAll(/(?:\bname: |\bcheckOf\(\s*)"([a-z_]+)"/g)].map(([, it]) => it!);
    });
  const [, table = ""] = PAGE.split("## Checks");
  const rows = [...table.matchAll(/^\| `([a-z_]+)` /gm)].map(([, it]) => it!);
  assert.deepEqual(rows.toSorted(), [...new Set(checks)].sort());
  assert.ok(rows.length >= 20, "there are hardly any checks");
});
