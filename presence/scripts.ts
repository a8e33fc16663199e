/**
 * The Lua scripts of the live state. Each checks and changes one tenant's keys (one hash slot) in one step, so that a
 * writer that was overtaken by another cannot touch what the other wrote.
 *
 * `people` and `next` hold besides the people the field '' with their epoch: so an empty state differs from none.
 * `feed` (generation, last, seq, floor, run) and `changes` (local part -> number of its last change) tell readers who
 * changed: `last` is the highest number given, `seq` the highest that readers may ask for, `floor` the lowest.
 */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

export interface Script {
  readonly lua: string;
  readonly sha: string;
}

const script = (lua: string): Script => ({ lua, sha: createHash("sha1").update(lua).digest("hex") });

/** Numbers a change of a person; many more people than a tenant has cannot be kept: who reads from before starts over. */
const MARKING = `
local function mark(feed, changes, name)
  redis.call('ZADD', changes, redis.call('HINCRBY', feed, 'last', 1), name)
end
local function show(feed, changes)
  local last = redis.call('HGET', feed, 'last')
  redis.call('HSET', feed, 'seq', last)
  local over = redis.call('ZCARD', changes) - 200000
  if over > 0 then
    local cut = redis.call('ZRANGE', changes, over - 1, over - 1, 'WITHSCORES')
    redis.call('HSET', feed, 'floor', cut[2])
    redis.call('ZREMRANGEBYRANK', changes, 0, over - 1)
  end
  return tonumber(last)
end
`;

/**
 * Begins a new epoch of a tenant.
 * KEYS: epoch, next, people, feed, changes. ARGV: now (ms), ms to keep the epoch, ms to live, run of the Redis server,
 * then the generation and the last number that the caller has written, both empty when it has not.
 * Result: the epoch, higher than every one before, by the clock even when Redis lost its memory; the generation; and
 * how its numbers go on: 'compared' with the people that were published before, 'resumed' from what the caller
 * remembers, or 'begun'.
 */
export const claim = script(`
local epoch = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, tonumber(ARGV[1]))
local text = string.format('%.0f', epoch)
redis.call('SET', KEYS[1], text, 'PX', ARGV[2])
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], '', text)
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local feed = redis.call('HMGET', KEYS[4], 'generation', 'last', 'run')
local generation = feed[1]
local gone_back = generation == ARGV[5] and tonumber(feed[2]) < tonumber(ARGV[6])
if generation and feed[3] == ARGV[4] and not gone_back and redis.call('HEXISTS', KEYS[3], '') == 1 then
  return { text, generation, 'compared' }
end
redis.call('DEL', KEYS[3], KEYS[4], KEYS[5])
local floor, goes = 0, 'begun'
if ARGV[5] ~= '' and (not generation or generation == ARGV[5]) then
  -- Of the numbers right above the last known some may have been read: they are left out.
  generation, floor, goes = ARGV[5], tonumber(ARGV[6]), 'resumed'
else
  generation = text
end
redis.call('HSET', KEYS[4], 'generation', generation, 'run', ARGV[4],
  'floor', string.format('%.0f', floor), 'last', string.format('%.0f', floor + 1000), 'seq', string.format('%.0f', floor + 1000))
redis.call('PEXPIRE', KEYS[4], ARGV[3])
return { text, generation, goes }
`);

/**
 * Puts people into the state that is being built.
 * KEYS: epoch, next, people, feed, changes. ARGV: own epoch, ms to live, which of them get a number ('differing' from
 * what is published, 'all', 'none'), then field and value in turn; an empty value is of who is away.
 * Result: 1, or 0 when another epoch began or what was built is gone.
 */
export const fill = script(`${MARKING}
if redis.call('HGET', KEYS[2], '') ~= ARGV[1] then return 0 end
for i = 4, #ARGV, 2 do
  if ARGV[3] == 'all' or ARGV[3] == 'differing' and redis.call('HGET', KEYS[3], ARGV[i]) ~= ARGV[i + 1] then
    mark(KEYS[4], KEYS[5], ARGV[i])
  end
  if ARGV[i + 1] ~= '' then redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
`);

