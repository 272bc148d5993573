/**
 * Atomic steps of the tenant store. KEYS[1] is the hash of all tenants, KEYS[2] the order of first
 * consent. A tenant has the fields `<tenant>:consent`, `:seen`, `:serial`, `:consented_at` and
 * `:sequence`; the field `sequence` is the last one given and only grows.
 */

import type { Script } from "./upstash_client.ts";

/** ARGV: tenant. Answers FOUND, sequence, consent, seen (nil where there is none). */
export const GET: Script = {
  repeatable: true,
  text: `
local tenant = ARGV[1]
local found = redis.call('HMGET', KEYS[1],
  tenant .. ':sequence', tenant .. ':consent', tenant .. ':seen')
return {'FOUND', found[1], found[2], found[3]}`,
};

/** ARGV: tenant, serial, consented_at, consent, seen. Answers STORED, sequence or CONFLICT. */
export const PUT: Script = {
  repeatable: true,
  text: `
local tenant = ARGV[1]
local known = redis.call('HMGET', KEYS[1], tenant .. ':serial', tenant .. ':sequence')
if known[1] and known[1] ~= ARGV[2] then return {'CONFLICT'} end
local sequence = known[2]
if not sequence then
  sequence = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'sequence', 1))
  redis.call('ZADD', KEYS[2], sequence, tenant)
end
redis.call('HSET', KEYS[1],
  tenant .. ':sequence', sequence,
  tenant .. ':serial', ARGV[2],
  tenant .. ':consented_at', ARGV[3],
  tenant .. ':consent', ARGV[4],
  tenant .. ':seen', ARGV[5])
return {'STORED', sequence}`,
};

/** ARGV: tenant, consented_at, seen. Answers MARKED or PASSED. */
export const MARK: Script = {
  repeatable: true,
  text: `
local tenant = ARGV[1]
if redis.call('HGET', KEYS[1], tenant .. ':consented_at') ~= ARGV[2] then return {'PASSED'} end
redis.call('HSET', KEYS[1], tenant .. ':seen', ARGV[3])
return {'MARKED'}`,
};

/** ARGV: tenant. Answers REMOVED or NONE; a repeat would answer NONE to the one who removed. */
export const REMOVE: Script = {
  repeatable: false,
  text: `
local tenant = ARGV[1]
local removed = redis.call('HDEL', KEYS[1],
  tenant .. ':sequence', tenant .. ':serial', tenant .. ':consented_at',
  tenant .. ':consent', tenant .. ':seen')
redis.call('ZREM', KEYS[2], tenant)
if removed > 0 then return {'REMOVED'} end
return {'NONE'}`,
};

/** ARGV: after, limit. Answers LISTED and for each tenant its name, sequence, consent, seen. */
export const LIST: Script = {
  repeatable: true,
  text: `
local answer = {'LISTED'}
local tenants = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])
for _, tenant in ipairs(tenants) do
  local found = redis.call('HMGET', KEYS[1],
    tenant .. ':sequence', tenant .. ':consent', tenant .. ':seen')
  if not (found[1] and found[2] and found[3]) then return {'UNREADABLE'} end
  answer[#answer + 1] = tenant
  answer[#answer + 1] = found[1]
  answer[#answer + 1] = found[2]
  answer[#answer + 1] = found[3]
end
return answer`,
};
