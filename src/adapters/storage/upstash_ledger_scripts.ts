/**
 * Atomic steps of the ledger. KEYS[1] is the head, the exact text of a tree head; leaves are in
 * lists of a fixed size, so no key outgrows Upstash's limit for one record and the index of a leaf
 * says where it is. Nothing is ever overwritten or trimmed: what does not fit is unreadable, and
 * then nothing is appended until somebody has looked.
 */

import type { Script } from "./upstash_client.ts";

/** Leaves in one list. Never changes: it is how a leaf is found. */
export const CHUNK = 1000;

/** The head before the first append; there is no key yet. */
export const EMPTY_HEAD = '{"size":0,"frontier":[]}';

/** KEYS: head. Answers HEAD, text. */
export const HEAD: Script = {
  repeatable: true,
  text: `return {'HEAD', redis.call('GET', KEYS[1]) or '${EMPTY_HEAD}'}`,
};

/**
 * KEYS: head, mark of this append, the lists that the leaves go to. ARGV: expected head, next head,
 * life of the mark, expected size, leaves. Answers APPENDED, or CONFLICT and the head.
 */
export const APPEND: Script = {
  repeatable: true,
  text: `
if redis.call('EXISTS', KEYS[2]) == 1 then return {'APPENDED'} end
local head = redis.call('GET', KEYS[1]) or '${EMPTY_HEAD}'
if head ~= ARGV[1] then return {'CONFLICT', head} end
local offset = tonumber(ARGV[4]) % ${CHUNK}
for at = 3, #KEYS do
  local length = redis.call('LLEN', KEYS[at])
  if length ~= (at == 3 and offset or 0) then return {'UNREADABLE'} end
end
local from = 5
while from <= #ARGV do
  local place = offset + from - 5
  local to = math.min(#ARGV, from + ${CHUNK} - place % ${CHUNK} - 1)
  redis.call('RPUSH', KEYS[3 + math.floor(place / ${CHUNK})], unpack(ARGV, from, to))
  from = to + 1
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
return {'APPENDED'}`,
};

/**
 * KEYS: head, the lists in order. ARGV: offset in the first list, limit. Answers LEAVES, the head
 * and the leaves, all as of one moment.
 */
export const READ: Script = {
  repeatable: true,
  text: `
local answer = {'LEAVES', redis.call('GET', KEYS[1]) or '${EMPTY_HEAD}'}
local first, left = tonumber(ARGV[1]), tonumber(ARGV[2])
for at = 2, #KEYS do
  local leaves = redis.call('LRANGE', KEYS[at], first, first + left - 1)
  for _, leaf in ipairs(leaves) do answer[#answer + 1] = leaf end
  left = left - #leaves
  first = 0
  if left == 0 then break end
end
return answer`,
};
