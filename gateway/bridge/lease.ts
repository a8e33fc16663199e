import type { Redis } from "ioredis";

/** Longer than a restart of Redis takes: a link need not leave its far side for that. */
const LEASE_MS = 30_000;

const key = (linkId: string): string => `kontor:bridge:lease:${linkId}`;

/**
 * In: the key of the lease, the holder, its life in ms. Out: 1 when the holder has the lease now (taken or renewed), 0
 * when another one has it.
 */
const TAKE = `
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
return 1`;

/** In: the key of the lease, the holder. Out: 1 when the lease was the holder's and is gone. */
const RELEASE = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`;

/** Which process holds which link: one at a time; when it dies, another takes over after 30 s at most. */
export interface Leases {
  /** Takes or renews a lease. Throws while Redis is away. */
  take(linkId: string): Promise<boolean>;
  release(linkId: string): Promise<void>;
  /** Whether the lease, last taken at `takenAt`, can no longer be the holder's for sure. */
  expired(takenAt: number, now: number): boolean;
}

export function createLeases(redis: Redis, holder: string): Leases {
  return {
    take: async (linkId) => (await redis.eval(TAKE, 1, key(linkId), holder, LEASE_MS)) === 1,
    release: async (linkId) => {
      await redis.eval(RELEASE, 1, key(linkId), holder);
    },
    expired: (takenAt, now) => now - takenAt >= LEASE_MS,
  };
}
