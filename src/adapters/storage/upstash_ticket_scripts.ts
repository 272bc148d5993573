/**
 * Atomic steps of the ticket store. The keys of one tenant share a hash tag: ticket, refusal, lease,
 * pace (JSON records) and the generation counter (digits). Publishing is fenced against the
 * stored generation only; fencing against newer leases makes slow exchanges chase each other.
 * Times are the callers'; Redis' own expiry only tidies up, a minute later.
 */

import type { Script } from "./upstash_client.ts";

/**
 * `number` reads a member of a JSON record: nil without a record, false if it is none of ours.
 * `digits` writes a whole number; Lua's own way turns large ones into 1.7e+12. `named` puts the name
 * of the call that published a ticket into its record.
 */
const PRELUDE = `
local function number(text, name)
  if not text then return nil end
  local ok, record = pcall(cjson.decode, text)
  return ok and type(record) == 'table' and tonumber(record[name]) or false
end
local function member(text, name)
  if not text then return nil end
  local ok, record = pcall(cjson.decode, text)
  return ok and type(record) == 'table' and record[name] or nil
end
local function digits(value) return string.format('%.0f', value) end
local function named(call, record)
  return '{"call":' .. cjson.encode(call) .. ',' .. string.sub(record, 2)
end
`;

/**
 * KEYS: ticket, refusal, lease, counter, pace. ARGV: owner, why, lease ms, replaced generation (0
 * for none), credentials, now, expiry of the lease key, expiry of the counter, expiry of the pace,
 * pause before a renewal, count and period of rejections. Answers HIT ticket, REFUSED refusal,
 * LEASE generation, LATER ms, WAIT ms or LIMITED ms. The same owner gets its lease again and pays
 * once. A generation that was never given out replaces nothing. A ticket whose addresses have no
 * end, from an older program, is no hit.
 */
export const LEASE: Script = {
  repeatable: true,
  text: PRELUDE + `
local owner, why, now = ARGV[1], ARGV[2], tonumber(ARGV[6])
local replaced, credentials = tonumber(ARGV[4]), ARGV[5]
local pause, count, period = tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
local found = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
local held, ends = number(found[1], 'generation'), number(found[1], 'expires_at')
local located = number(found[1], 'addresses_until')
local refused = number(found[2], 'until')
local leased, expires = number(found[3], 'generation'), number(found[3], 'until')
local counter = tonumber(found[4] or '0')
local begun = number(found[5], 'leased_at')
local used, at = number(found[5], 'rejections_used'), number(found[5], 'rejections_at')
if held == false or ends == false or refused == false or leased == false or expires == false
  or not counter or begun == false or used == false or at == false then return {'UNREADABLE'} end
local known = math.max(counter, held or 0, leased or 0)
if held and located and ends > now and (held > replaced or replaced > known) then return {'HIT', found[1]} end
if refused and refused > now and member(found[2], 'credentials') == credentials then
  return {'REFUSED', found[2]}
end
local busy = leased and expires > now
if busy and member(found[3], 'owner') == owner then return {'LEASE', digits(leased)} end
if why == 'renewal' and begun and begun + pause > now then
  return {'LATER', digits(math.ceil(math.min(begun + pause - now, pause)))}
end
if busy then return {'WAIT', digits(math.ceil(expires - now))} end
used, at = used or 0, at or 0
if why == 'rejection' then
  used = math.max(0, used - math.max(0, now - at) * count)
  local missing = used + period - period * count
  if missing > 0 then return {'LIMITED', digits(math.ceil(missing / count))} end
  used, at = used + period, now
end
local generation = digits(known + 1)
local lease = '{"owner":' .. cjson.encode(owner) .. ',"generation":' .. generation ..
  ',"until":' .. digits(now + tonumber(ARGV[3])) .. '}'
local pace = '{"leased_at":' .. digits(now) .. ',"rejections_at":' .. digits(at) ..
  ',"rejections_used":' .. digits(used) .. '}'
redis.call('SET', KEYS[4], generation, 'PX', ARGV[8])
redis.call('SET', KEYS[3], lease, 'PX', ARGV[7])
redis.call('SET', KEYS[5], pace, 'PX', ARGV[9])
return {'LEASE', generation}`,
};

