/**
 * The Lua scripts of the live state. Each checks and changes one tenant's keys (one hash slot) in one step, so that a
 * writer that was overtaken by another cannot touch what the other wrote.
 */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

export interface Script {
  readonly lua: string;
  readonly sha: string;
}

const script = (lua: string): Script => ({ lua, sha: createHash("sha1").update(lua).digest("hex") });

/**
 * Begins a new epoch of a tenant.
 * KEYS: epoch, next. ARGV: now (ms), ms to keep the epoch.
 * Result: the epoch, higher than every one before; by the clock, even when Redis lost its memory. `next` is empty.
 */
export const claim = script(`
local epoch = math.max(tonumber(redis.call('GET', KEYS[1]) or '0') + 1, tonumber(ARGV[1]))
redis.call('SET', KEYS[1], string.format('%.0f', epoch), 'PX', ARGV[2])
redis.call('DEL', KEYS[2])
return epoch
`);

/**
 * Puts people into the state that is being built.
 * KEYS: epoch, next. ARGV: own epoch, ms to live, then field and value in turn.
 * Result: 1, or 0 when another epoch began.
 */
export const fill = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 3, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
`);

/**
 * Makes the built state the one that is read, whole and at once.
 * KEYS: epoch, next, people, live. ARGV: own epoch, ms to live, since (ms).
 * Result: 1, or 0 when another epoch began.
 */
export const publish = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[3], KEYS[4])
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[3]) end
redis.call('HSET', KEYS[4], 'epoch', ARGV[1], 'since', ARGV[3], 'batch', '0')
redis.call('PEXPIRE', KEYS[3], ARGV[2])
redis.call('PEXPIRE', KEYS[4], ARGV[2])
return 1
`);

/**
 * Changes people of the state that is read, and lets it live on.
 * KEYS: people, live. ARGV: own epoch, ms to live, batch, then field and value in turn; an empty value removes.
 * Result: 1; 0 when this epoch is not the one that is read. A batch not above the last one changes nothing: it was
 * sent again, or comes late from a connection that broke.
 */
export const change = script(`
if redis.call('HGET', KEYS[2], 'epoch') ~= ARGV[1] then return 0 end
if tonumber(ARGV[3]) <= tonumber(redis.call('HGET', KEYS[2], 'batch')) then return 1 end
redis.call('HSET', KEYS[2], 'batch', ARGV[3])
for i = 4, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i])
  else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return 1
`);

/**
 * Takes back what this epoch published.
 * KEYS: people, live. ARGV: own epoch.
 * Result: 1, or 0 when another epoch is the one that is read.
 */
export const retract = script(`
if redis.call('HGET', KEYS[2], 'epoch') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2])
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
