/** Atomic steps of the consent store, each on one key. */

import type { Script } from "./upstash_client.ts";

/**
 * KEYS: state. ARGV: name of this call, how long it is remembered. Answers TAKEN and the record, or
 * NONE. What is taken stays a little while under the name of the call that took it, so that this
 * call, and no other, gets it again when its reply was lost.
 */
export const TAKE: Script = {
  repeatable: true,
  text: `
local found = redis.call('GET', KEYS[1])
if not found then return {'NONE'} end
local pending = string.match(found, '^pending (.*)$')
if pending then
  redis.call('SET', KEYS[1], 'taken ' .. ARGV[1] .. ' ' .. pending, 'PX', ARGV[2])
  return {'TAKEN', pending}
end
local call, taken = string.match(found, '^taken (%S+) (.*)$')
if not call then return {'UNREADABLE'} end
if call == ARGV[1] then return {'TAKEN', taken} end
return {'NONE'}`,
};

/**
 * KEYS: digest. ARGV: name of this call, until, now, expiry of the key. Answers CLAIMED the first
 * time, and to the same call again; else KNOWN.
 */
export const CLAIM: Script = {
  repeatable: true,
  text: `
local found = redis.call('GET', KEYS[1])
if found then
  local ends, call = string.match(found, '^(%d+) (%S+)$')
  if not ends then return {'UNREADABLE'} end
  if call == ARGV[1] then return {'CLAIMED'} end
  if tonumber(ends) > tonumber(ARGV[3]) then return {'KNOWN'} end
end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[1], 'PX', ARGV[4])
return {'CLAIMED'}`,
};

/** KEYS: digest. Answers UNCLAIMED. A repeat might take back what another has claimed since. */
export const UNCLAIM: Script = {
  repeatable: false,
  text: `
redis.call('DEL', KEYS[1])
return {'UNCLAIMED'}`,
};

/** KEYS: finished consent. Answers FOUND and the record, nil where there is none. */
export const READ: Script = {
  repeatable: true,
  text: `return {'FOUND', redis.call('GET', KEYS[1])}`,
};
