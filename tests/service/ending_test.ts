/** Ending with a time for those who send requests, as DRAIN_SECONDS has it. */

import { deepStrictEqual, equal, match } from "node:assert/strict";
import { eventually, startTask } from "../support/processes.ts";

/** Longer than this test may take: it ends by the second signal, or not in time. */
const DRAIN_SECONDS = "60";

Deno.test("after SIGTERM readiness says no, the rest is answered, and the second signal ends it", async () => {
  const folder = await Deno.makeTempDir();
  const env = { PORT: "0", DATA_DIR: folder, DRAIN_SECONDS };
  for (const second of ["SIGTERM", "SIGINT"] as const) {
    const service = startTask("start", { env });
    try {
      const [, url] = await service.line(/^Box Office listens at (\S+)$/);
      const ask = async (path: string) => {
        const answer = await fetch(new URL(path, url));
        const text = await answer.text();
        return { status: answer.status, connection: answer.headers.get("connection"), text };
      };
      const ready = await ask("/readyz");
      deepStrictEqual([ready.status, ready.connection], [200, null], ready.text);
      service.kill("SIGTERM");
      const left = await eventually("no readiness", async () => {
        const answer = await ask("/readyz");
        return answer.status === 503 ? answer : null;
      });
      deepStrictEqual(JSON.parse(left.text), { status: "not_ready", parts: { service: "down" } });
      for (const path of ["/healthz", "/", "/openapi.json"]) {
        const answer = await ask(path);
        deepStrictEqual([answer.status, answer.connection], [200, "close"], path);
      }
      service.kill(second);
      const { code, stderr } = await service.exit();
      equal(code, 0, stderr);
      match(stderr, /service\.leaving[\s\S]*service\.stopped/);
    } finally {
      await service.end();
    }
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("SIGINT ends at once, whatever time is configured", async () => {
  const folder = await Deno.makeTempDir();
  const service = startTask("start", { env: { PORT: "0", DATA_DIR: folder, DRAIN_SECONDS } });
  try {
    await service.line(/^Box Office listens at /);
    service.kill("SIGINT");
    const { code, stderr } = await service.exit();
    equal(code, 0, stderr);
    equal(stderr.includes("service.leaving"), false);
  } finally {
    await service.end();
    await Deno.remove(folder, { recursive: true });
  }
});
