/**
 * Live presence in Redis. One owner writes a tenant's state; anyone reads it.
 * Keys, all in the tenant's hash slot: `people` (hash: local part -> LivePerson as JSON; who is away has no field), `live`
 * (hash: epoch, since, batch; missing = nothing is known), `next` (people of an epoch that is being built), `epoch`, and
 * `feed` and `changes`: who changed, without when or what (scripts.ts).
 * `live` expires some seconds after its owner's last sign of life, so that nothing is shown of a dead process; the rest
 * some minutes after it.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { deviceKinds, type LivePerson, shows } from "./core.ts";

export function presenceKeys(tenant: string) {
  const prefix = `kontor:{${tenant}}:presence`;
  return {
    epoch: `${prefix}:epoch`,
    next: `${prefix}:next`,
    people: `${prefix}:people`,
    live: `${prefix}:live`,
    feed: `${prefix}:feed`,
    changes: `${prefix}:changes`,
  };
}

const livePerson = z.object({
  devices: z.array(
    z.object({
      resource: z.string(),
      show: z.enum(shows),
      status: z.string().nullable(),
      priority: z.int(),
      idleSince: z.int().nullable(),
      kind: z.enum(deviceKinds).nullable(),
      at: z.int(),
    }),
  ),
  meetingSince: z.int().nullable(),
}) satisfies z.ZodType<LivePerson>;

export const readPerson = (text: string): LivePerson => livePerson.parse(JSON.parse(text));

/** Whether there is anything to be shown of a person. */
export const isShown = ({ devices, meetingSince }: LivePerson): boolean => devices.length > 0 || meetingSince !== null;

export const writePerson = (person: LivePerson): string => (isShown(person) ? JSON.stringify(person) : "");

/** The presence of some people at one moment. */
interface PresenceView {
  /** Since when the state is known without a gap, ms since 1970; undefined: the XMPP server cannot be heard now. */
  readonly since: number | undefined;
  /** People by local part; who is away is missing. */
  readonly people: ReadonlyMap<string, LivePerson>;
}

/** How far somebody has read the changes of a tenant. */
export interface ChangePosition {
  /** What the numbers belong to: with another one nothing can be told from them. */
  readonly generation: string;
  readonly seq: number;
}

/** Who changed since a position; the present state is read after it. */
export interface PresenceChanges extends ChangePosition {
  /** In the order of their last change, each once; as many as asked for means that there may be more. */
  readonly localparts: readonly string[];
  /** As in PresenceView. While it is undefined the position stays where it was. */
  readonly since: number | undefined;
  /** The position given is no good (or none was): anybody may have changed, this is where to go on from. */
  readonly reset: boolean;
}

/** Each throws `unavailable` while Redis is away. */
export interface PresenceReader {
  read(tenant: string, localparts: readonly string[]): Promise<PresenceView>;
  changesSince(tenant: string, position: ChangePosition | undefined, limit: number): Promise<PresenceChanges>;
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
        if (value) people.set(localpart, readPerson(value));
      }
      return { since: z.coerce.number().parse(since), people };
    },
    changesSince: async (tenant, position, limit) => {
      const keys = presenceKeys(tenant);
      const asked = redis
        .multi()
        .hget(keys.live, "since")
        .hmget(keys.feed, "generation", "seq", "floor")
        .zrangebyscore(keys.changes, `(${position?.seq ?? "inf"}`, "+inf", "WITHSCORES", "LIMIT", 0, limit);
      const [live, fed, scored] = await answered(asked.exec());
      const since = z.coerce
        .number()
        .optional()
        .parse(live ?? undefined);
      const [generation, ...numbers] = z.array(z.string().nullable()).parse(fed);
      // Nothing was published yet, or Redis lost it and the owner has not caught up: later the position may be good.
      if (!generation || (position && since === undefined)) {
        return { generation: "", seq: 0, ...position, localparts: [], since: undefined, reset: !position };
      }
      const [seq, floor] = z.tuple([z.coerce.number(), z.coerce.number()]).parse(numbers);
      const good = position?.generation === generation && position.seq >= floor && position.seq <= seq;
      if (!good) return { generation, seq, localparts: [], since, reset: true };
      // Numbers above belong to a state that is being built.
      const found = pairs(z.array(z.string()).parse(scored)).filter(([, score]) => score <= seq);
      const localparts = found.map(([localpart]) => localpart);
      return {
        generation,
        seq: found.length < limit ? seq : (found.at(-1)?.[1] ?? seq),
        localparts,
        since,
        reset: false,
      };
    },
  };
}

function pairs(flat: readonly string[]): [string, number][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, Number(flat[index + 1])] as [string, number]] : []));
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
