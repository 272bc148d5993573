/**
 * What each call of a port costs at Upstash, measured on a real Redis behind its protocol: commands, with
 * those inside scripts, which Upstash bills too, and the bytes of bodies both ways.
 */

import { openUpstash, withBridge } from "../../tests/adapters/storage/backends.ts";
import { type MonthOptions, simulateMonth } from "./month.ts";

export interface PortCost {
  readonly calls: number;
  readonly commands: number;
  readonly bytes: number;
}

/** Costs by port, the mean of each: of a few tenants and days. Takes a redis-server. */
export async function measurePorts(
  options: MonthOptions,
): Promise<ReadonlyMap<string, PortCost>> {
  const costs = new Map<string, PortCost>();
  await withBridge(async (bridge) => {
    const original = globalThis.fetch;
    let bytes = 0;
    globalThis.fetch = async (input, init) => {
      const answer = await original(input, init);
      if (typeof init?.body === "string") bytes += init.body.length;
      const body = await answer.arrayBuffer();
      bytes += body.byteLength;
      return new Response(body, answer);
    };
    const commands = async () => {
      const text = String(await bridge.redis.call("INFO", "commandstats"));
      const own = /^cmdstat_(?!info)\S+:calls=(\d+)/gm;
      return [...text.matchAll(own)].reduce((sum, [, calls]) => sum + Number(calls), 0);
    };
    // One after the other, so that each is told apart.
    let last: Promise<unknown> = Promise.resolve();
    const stores = openUpstash(bridge);
    try {
      await simulateMonth(stores, options, (name, call) => {
        const measured = last.then(async () => {
          const [before, bytesBefore] = [await commands(), bytes];
          const answer = await call();
          const known = costs.get(name) ?? { calls: 0, commands: 0, bytes: 0 };
          costs.set(name, {
            calls: known.calls + 1,
            commands: known.commands + await commands() - before,
            bytes: known.bytes + bytes - bytesBefore,
          });
          return answer;
        });
        last = measured.catch(() => {});
        return measured;
      });
    } finally {
      stores.close();
      globalThis.fetch = original;
    }
  });
  return costs;
}
