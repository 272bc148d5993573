/** What goes on by itself where processes sleep. */

import { deepStrictEqual, equal, ok } from "node:assert/strict";
import { eventually, startFile } from "../support/processes.ts";
import { requires } from "../support/requirement.ts";
import { TENANT } from "../support/service.ts";
import { startSharedWorld } from "../support/shared_world.ts";

const LISTENS = /^Box Office listens at (\S+)$/;

Deno.test({
  name: "a scheduled task is known before anything listens, and signs the log's checkpoint",
  ...requires("redis-server"),
  async fn() {
    const world = await startSharedWorld();
    const service = startFile("tests/support/scheduled_entry.ts", { env: world.env });
    try {
      const [, url] = await service.line(LISTENS);
      await world.consent(url!);
      const answer = await world.call(url!, `/v1/tenants/${TENANT}/ticket`);
      equal(answer.status, 200, await answer.text());
      const isSigned = () =>
        world.bridge.seen.flat().some((word) => /^tickets\.example\.com\/ledger\n4\n/.test(word));
      // By itself it would wait for fifty seconds, which a process that sleeps does not have.
      equal(isSigned(), false);
      service.kill("SIGUSR1");
      await eventually("a checkpoint", () => isSigned() ? true : null);
      service.kill("SIGINT");
      const { code, stdout } = await service.exit();
      equal(code, 0);
      const said = stdout.split("\n").filter((line) => /^(scheduled|Box Office) /.test(line));
      deepStrictEqual(said[0], "scheduled box-office-tend * * * * *");
      ok(said[1]!.startsWith("Box Office listens"));
    } finally {
      await service.end();
      await world.close();
    }
  },
});

Deno.test("a platform that only looks for tasks finds ours without the service's environment", async () => {
  const entry = startFile("tests/support/scheduled_entry.ts", {
    env: { SUPEROFFICE_ENVIRONMENT: "online" },
  });
  try {
    const { code, stdout } = await entry.exit();
    deepStrictEqual([code, stdout], [2, "scheduled box-office-tend * * * * *\n"]);
  } finally {
    await entry.end();
  }
});
