/** One plain request to Upstash, without any client: the least that a read of the store can cost. */

import type { World } from "./world.ts";

export type Upstash = NonNullable<World["upstash"]>;

/** @throws if the world keeps its tickets elsewhere */
export function requireUpstash({ upstash }: World): Upstash {
  if (upstash === null) throw new Error("Cannot measure: this world has no Upstash");
  return upstash;
}

/** Runs one command. @returns its result @throws unless Upstash answers 200 */
export async function command({ url, token }: Upstash, ...words: string[]): Promise<unknown> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(words),
  });
  if (!answer.ok) throw new Error(`Cannot measure: Upstash answered ${answer.status}`);
  return (await answer.json()).result;
}

/** The key under which a tenant's ticket lies. @throws if there is not exactly one */
export async function ticketKey(upstash: Upstash, tenant: string): Promise<string> {
  const keys = await command(upstash, "KEYS", `*:ticket:{${tenant}}`) as readonly string[];
  if (keys.length !== 1) throw new Error(`Cannot measure: ${keys.length} keys hold the ticket`);
  return keys[0]!;
}

/** How often Redis ran each command since it was last asked to forget. */
export async function commandCounts(upstash: Upstash): Promise<ReadonlyMap<string, number>> {
  const text = String(await command(upstash, "INFO", "commandstats"));
  const lines = text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm);
  return new Map([...lines].map(([, name, calls]) => [name!, Number(calls)]));
}
