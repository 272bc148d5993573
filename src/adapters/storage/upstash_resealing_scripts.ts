/** Atomic steps of sealing anew. A value is replaced only while it is still the text that was read. */

import type { Script } from "./upstash_client.ts";

/**
 * KEYS: the hash of all tenants, the order of first consent. ARGV: after, limit. Answers LISTED and for
 * each tenant its name, sequence and consent (nil where there is none).
 */
export const TENANTS: Script = {
  repeatable: true,
  text: `
local answer = {'LISTED'}
local tenants = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'WITHSCORES',
  'LIMIT', 0, ARGV[2])
for at = 1, #tenants, 2 do
  answer[#answer + 1] = tenants[at]
  answer[#answer + 1] = string.format('%.0f', tenants[at + 1])
  answer[#answer + 1] = redis.call('HGET', KEYS[1], tenants[at] .. ':consent')
end
return answer`,
};

/**
 * KEYS: the hash of notices. ARGV: cursor, about how many. Answers SCANNED, the next cursor, and for each
 * notice its id and itself. What is there all the time is given at least once.
 */
export const NOTICES: Script = {
  repeatable: true,
  text: `
local found = redis.call('HSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local answer = {'SCANNED', found[1]}
for at = 1, #found[2], 2 do
  if not string.find(found[2][at], ':', 1, true) then
    answer[#answer + 1] = found[2][at]
    answer[#answer + 1] = found[2][at + 1]
  end
end
return answer`,
};

/**
 * KEYS: hash. ARGV: field, text that was read, text that replaces it; and so on. Answers REPLACED and how
 * many fields hold the replacement.
 */
export const REPLACE_FIELDS: Script = {
  repeatable: true,
  text: `
local count = 0
for at = 1, #ARGV, 3 do
  local found = redis.call('HGET', KEYS[1], ARGV[at])
  if found == ARGV[at + 1] then redis.call('HSET', KEYS[1], ARGV[at], ARGV[at + 2]) end
  if found == ARGV[at + 1] or found == ARGV[at + 2] then count = count + 1 end
end
return {'REPLACED', string.format('%.0f', count)}`,
};

/** KEYS: ticket. ARGV: text that was read, text that replaces it. Answers REPLACED or PASSED. */
export const REPLACE_TICKET: Script = {
  repeatable: true,
  text: `
local found = redis.call('GET', KEYS[1])
if found == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL') end
if found == ARGV[1] or found == ARGV[2] then return {'REPLACED'} end
return {'PASSED'}`,
};
