/**
 * Atomic steps of the notice store. KEYS: the hash of notices, those that wait by when they are due,
 * the buried by when. A notice has the fields `<id>` (what was put, never changed), `<id>:attempts` and
 * `<id>:error`.
 */

import type { Script } from "./upstash_client.ts";

/** Counts an attempt that failed, over whatever stands there. */
const FAIL = `
local id = ARGV[1]
local function fail(error)
  local attempts = tonumber(redis.call('HGET', KEYS[1], id .. ':attempts') or '0') or 0
  redis.call('HSET', KEYS[1], id .. ':attempts', string.format('%.0f', attempts + 1),
    id .. ':error', error)
end
`;

/**
 * ARGV: now, limit, until. Answers TAKEN and for each notice its id, itself and its attempts. A repeat
 * takes others: those of the lost reply wait until then.
 */
export const TAKE: Script = {
  repeatable: true,
  text: `
local answer = {'TAKEN'}
local due = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
for _, id in ipairs(due) do
  local found = redis.call('HMGET', KEYS[1], id, id .. ':attempts')
  if found[1] then
    redis.call('ZADD', KEYS[2], ARGV[3], id)
    answer[#answer + 1] = id
    answer[#answer + 1] = found[1]
    answer[#answer + 1] = found[2] or '0'
  else
    redis.call('ZREM', KEYS[2], id)
  end
end
return answer`,
};

/** ARGV: id. Answers DONE. */
export const DONE: Script = {
  repeatable: true,
  text: `
local id = ARGV[1]
redis.call('HDEL', KEYS[1], id, id .. ':attempts', id .. ':error')
redis.call('ZREM', KEYS[2], id)
redis.call('ZREM', KEYS[3], id)
return {'DONE'}`,
};

/** ARGV: id, due instant, error. Answers WAITING or NONE. A repeat would count two attempts. */
export const RETRY: Script = {
  repeatable: false,
  text: FAIL + `
if not redis.call('ZSCORE', KEYS[2], id) then return {'NONE'} end
fail(ARGV[3])
redis.call('ZADD', KEYS[2], ARGV[2], id)
return {'WAITING'}`,
};

/** ARGV: id, instant, error, how many stay buried. Answers BURIED or NONE. */
export const BURY: Script = {
  repeatable: true,
  text: FAIL + `
if redis.call('ZREM', KEYS[2], id) == 0 then return {'NONE'} end
fail(ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[2], id)
local over = redis.call('ZCARD', KEYS[3]) - tonumber(ARGV[4])
if over > 0 then
  for _, old in ipairs(redis.call('ZRANGE', KEYS[3], 0, over - 1)) do
    redis.call('HDEL', KEYS[1], old, old .. ':attempts', old .. ':error')
  end
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, over - 1)
end
return {'BURIED'}`,
};

/** ARGV: limit from 1. Answers FOUND and for each notice id, itself, attempts, error, instant. */
export const LIST_BURIED: Script = {
  repeatable: true,
  text: `
local answer = {'FOUND'}
for _, id in ipairs(redis.call('ZREVRANGE', KEYS[3], 0, ARGV[1] - 1)) do
  local found = redis.call('HMGET', KEYS[1], id, id .. ':attempts', id .. ':error')
  answer[#answer + 1] = id
  for index = 1, 3 do answer[#answer + 1] = found[index] end
  answer[#answer + 1] = string.format('%.0f', redis.call('ZSCORE', KEYS[3], id))
end
return answer`,
};

/** ARGV: id, due instant. Answers REVIVED or NONE; a repeat would answer NONE to the one who did. */
export const REVIVE: Script = {
  repeatable: false,
  text: `
local id = ARGV[1]
if redis.call('ZREM', KEYS[3], id) == 0 then return {'NONE'} end
redis.call('HDEL', KEYS[1], id .. ':attempts', id .. ':error')
redis.call('ZADD', KEYS[2], ARGV[2], id)
return {'REVIVED'}`,
};

/** Answers COUNTED, how many wait, how many are buried. */
export const COUNT: Script = {
  repeatable: true,
  text: `
local function count(key) return string.format('%.0f', key) end
return {'COUNTED', count(redis.call('ZCARD', KEYS[2])), count(redis.call('ZCARD', KEYS[3]))}`,
};
