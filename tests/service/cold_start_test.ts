/** The first answer of a process: what a ticket from the store waits for, and what it does not. */

import assert from "node:assert/strict";
import { compose } from "../../src/compose.ts";
import { Secret } from "../../src/domain/secret.ts";
import { createLateLog } from "../../src/adapters/logging/late_log.ts";
import { API_KEY, createMemoryLog, startService, TENANT } from "../support/service.ts";

const PATH = `/v1/tenants/${TENANT}/ticket`;

Deno.test("a ticket from the store needs neither key nor ledger; what cannot be built is told behind it", async () => {
  const service = await startService();
  try {
    await service.consent();
    const first = await (await service.call(PATH)).json();
    const restarted = await compose({
      config: {
        ...service.config,
        signing: { kind: "file", pem: new Secret("no key at all"), standby: null, paths: {} },
      },
      publicUrl: service.url,
      superoffice: service.config.superoffice!,
      callers: service.config.callers!,
      log: createMemoryLog(),
    });
    try {
      const ask = () =>
        restarted.fetch(
          new Request(new URL(PATH, service.url), {
            headers: { authorization: `Bearer ${API_KEY}` },
          }),
        );
      const answer = await ask();
      assert.equal(answer.headers.get("x-ticket-source"), "store");
      assert.deepEqual(await answer.json(), first);
      await assert.rejects(restarted.complete(), /SIGNING_KEY_FILE/);
      assert.equal((await ask()).headers.get("x-ticket-source"), "memory");
    } finally {
      await restarted.close();
    }
  } finally {
    await service.close();
  }
});

Deno.test("lines of a log whose library is still being loaded are written then, in their order", async () => {
  const log = createMemoryLog();
  const loaded = Promise.withResolvers<typeof log>();
  const late = createLateLog(() => loaded.promise);
  late.info("first", { at: 1 });
  late.error("second");
  assert.deepEqual(log.lines, []);
  loaded.resolve(log);
  await late.settle();
  late.warn("third");
  assert.deepEqual(log.lines.map(({ event }) => event), ["first", "second", "third"]);
});

Deno.test("a log whose library cannot be loaded loses lines and nothing else, and tries again", async () => {
  const log = createMemoryLog();
  let loads = 0;
  const late = createLateLog(async () => {
    await Promise.resolve();
    if (++loads === 1) throw new Error("Cannot read the library");
    return log;
  });
  late.info("lost");
  await late.settle();
  late.info("written");
  await late.settle();
  assert.deepEqual(log.lines.map(({ event }) => event), ["written"]);
});
