/**
 * What all instances let through, in Upstash Redis: a leaky bucket for each name, which forgets itself
 * soon after it is empty.
 */

import type { UsageStore } from "../../usecases/ports.ts";
import type { Client, Script } from "./upstash_client.ts";
import { readNumber } from "./upstash_reply.ts";

/**
 * KEYS: usage. ARGV: uses, count, period, now, expiry of the key. Answers USED and what is used, in
 * units of `1 / count` milliseconds. Times are the callers': the one whose clock is ahead leads, by a
 * minute at most, so that clocks that differ give nothing back twice. What is no usage of ours is
 * begun anew: it saves work and is no evidence.
 */
const ADD: Script = {
  repeatable: false,
  text: `
local uses, count, period, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local used, at = 0, now
local used_text, at_text = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
if used_text then used, at = tonumber(used_text), tonumber(at_text) end
if at > now + 60000 then at = now end
if now > at then used, at = math.max(0, used - (now - at) * count), now end
used = math.min(used + uses * period, period * count)
local digits = string.format('%.0f', used)
redis.call('SET', KEYS[1], digits .. ' ' .. string.format('%.0f', at), 'PX', ARGV[5])
return {'USED', digits}`,
};

/** The key outlives an empty bucket by this: clocks differ. */
const SLACK_MS = 60_000;

export function createUpstashUsage(client: Client, prefix: string): UsageStore {
  return {
    async add(name, { count, periodMs }, uses, now) {
      const args = [uses, count, periodMs, Math.floor(now), periodMs + SLACK_MS].map(String);
      const [, used] = await client.run(ADD, [`${prefix}:usage:{${name}}`], args);
      return readNumber(used);
    },
  };
}
