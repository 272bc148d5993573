/** What tests run commands in, one after another, against a process for each: the same exits. */

import assert from "node:assert/strict";
import { sharedCommandLine } from "../support/command_line.ts";
import { type ProcessOptions, runTask } from "../support/processes.ts";
import { testKeyPem } from "../support/test_keys.ts";

const line = sharedCommandLine();

const KEY = "projects/box-office-sandbox/locations/europe-west4/keyRings/apps/cryptoKeys/app";

/** Verdicts, usage, a configuration that ends the process, standard input, and no environment again. */
const COMMANDS: readonly ProcessOptions[] = [
  { args: ["nothing"] },
  { args: ["caller", "--help"] },
  { args: ["caller", "list"], env: { CALLERS: '{"callers":[]}', DATA_DIR: "/nonexistent" } },
  { args: ["ticket", "get", "Cust1"], env: { PORT: "none", DATA_DIR: "/nonexistent" } },
  { args: ["key", "import", "--key", KEY], input: testKeyPem("rsa2048").slice(0, -100) },
  { args: ["key", "import", "--key", KEY], input: "ø".repeat(70_000) },
  { args: ["key", "import", "--key", KEY] },
  { args: ["key", "show"] },
  { args: ["ledger", "verify", "--file", "/nonexistent"] },
];

Deno.test("a command ends as it does in a process of its own", async () => {
  for (const command of COMMANDS) {
    assert.deepEqual(await line.run(command), await runTask("cli", command));
  }
});

Deno.test("commands that are asked at once come one after another", async () => {
  const exits = await Promise.all(COMMANDS.map((command) => line.run(command)));
  for (const [at, command] of COMMANDS.entries()) {
    assert.deepEqual(exits[at], await line.run(command));
  }
});
