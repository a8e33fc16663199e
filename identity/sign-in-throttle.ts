import type { Redis } from "ioredis";
import type { RateLimiterAbstract } from "rate-limiter-flexible";
import { hashToken } from "../platform/secrets.ts";
import { count, throttle, tooMany } from "../platform/throttle.ts";

/** Slows guessing of passwords: counted in Redis for all gateways, by each alone while Redis is away. */
export interface SignInThrottle {
  /** Counts an attempt before it is made, so that many at once are counted too. Throws `too-many`. */
  attempt(account: string, address: string): Promise<void>;
  /** The attempt was right: it counts no more. */
  succeeded(account: string, address: string): Promise<void>;
  /** As attempt, where no account is known before: a sign-in through a provider. */
  visit(address: string): Promise<void>;
  /** The visit ended well: it counts no more. */
  arrived(address: string): Promise<void>;
}

const MINUTE = 60;

/** Attempts in seconds. An account alone has a high bound: others must not be able to lock its owner out easily. */
export const signInBounds = {
  pair: { points: 10, duration: 15 * MINUTE },
  account: { points: 50, duration: 60 * MINUTE },
  address: { points: 60, duration: 15 * MINUTE },
};

export function signInThrottle(redis: Redis, prefix = "kontor:sign-in"): SignInThrottle {
  const limiter = (name: keyof typeof signInBounds) => throttle(redis, `${prefix}:${name}`, signInBounds[name]);
  const [pairs, accounts, addresses] = [limiter("pair"), limiter("account"), limiter("address")];
  const counters = (account: string, address: string): [RateLimiterAbstract, string][] => [
    [pairs, hashToken(`${account} ${address}`)],
    [addresses, hashToken(address)],
    [accounts, hashToken(account)],
  ];
  return {
    attempt: async (account, address) => {
      for (const [counter, key] of counters(account, address)) {
        const state = await count(counter, key);
        if (state.consumedPoints > counter.points) throw tooMany("sign-ins that failed", state);
      }
    },
    succeeded: async (account, address) => {
      for (const [counter, key] of counters(account, address)) await counter.reward(key, 1);
    },
    visit: async (address) => {
      const state = await count(addresses, hashToken(address));
      if (state.consumedPoints > addresses.points) throw tooMany("sign-ins that failed", state);
    },
    arrived: async (address) => {
      await addresses.reward(hashToken(address), 1);
    },
  };
}
