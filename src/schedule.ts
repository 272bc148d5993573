/**
 * What goes on by itself where a process sleeps while nobody asks, as on Deno Deploy: a scheduled task
 * wakes one each minute, and it stays awake for what its background has to do. Loaded only where the
 * platform has such tasks (`Deno.cron`).
 */

import type { Running } from "./main.ts";

/** Deno Deploy, "Cron": found at the top level, before anything listens; never two at once; in UTC. */
type Cron = (name: string, schedule: string, handler: () => Promise<void>) => unknown;

/** Known under this name on the platform's pages. */
const NAME = "box-office-tend";
const EACH_MINUTE = "* * * * *";

/** @param running rejects or stays open where the service does not start */
export function schedule(running: Promise<Running>): void {
  const { cron } = Deno as unknown as { readonly cron: Cron };
  // The platform finds the task by running this file, perhaps without the service's environment.
  void cron(NAME, EACH_MINUTE, async () => await (await running).tend());
}
