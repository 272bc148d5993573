/**
 * Atomic steps of the ledger. KEYS[1] is the head, the exact text of a tree head; leaves and hashes are
 * in lists of 256, a bundle or a tile each, so no key outgrows Upstash's limit for one record and the
 * index of a leaf says where it is. Nothing is ever overwritten or trimmed: what does not fit is
 * unreadable, and then nothing is appended until somebody has looked.
 */

import type { Script } from "./upstash_client.ts";

/** The head before the first append; there is no key yet. */
export const EMPTY_HEAD = '{"size":0,"frontier":[]}';

/** KEYS: head, floor. Answers HEAD, text, floor. */
export const HEAD: Script = {
  repeatable: true,
  text:
    `return {'HEAD', redis.call('GET', KEYS[1]) or '${EMPTY_HEAD}', redis.call('GET', KEYS[2]) or '0'}`,
};

/**
 * KEYS: head, mark of this append, lists. ARGV: expected head, next head, life of the mark; for each
 * list the length it must have and how many values it gets; then all values in the order of the lists.
 * Answers APPENDED, or CONFLICT and the head.
 */
export const APPEND: Script = {
  repeatable: true,
  text: `
if redis.call('EXISTS', KEYS[2]) == 1 then return {'APPENDED'} end
local head = redis.call('GET', KEYS[1]) or '${EMPTY_HEAD}'
if head ~= ARGV[1] then return {'CONFLICT', head} end
for at = 3, #KEYS do
  if redis.call('LLEN', KEYS[at]) ~= tonumber(ARGV[at * 2 - 2]) then return {'UNREADABLE'} end
end
local from = #KEYS * 2
for at = 3, #KEYS do
  local to = from + tonumber(ARGV[at * 2 - 1])
  redis.call('RPUSH', KEYS[at], unpack(ARGV, from, to - 1))
  from = to
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
return {'APPENDED'}`,
};

/**
 * KEYS: head, floor, bundles in order. ARGV: offset in the first bundle, limit. Answers LEAVES, the
 * head, the floor and the leaves, all as of one moment.
 */
export const READ: Script = {
  repeatable: true,
  text: `
local head = redis.call('GET', KEYS[1]) or '${EMPTY_HEAD}'
local answer = {'LEAVES', head, redis.call('GET', KEYS[2]) or '0'}
local first, left = tonumber(ARGV[1]), tonumber(ARGV[2])
for at = 3, #KEYS do
  local leaves = redis.call('LRANGE', KEYS[at], first, first + left - 1)
  for _, leaf in ipairs(leaves) do answer[#answer + 1] = leaf end
  left = left - #leaves
  first = 0
  if left == 0 then break end
end
return answer`,
};

/**
 * KEYS: head, floor, tiles. Answers TILES, the head, the floor, and of each tile how many hashes it has
 * and the hashes.
 */
export const TILES: Script = {
  repeatable: true,
  text: `
local head = redis.call('GET', KEYS[1]) or '${EMPTY_HEAD}'
local answer = {'TILES', head, redis.call('GET', KEYS[2]) or '0'}
for at = 3, #KEYS do
  local hashes = redis.call('LRANGE', KEYS[at], 0, -1)
  answer[#answer + 1] = tostring(#hashes)
  for _, hash in ipairs(hashes) do answer[#answer + 1] = hash end
end
return answer`,
};

/** KEYS: floor, lists below it. ARGV: the new floor. Answers FORGOTTEN; a lower floor is none. */
export const FORGET: Script = {
  repeatable: true,
  text: `
if tonumber(redis.call('GET', KEYS[1]) or '0') >= tonumber(ARGV[1]) then return {'FORGOTTEN'} end
redis.call('SET', KEYS[1], ARGV[1])
for at = 2, #KEYS do redis.call('UNLINK', KEYS[at]) end
return {'FORGOTTEN'}`,
};

/** KEYS: note. Answers NOTE and the text if there is one. */
export const NOTE: Script = {
  repeatable: true,
  text: `return {'NOTE', redis.call('GET', KEYS[1]) or nil}`,
};

/**
 * KEYS: note. ARGV: the new text, and the expected one unless none is expected. Answers KEPT or
 * CHANGED. Sent twice it answers as it did: the new text is there already.
 */
export const KEEP: Script = {
  repeatable: true,
  text: `
local text = redis.call('GET', KEYS[1]) or nil
if text == ARGV[1] then return {'KEPT'} end
if text ~= ARGV[2] then return {'CHANGED'} end
redis.call('SET', KEYS[1], ARGV[1])
return {'KEPT'}`,
};
