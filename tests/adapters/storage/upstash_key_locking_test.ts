/** Upstash's flag for scripts that lock their own keys only, and servers that do not know it. */

import assert from "node:assert/strict";
import { requires } from "../../support/requirement.ts";
import { openUpstash, withBridge } from "./backends.ts";
import { request, TENANT, tenantOf } from "./samples.ts";

Deno.test({
  name: "scripts ask for key locking where that is wanted, and only there",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      for (const keyLocking of [true, false]) {
        await openUpstash(bridge, { keyLocking }).tickets.lease(TENANT, request());
        const script = bridge.seen.at(-1)?.[1] ?? "";
        assert.equal(script.startsWith("#!lua flags=allow-key-locking\n"), keyLocking);
      }
    }),
});

Deno.test({
  name: "a server that refuses the key-locking flag gets scripts without it, from the second on",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const { tickets } = openUpstash(bridge, { keyLocking: true });
      const answer = await tickets.lease(TENANT, request());
      assert.equal(answer.kind, "lease");
      assert.deepEqual(await tickets.lease(TENANT, request()), answer);
      const flags = bridge.seen.map(([, script = ""]) => script.startsWith("#!"));
      assert.deepEqual(flags, [true, false, false]);
    }, { knowsKeyLocking: false }),
});

Deno.test({
  name: "a server that refuses the key-locking flag answers all calls that were first at once",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      const { tickets } = openUpstash(bridge, { keyLocking: true });
      const tenants = Array.from({ length: 10 }, (_, index) => tenantOf(index + 1));
      const answers = await Promise.all(tenants.map((it) => tickets.lease(it, request())));
      assert.deepEqual(answers.map(({ kind }) => kind), Array(10).fill("lease"));
      assert.equal(bridge.seen.filter(([, script = ""]) => script.startsWith("#!")).length, 10);
      assert.equal(bridge.seen.length, 20);
    }, { knowsKeyLocking: false }),
});

Deno.test({
  name: "the flag may be refused to a call that was sent again",
  ...requires("redis-server"),
  fn: () =>
    withBridge(async (bridge) => {
      bridge.next({ kind: "lost" });
      const { tickets } = openUpstash(bridge, { keyLocking: true });
      assert.equal((await tickets.lease(TENANT, request())).kind, "lease");
      assert.equal(bridge.seen.length, 3);
    }, { knowsKeyLocking: false }),
});
