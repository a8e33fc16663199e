import type { Redis } from "ioredis";
import { KontorError } from "../platform/errors.ts";
import { hashToken } from "../platform/secrets.ts";
import { count, networkOf, throttle, tooMany } from "../platform/throttle.ts";

/** Slows guessing of invitations, which costs a query each. */
export interface InvitationThrottle {
  /**
   * Runs what uses the link of a tenant. Throws `too-many` to who has used too many links that are none, and what `run`
   * throws; of that `gone` counts alone.
   */
  guard<T>(tenant: string, address: string | undefined, run: () => Promise<T>): Promise<T>;
}

/**
 * Links that are none, in seconds. Once a tenant has had too many, from wherever, a caller is turned away after
 * `suspect` of its own: nobody else's guesses keep an invited person from using a good link.
 */
export const invitationBounds = {
  address: { points: 30, duration: 900 },
  tenant: { points: 300, duration: 900 },
  suspect: 3,
};

export function invitationThrottle(redis: Redis, prefix = "kontor:invitation"): InvitationThrottle {
  const addresses = throttle(redis, `${prefix}:address`, invitationBounds.address);
  const tenants = throttle(redis, `${prefix}:tenant`, invitationBounds.tenant);
  return {
    guard: async (tenant, address, run) => {
      const [caller, of] = [hashToken(networkOf(address)), hashToken(tenant)];
      // Counted before, so that many at once are counted too.
      const own = await count(addresses, caller);
      if (own.consumedPoints > addresses.points) throw tooMany("links that are none", own);
      const all = await count(tenants, of);
      if (all.consumedPoints > tenants.points && own.consumedPoints > invitationBounds.suspect) {
        throw tooMany("links that are none", all);
      }
      const forgive = () => Promise.all([addresses.reward(caller, 1), tenants.reward(of, 1)]);
      try {
        const done = await run();
        await forgive();
        return done;
      } catch (error) {
        if (!(error instanceof KontorError && error.code === "gone")) await forgive();
        throw error;
      }
    },
  };
}
