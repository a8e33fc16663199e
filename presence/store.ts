/**
 * Live presence in Redis. One owner writes a tenant's state; anyone reads it.
 * Keys, all in the tenant's hash slot: `people` (hash: local part -> LivePerson as JSON; who is away has no field), `live`
 * (hash: epoch, since, batch; missing = nothing is known), `next` (people of an epoch that is being built), `epoch`.
 * People and live expire some seconds after their owner's last sign of life, so nothing outlives a dead process.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { type LivePerson, shows } from "./core.ts";

export function presenceKeys(tenant: string) {
  const prefix = `kontor:{${tenant}}:presence`;
  return { epoch: `${prefix}:epoch`, next: `${prefix}:next`, people: `${prefix}:people`, live: `${prefix}:live` };
}

const livePerson = z.object({
  devices: z.array(
    z.object({
      resource: z.string(),
      show: z.enum(shows),
      status: z.string().nullable(),
      priority: z.int(),
      at: z.int(),
    }),
  ),
  meetingSince: z.int().nullable(),
}) satisfies z.ZodType<LivePerson>;

/** Whether there is anything to be shown of a person. */
export const isShown = ({ devices, meetingSince }: LivePerson): boolean => devices.length > 0 || meetingSince !== null;

export const writePerson = (person: LivePerson): string => (isShown(person) ? JSON.stringify(person) : "");

/** The presence of some people at one moment. */
export interface PresenceView {
  /** Since when the state is known without a gap, ms since 1970; undefined: the XMPP server cannot be heard now. */
  readonly since: number | undefined;
  /** People by local part; who is away is missing. */
  readonly people: ReadonlyMap<string, LivePerson>;
}

export interface PresenceReader {
  /** Throws `unavailable` while Redis is away. */
  read(tenant: string, localparts: readonly string[]): Promise<PresenceView>;
}

const READ_MS = 2_000;

export function presenceReader(redis: Redis): PresenceReader {
  return {
    read: async (tenant, localparts) => {
      const keys = presenceKeys(tenant);
      // One transaction: the epoch and the people belong together.
      const asked = redis.multi().hget(keys.live, "since");
      if (localparts.length > 0) asked.hmget(keys.people, ...localparts);
      const [since, found] = await answered(asked.exec());
      if (since === null || since === undefined) return { since: undefined, people: new Map() };
      const values = z.array(z.string().nullable()).parse(found ?? []);
      const people = new Map<string, LivePerson>();
      for (const [index, localpart] of localparts.entries()) {
        const value = values[index];
        if (value) people.set(localpart, livePerson.parse(JSON.parse(value)));
      }
      return { since: z.coerce.number().parse(since), people };
    },
  };
}

/** The results of a transaction; `unavailable` when Redis is away or does not answer. */
async function answered(work: Promise<[Error | null, unknown][] | null>): Promise<unknown[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Redis did not answer within ${READ_MS} ms`)), READ_MS);
  });
  try {
    const results = (await Promise.race([work, late])) ?? [];
    return results.map(([error, value]) => {
      if (error) throw error;
      return value;
    });
  } catch (cause) {
    const detail = "The live state of presence cannot be reached, try again in some seconds";
    throw new KontorError("unavailable", detail, { retryAfterSeconds: 5 }, cause);
  } finally {
    clearTimeout(timer);
  }
}
