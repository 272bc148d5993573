import assert from "node:assert/strict";
import { type Stage, tenant, withSuperOffice } from "./superoffice_client.ts";
import { listening, withEar } from "./superoffice_ear.ts";

Deno.test("an app that fails, redirects or is not there is told once, and hurts nobody", async () => {
  const answers: Record<string, () => Response> = {
    500: () => new Response("broken", { status: 500 }),
    307: () => new Response(null, { status: 307, headers: { location: "/again" } }),
  };
  for (const [status, answer] of Object.entries(answers)) {
    await withEar((ear) =>
      withSuperOffice(async (stage) => {
        listening(stage, ear.url);
        stage.control.suspend(tenant);
        await stage.control.settled();
        const [push] = stage.control.pushes();
        assert.deepEqual([push?.status, push?.error], [Number(status), null]);
        assert.equal(ear.told.length, 1);
        const state = await (await fetch(`${stage.url}/api/state/${tenant}`)).json();
        assert.equal(state.State, "Suspended");
      }), answer);
  }
  await withSuperOffice(async (stage) => {
    const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    gone.close();
    listening(stage, `http://127.0.0.1:${gone.addr.port}/`);
    stage.control.suspend(tenant);
    await stage.control.settled();
    const [push] = stage.control.pushes();
    assert.equal(push?.status, null);
    assert.match(push?.error ?? "", /refused/i);
  });
});

Deno.test("an app that never answers is given up after the time set, and waits for nobody", async () => {
  const never = Promise.withResolvers<Response>();
  await withEar(async (ear) => {
    await withSuperOffice(async (stage) => {
      assert.equal(stage.control.switches().defaults.stateChangeTimeoutMs, 10_000);
      stage.control.set({ stateChangeTimeoutMs: 100 });
      listening(stage, ear.url);
      const before = Date.now();
      stage.control.suspend(tenant);
      const [underWay] = stage.control.pushes();
      assert.deepEqual([underWay?.status, underWay?.error], [null, null]);
      await stage.control.settled();
      assert.ok(Date.now() - before >= 90);
      const [push] = stage.control.pushes();
      assert.deepEqual([push?.status, push?.error], [null, "No answer in 100 ms"]);
    });
    never.resolve(new Response());
  }, () => never.promise);
});

Deno.test("closing the simulator gives up the pushes under way", async () => {
  const never = Promise.withResolvers<Response>();
  await withEar(async (ear) => {
    let pushes: Stage["control"]["pushes"] = () => [];
    await withSuperOffice(async (stage) => {
      ({ pushes } = stage.control);
      // Given up for its lateness it would be called late, long after.
      stage.control.set({ stateChangeTimeoutMs: 60_000 });
      listening(stage, ear.url);
      stage.control.suspend(tenant);
      await ear.first;
    });
    // First, as a listener that waits would hold the end of a test that fails.
    never.resolve(new Response());
    assert.deepEqual(pushes().map(({ error }) => error), ["The simulator was closed"]);
  }, () => never.promise);
});

Deno.test("a closed simulator has no push under way any more, however late one gives up", async () => {
  const never = Promise.withResolvers<Response>();
  const mayGiveUp = Promise.withResolvers<void>();
  const { fetch: real } = globalThis;
  await withEar(async (ear) => {
    globalThis.fetch = (input, init) =>
      real(input, init).catch(async (error) => {
        if (input === ear.url) await mayGiveUp.promise;
        throw error;
      });
    const order: string[] = [];
    await withSuperOffice(async (stage) => {
      listening(stage, ear.url);
      stage.control.suspend(tenant);
      await ear.first;
      const closed = stage.close().then(() => order.push("closed"));
      while (await listens(stage.url));
      // A close that waits for nothing else would be through by then.
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push("given up");
      mayGiveUp.resolve();
      await closed;
    });
    never.resolve(new Response());
    assert.deepEqual(order, ["given up", "closed"]);
  }, () => never.promise).finally(() => globalThis.fetch = real);
});

async function listens(url: string): Promise<boolean> {
  try {
    const { hostname, port } = new URL(url);
    (await Deno.connect({ hostname, port: Number(port) })).close();
    return true;
  } catch {
    return false;
  }
}
