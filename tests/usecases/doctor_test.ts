/** Checks side by side: none keeps another from being made, and no error says more than it may. */

import assert from "node:assert/strict";
import { PartFault } from "../../src/domain/part_fault.ts";
import { SignerFault } from "../../src/domain/signer_fault.ts";
import { type Check, ok, runChecks, warning } from "../../src/usecases/doctor.ts";
import type { Clock } from "../../src/usecases/ports.ts";

const check = (name: string, run: Check["run"], deadlineMs = 1000): Check => ({
  name,
  run,
  deadlineMs,
});

/** Sleeping takes no time, unless nobody waits for it any more. */
const clock: Clock = {
  now: () => 0,
  sleep: (_, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, 0);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

Deno.test("a check that hangs is a problem after its deadline, is told so, and hides no other", async () => {
  let isTold = false;
  const found = await runChecks([
    check("hangs", (signal) => {
      signal.addEventListener("abort", () => isTold = true);
      return new Promise(() => {});
    }),
    check("well", () => Promise.resolve(ok("well"))),
    check("odd", () => Promise.resolve(warning("odd", "look"))),
  ], clock);
  assert.deepEqual(found.map((it) => [it.check, it.level]), [
    ["hangs", "problem"],
    ["well", "ok"],
    ["odd", "warning"],
  ]);
  assert.match(found[0]!.text, /no answer within 1000 ms/);
  assert.ok(isTold);
});

Deno.test("what a check throws is a problem, and says only what may be said", async () => {
  const thrown = [new PartFault("store", "auth"), new SignerFault("denied"), new Error("s3cret")];
  const checks = thrown.map((error) => check("c", () => Promise.reject(error)));
  const atOnce = check("c", () => {
    throw new Error("s3cret");
  });
  const found = await runChecks([...checks, atOnce], clock);
  assert.deepEqual(found.map(({ level }) => level), Array(4).fill("problem"));
  assert.deepEqual(found.slice(0, 2).map(({ text }) => text), [
    "Cannot use the store: auth",
    "Cannot sign the text: denied",
  ]);
  assert.doesNotMatch(JSON.stringify(found), /s3cret/);
  const [said] = await runChecks(
    [atOnce],
    clock,
    () => ({ text: "it was closed", remedy: "open it" }),
  );
  assert.deepEqual([said?.text, said?.remedy], ["it was closed", "open it"]);
});
