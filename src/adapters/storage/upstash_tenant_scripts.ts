/**
 * Atomic steps of the tenant store. KEYS[1] is the hash of all tenants, KEYS[2] the order of first
 * consent, KEYS[3] the order of latest changes, KEYS[4] the notices, KEYS[5] those that wait. A tenant
 * has the fields `<tenant>:consent`, `:seen`, `:tickets_from`, `:serial`, `:consented_at`, `:sequence`
 * and `:change`; the last one, number and name of the call that made its latest change, outlives a
 * removal. The fields `sequence` and `change` are the last ones given and only grow.
 */

import type { Script } from "./upstash_client.ts";

/**
 * Of the steps that change something. ARGV: tenant, name of this call, id of the notice (empty for
 * none), the notice, when it came to be; then the step's own. A call whose reply was lost knows its own
 * work again, unless there was another change since, and then does no more.
 */
const PRELUDE = `
local tenant = ARGV[1]
local function isOwn(change) return change and string.match(change, '%S+$') == ARGV[2] end
local function later(stored, given)
  local before = tonumber(stored or '0')
  if not before then return nil end
  if before > tonumber(given) then return stored end
  return given
end
local function changed()
  local number = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'change', 1))
  redis.call('HSET', KEYS[1], tenant .. ':change', number .. ' ' .. ARGV[2])
  redis.call('ZADD', KEYS[3], number, tenant)
  if ARGV[3] ~= '' and redis.call('HSETNX', KEYS[4], ARGV[3], ARGV[4]) == 1 then
    redis.call('ZADD', KEYS[5], ARGV[5], ARGV[3])
  end
end
`;

/** ARGV: tenant. Answers FOUND, sequence, consent, seen, tickets_from (nil where there is none). */
export const GET: Script = {
  repeatable: true,
  text: `
local tenant = ARGV[1]
local found = redis.call('HMGET', KEYS[1], tenant .. ':sequence', tenant .. ':consent',
  tenant .. ':seen', tenant .. ':tickets_from')
return {'FOUND', found[1], found[2], found[3], found[4]}`,
};

/**
 * ARGV from the sixth: serial, consented_at, consent, seen. Answers STORED, sequence, tickets_from; or
 * CONFLICT.
 */
export const PUT: Script = {
  repeatable: true,
  text: PRELUDE + `
local known = redis.call('HMGET', KEYS[1], tenant .. ':serial', tenant .. ':sequence',
  tenant .. ':tickets_from', tenant .. ':consented_at', tenant .. ':change')
if isOwn(known[5]) then return {'STORED', known[2], known[3]} end
if known[1] and known[1] ~= ARGV[6] then return {'CONFLICT'} end
local from = later(known[3] or known[4], ARGV[7])
if not from then return {'UNREADABLE'} end
local sequence = known[2]
if not sequence then
  sequence = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'sequence', 1))
  redis.call('ZADD', KEYS[2], sequence, tenant)
end
redis.call('HSET', KEYS[1],
  tenant .. ':sequence', sequence,
  tenant .. ':serial', ARGV[6],
  tenant .. ':consented_at', ARGV[7],
  tenant .. ':consent', ARGV[8],
  tenant .. ':seen', ARGV[9],
  tenant .. ':tickets_from', from)
changed()
return {'STORED', sequence, from}`,
};

/** ARGV from the sixth: consented_at, seen, tickets_from. Answers MARKED or PASSED. */
export const MARK: Script = {
  repeatable: true,
  text: PRELUDE + `
local known = redis.call('HMGET', KEYS[1],
  tenant .. ':consented_at', tenant .. ':tickets_from', tenant .. ':change')
if isOwn(known[3]) then return {'MARKED'} end
if known[1] ~= ARGV[6] then return {'PASSED'} end
local from = later(known[2] or known[1], ARGV[8])
if not from then return {'UNREADABLE'} end
redis.call('HSET', KEYS[1], tenant .. ':seen', ARGV[7], tenant .. ':tickets_from', from)
changed()
return {'MARKED'}`,
};

/** Answers REMOVED or NONE. */
export const REMOVE: Script = {
  repeatable: true,
  text: PRELUDE + `
if isOwn(redis.call('HGET', KEYS[1], tenant .. ':change')) then return {'REMOVED'} end
local removed = redis.call('HDEL', KEYS[1],
  tenant .. ':sequence', tenant .. ':serial', tenant .. ':consented_at',
  tenant .. ':consent', tenant .. ':seen', tenant .. ':tickets_from')
redis.call('ZREM', KEYS[2], tenant)
if removed == 0 then return {'NONE'} end
changed()
return {'REMOVED'}`,
};

/**
 * ARGV: after, limit. Answers LISTED and for each tenant its name, sequence, consent, seen,
 * tickets_from (nil where an older program wrote it).
 */
export const LIST: Script = {
  repeatable: true,
  text: `
local answer = {'LISTED'}
local tenants = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])
for _, tenant in ipairs(tenants) do
  local found = redis.call('HMGET', KEYS[1], tenant .. ':sequence', tenant .. ':consent',
    tenant .. ':seen', tenant .. ':tickets_from')
  if not (found[1] and found[2] and found[3]) then return {'UNREADABLE'} end
  answer[#answer + 1] = tenant
  for index = 1, 4 do answer[#answer + 1] = found[index] end
end
return answer`,
};

/**
 * ARGV: after, limit. Answers CHANGES, the last number given, and for each tenant its name, change,
 * seen, tickets_from, consented_at (nil where it is gone).
 */
export const CHANGES: Script = {
  repeatable: true,
  text: `
local answer = {'CHANGES', redis.call('HGET', KEYS[1], 'change') or '0'}
local tenants = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])
for _, tenant in ipairs(tenants) do
  local found = redis.call('HMGET', KEYS[1], tenant .. ':change', tenant .. ':seen',
    tenant .. ':tickets_from', tenant .. ':consented_at')
  answer[#answer + 1] = tenant
  for index = 1, 4 do answer[#answer + 1] = found[index] end
end
return answer`,
};