/**
 * KEYS: ticket, lease. ARGV: generation, owner, name of this call, ticket, expiry instant.
 * Answers PUBLISHED or FENCED; the name lets a repeated call know its own work again.
 */
export const PUBLISH: Script = {
  repeatable: true,
  text: PRELUDE + `
local found = redis.call('MGET', KEYS[1], KEYS[2])
local held = number(found[1], 'generation')
if held == false then return {'UNREADABLE'} end
if held and held >= tonumber(ARGV[1]) then
  if member(found[1], 'call') == ARGV[3] then return {'PUBLISHED'} end
  return {'FENCED'}
end
redis.call('SET', KEYS[1], named(ARGV[3], ARGV[4]), 'PXAT', ARGV[5])
if member(found[2], 'owner') == ARGV[2] then redis.call('DEL', KEYS[2]) end
return {'PUBLISHED'}`,
};

/**
 * KEYS: ticket. ARGV: generation, issued, expiry, ticket. Answers RELOCATED or PASSED. All that a sealed
 * ticket is bound to is asked for: what does not fit it would never open.
 */
export const RELOCATE: Script = {
  repeatable: true,
  text: PRELUDE + `
local found = redis.call('GET', KEYS[1])
if number(found, 'generation') ~= tonumber(ARGV[1]) or number(found, 'issued_at') ~= tonumber(ARGV[2])
  or number(found, 'expires_at') ~= tonumber(ARGV[3]) then return {'PASSED'} end
redis.call('SET', KEYS[1], named(member(found, 'call') or '', ARGV[4]), 'KEEPTTL')
return {'RELOCATED'}`,
};

/**
 * KEYS: lease, refusal, ticket. ARGV: owner, now, refusal, expiry of its key, expiry of a tombstone
 * ('0' lets the ticket be). Answers REFUSED or PASSED; once the lease is gone a repeat does nothing.
 */
export const REFUSE: Script = {
  repeatable: true,
  text: PRELUDE + `
local lease = redis.call('GET', KEYS[1])
local generation, expires = number(lease, 'generation'), number(lease, 'until')
if not (generation and expires) or expires <= tonumber(ARGV[2])
  or member(lease, 'owner') ~= ARGV[1] then return {'PASSED'} end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
if ARGV[5] ~= '0' then
  local held = number(redis.call('GET', KEYS[3]), 'generation') or 0
  local ended = digits(math.max(generation, held))
  local tombstone = '{"generation":' .. ended .. ',"expires_at":0}'
  redis.call('SET', KEYS[3], tombstone, 'PX', ARGV[5])
end
return {'REFUSED'}`,
};

/**
 * KEYS: ticket, refusal, lease, counter, pace. ARGV: expiry of tombstone and counter. Leaves a
 * tombstone in the ticket's place, newer than every exchange under way; nothing where nothing ever
 * was. Goes over garbage: it is the way out when a record cannot be read. Answers INVALIDATED.
 */
export const INVALIDATE: Script = {
  repeatable: true,
  text: PRELUDE + `
redis.call('DEL', KEYS[2], KEYS[5])
local found = redis.call('MGET', KEYS[1], KEYS[3], KEYS[4])
if not (found[1] or found[2] or found[3]) then return {'INVALIDATED'} end
local generation = digits(math.max(number(found[1], 'generation') or 0,
  number(found[2], 'generation') or 0, tonumber(found[3] or '0') or 0) + 1)
redis.call('SET', KEYS[4], generation, 'PX', ARGV[1])
redis.call('SET', KEYS[1], '{"generation":' .. generation .. ',"expires_at":0}', 'PX', ARGV[1])
redis.call('DEL', KEYS[3])
return {'INVALIDATED'}`,
};
