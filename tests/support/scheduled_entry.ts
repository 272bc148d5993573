/**
 * Run by schedule_test.ts: the service where the platform has scheduled tasks. The task runs at SIGUSR1
 * instead of at its time.
 */

import { serve } from "../../src/main.ts";
import { print } from "../../src/print.ts";

Object.defineProperty(Deno, "cron", {
  value: (name: string, schedule: string, handler: () => Promise<void>) => {
    print.line(`scheduled ${name} ${schedule}`);
    Deno.addSignalListener("SIGUSR1", () => handler().then(() => print.line("tended")));
  },
});

await serve();