/**
 * Numbers those who are published and missing in the state that is being built, some hundred people a call.
 * KEYS: epoch, next, people, feed, changes. ARGV: own epoch, cursor ('0' first).
 * Result: the next cursor, '0' at the end; nil when another epoch began or what was built is gone.
 */
export const missing = script(`${MARKING}
if redis.call('HGET', KEYS[2], '') ~= ARGV[1] then return false end
local found = redis.call('HSCAN', KEYS[3], ARGV[2], 'COUNT', 500)
for i = 1, #found[2], 2 do
  local name = found[2][i]
  if name ~= '' and redis.call('HEXISTS', KEYS[2], name) == 0 then mark(KEYS[4], KEYS[5], name) end
end
return found[1]
`);

/**
 * Makes the built state the one that is read, whole and at once.
 * KEYS: next, people, live, feed, changes. ARGV: own epoch, ms to live, ms to keep, since (ms).
 * Result: the number of the last change, or nil when another epoch began or what was built is gone.
 */
export const publish = script(`${MARKING}
if redis.call('HGET', KEYS[1], '') ~= ARGV[1] or redis.call('EXISTS', KEYS[4]) == 0 then return false end
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[3], 'epoch', ARGV[1], 'since', ARGV[4], 'batch', '0')
local seq = show(KEYS[4], KEYS[5])
redis.call('PEXPIRE', KEYS[3], ARGV[2])
for _, key in ipairs({ KEYS[2], KEYS[4], KEYS[5] }) do redis.call('PEXPIRE', key, ARGV[3]) end
return seq
`);

/**
 * Changes people of the state that is read, and lets it live on.
 * KEYS: epoch, people, live, feed, changes. ARGV: own epoch, ms to live, ms to keep, ms to keep the epoch, batch, then
 * field and value in turn; an empty value removes.
 * Result: the number of the last change; nil when this epoch is not the one that is read, when a newer one began, or
 * when a batch before this one is not there: Redis went back to what it had saved. A batch not above the last one
 * changes nothing: it was sent again, or comes late from a connection that broke.
 */
export const change = script(`${MARKING}
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('HGET', KEYS[2], '') ~= ARGV[1] then return false end
local live = redis.call('HMGET', KEYS[3], 'epoch', 'batch')
if live[1] ~= ARGV[1] or redis.call('EXISTS', KEYS[4]) == 0 then return false end
local ahead = tonumber(ARGV[5]) - tonumber(live[2])
if ahead > 1 then return false end
if ahead == 1 then
  redis.call('HSET', KEYS[3], 'batch', ARGV[5])
  for i = 6, #ARGV, 2 do
    local name, value = ARGV[i], ARGV[i + 1]
    local before = redis.call('HGET', KEYS[2], name)
    if value == '' and before then
      redis.call('HDEL', KEYS[2], name)
      mark(KEYS[4], KEYS[5], name)
    elseif value ~= '' and before ~= value then
      redis.call('HSET', KEYS[2], name, value)
      mark(KEYS[4], KEYS[5], name)
    end
  end
end
local seq = show(KEYS[4], KEYS[5])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[2])
for _, key in ipairs({ KEYS[2], KEYS[4], KEYS[5] }) do redis.call('PEXPIRE', key, ARGV[3]) end
return seq
`);

/**
 * Takes back what this epoch published: nobody reads it any more. The people stay for as long as they are kept, so that
 * who publishes next can tell who differs.
 * KEYS: live. ARGV: own epoch.
 * Result: 1, or 0 when another epoch is the one that is read.
 */
export const retract = script(`
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
`);

/** Runs a script by its hash, and sends its text once to a Redis that does not know it yet. */
export async function runScript(
  redis: Redis,
  { lua, sha }: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
    return redis.eval(lua, keys.length, ...keys, ...args);
  }
}
