/** `deno task demo` as a person starts it: a line per step, an exit code to trust, nothing left. */

import assert from "node:assert/strict";
import { runTask } from "../support/processes.ts";

const STEPS = ["consent", "store", "ticket", "sign", "exchange", "again", "company", "ledger"];

/** Runs the demo in folders of its own and sees to it that both stay empty. */
async function runDemo(args: readonly string[]) {
  const [cwd, temporary] = await Promise.all([Deno.makeTempDir(), Deno.makeTempDir()]);
  try {
    const exit = await runTask("demo", { cwd, args, env: { TMPDIR: temporary } });
    assert.deepEqual([...Deno.readDirSync(cwd)], [], "left in the working directory");
    assert.deepEqual([...Deno.readDirSync(temporary)], [], "left in the temporary folder");
    return exit;
  } finally {
    await Promise.all([cwd, temporary].map((path) => Deno.remove(path, { recursive: true })));
  }
}

/** Names of the steps that say they happened, in order. */
const told = (stdout: string): string[] =>
  [...stdout.matchAll(/^ *\d+ ms {2}(\w+) +\S/gm)].map(([, name]) => name!);

Deno.test("the demo tells each step in a line, ends with 0 and leaves nothing behind", async () => {
  const { code, stdout, stderr } = await runDemo([]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  assert.deepEqual(told(stdout), STEPS);
  assert.match(stdout, /^The whole of it took \d+\.\d s\./m);
  assert.doesNotMatch(stdout, /\b7T:/, "a ticket is printed");
});

Deno.test("the demo ends with 1 when SuperOffice refuses the signature, and leaves nothing", async () => {
  const { code, stdout, stderr } = await runDemo(["--break", "signature"]);
  assert.equal(code, 1);
  assert.deepEqual(told(stdout), ["consent", "store"]);
  assert.match(stderr, /^ *FAILED +the ticket was refused: consent_withdrawn$/m);
  assert.doesNotMatch(stdout, /The whole of it/);
});

Deno.test("the demo refuses an option that it does not know with 2", async () => {
  for (const args of [["--break", "everything"], ["--brake"]]) {
    const { code, stdout, stderr } = await runDemo(args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /^error: /);
  }
});
