/**
 * The service as processes, many of them. Where one is killed its lease lives on for some twenty seconds:
 * everybody waits for that at the same time, and the crowd comes meanwhile.
 */

import { AT_ONCE } from "../support/at_once.ts";
import { requires } from "../support/requirement.ts";
import { serveCrowd } from "./crowd.ts";
import { killHolders } from "./killed_holder.ts";
import { useProcesses } from "./own_processes.ts";

Deno.test({
  name: "processes of the service, in a crowd, on their own and killed",
  ...requires("redis-server"),
  async fn(t) {
    const step = (name: string, fn: (t: Deno.TestContext) => Promise<void>) =>
      t.step({ name, fn, ...AT_ONCE });
    const [holders, others] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await Promise.all([
      step(
        "the holder of a lease is killed: one exchange more, as soon as the lease has ended",
        (t) => killHolders(t, holders.resolve).finally(holders.resolve),
      ),
      step(
        "service, SuperOffice, Cloud KMS and Upstash as processes of their own",
        (t) => useProcesses(t, others.resolve).finally(others.resolve),
      ),
      step(
        "two hundred callers at four processes cost one exchange and one signature",
        async (t) => {
          await Promise.all([holders.promise, others.promise]);
          await serveCrowd(t);
        },
      ),
    ]);
  },
});
