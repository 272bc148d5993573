/** The ledger under many processes, and under processes that are killed. */

import { AT_ONCE } from "../support/at_once.ts";
import { requires } from "../support/requirement.ts";
import { killWriters } from "./killed_writers.ts";
import { writeTogether } from "./ledger_writers.ts";

Deno.test({
  name: "processes that write one ledger, all at once and killed",
  ...requires("redis-server"),
  async fn(t) {
    const step = (name: string, fn: (t: Deno.TestContext) => Promise<void>) =>
      t.step({ name, fn, ...AT_ONCE });
    await step(
      "four processes write two hundred entries each at once: one log, also while replies are lost",
      writeTogether,
    );
    await step(
      "killed at a commit point, a process leaves an intent more, never one less",
      killWriters,
    );
  },
});
