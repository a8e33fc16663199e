/**
 * Live state of rooms in Redis: who is in, so that a new owner process knows its occupants, and who is there by a link.
 * Redis being away costs only that: rooms go on from memory, and everything is written again when it is back.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import type { Log } from "../platform/log.ts";
import { type WakeTopic, wake } from "../platform/wake.ts";
import { insideRoles } from "./core-config.ts";

/** One session as it is remembered. `presence` is XML. */
const sessionSchema = z.object({
  bare: z.string(),
  nick: z.string(),
  occupantId: z.string(),
  presence: z.string(),
  /** Roles last as long as the visit, not longer (5.1). */
  role: z.enum(insideRoles).default("participant"),
  /** Which entry into the room this was, and before which entry one must have come to know of this occupant. */
  entered: z.number().int().default(0),
  withheld: z.number().int().nullable().default(null),
});
export type LiveSession = z.output<typeof sessionSchema>;

const farSchema = z.object({
  network: z.string(),
  people: z.array(z.object({ id: z.string(), nick: z.string(), away: z.string().nullable().default(null) })),
});
export type FarSide = z.output<typeof farSchema>;

/** Whoever keeps a link alive renews the far side; without it the people there are gone after this many seconds. */
const FAR_SECONDS = 15 * 60;
/** Occupants are renewed with each change; a room nobody touched for so long has none. */
const SESSION_SECONDS = 7 * 86_400;

const sessionsKey = (tenant: string, room: string) => `kontor:{${tenant}}:room:${room}:sessions`;
const farKey = (tenant: string, room: string) => `kontor:{${tenant}}:room:${room}:far`;

/** The people of another network who are in a room by a link changed. */
export const farSideTopic: WakeTopic<{ tenant: string; room: string }> = {
  name: "kontor:room-far",
  schema: z.object({ tenant: z.string(), room: z.string() }),
};

/** Something waits in the inbox of a tenant. */
export const roomInboxTopic: WakeTopic<{ tenant: string }> = {
  name: "kontor:room-inbox",
  schema: z.object({ tenant: z.string() }),
};

/** The API asks something of the owner of a tenant's rooms. */
export const roomCommandTopic: WakeTopic<{ tenant: string }> = {
  name: "kontor:room-command",
  schema: z.object({ tenant: z.string() }),
};

/** The rules of a tenant for its rooms changed. */
export const roomRulesTopic: WakeTopic<{ tenant: string }> = {
  name: "kontor:room-rules",
  schema: z.object({ tenant: z.string() }),
};

/** Writes or removes (undefined) sessions of a room; with `all` given they are all there are, others are removed. */
export async function rememberSessions(
  redis: Redis,
  tenant: string,
  room: string,
  sessions: ReadonlyMap<string, LiveSession | undefined>,
  { all = false } = {},
): Promise<void> {
  const key = sessionsKey(tenant, room);
  const pipeline = redis.multi();
  if (all) pipeline.del(key);
  for (const [jid, session] of sessions) {
    if (session) pipeline.hset(key, jid, JSON.stringify(session));
    else pipeline.hdel(key, jid);
  }
  pipeline.expire(key, SESSION_SECONDS);
  await pipeline.exec();
}

/** The sessions of a room as its owner last wrote them, by full address. */
export async function readSessions(redis: Redis, tenant: string, room: string): Promise<Map<string, LiveSession>> {
  const stored = Object.entries(await redis.hgetall(sessionsKey(tenant, room)));
  return new Map(
    stored.flatMap(([jid, text]) => {
      const session = sessionSchema.safeParse(JSON.parse(text));
      return session.success ? [[jid, session.data] as const] : [];
    }),
  );
}

/** How many connections are inside each of these rooms, in their order; null while Redis is away. */
export async function countSessions(
  redis: Redis,
  tenant: string,
  rooms: readonly string[],
): Promise<(number | null)[]> {
  return Promise.all(rooms.map((room) => redis.hlen(sessionsKey(tenant, room)).catch(() => null)));
}

/** The sessions that the last owner knew; empty while Redis is away. */
export async function recallSessions(
  redis: Redis,
  tenant: string,
  room: string,
  log: Log,
): Promise<Map<string, LiveSession>> {
  try {
    return await readSessions(redis, tenant, room);
  } catch (error) {
    log.warn("Occupants from before could not be read: they have to join again", { room, error });
    return new Map();
  }
}

/**
 * Sets the full list of people who are in a room by a link. Call it again before 15 minutes are over, or they are gone.
 * An empty list takes the link's people out.
 */
export async function setFarOccupants(
  redis: Redis,
  far: { readonly tenant: string; readonly roomId: string; readonly link: string; readonly network: string },
  occupants: readonly { readonly id: string; readonly nick: string; readonly away: string | null }[],
  log: Log,
): Promise<void> {
  const key = farKey(far.tenant, far.roomId);
  const until = Date.now() + FAR_SECONDS * 1_000;
  const side: FarSide & { until: number } = { network: far.network, people: [...occupants], until };
  if (occupants.length === 0) await redis.hdel(key, far.link);
  else await redis.multi().hset(key, far.link, JSON.stringify(side)).expire(key, FAR_SECONDS).exec();
  await wake(redis, farSideTopic, { tenant: far.tenant, room: far.roomId }, log);
}

/** The people of other networks in a room, by link; undefined while Redis is away. */
export async function farSides(redis: Redis, tenant: string, room: string): Promise<Map<string, FarSide> | undefined> {
  try {
    const stored = Object.entries(await redis.hgetall(farKey(tenant, room)));
    return new Map(
      stored.flatMap(([link, text]) => {
        const side = farSchema.extend({ until: z.number() }).safeParse(JSON.parse(text));
        return side.success && side.data.until > Date.now() ? [[link, side.data] as const] : [];
      }),
    );
  } catch {
    return undefined;
  }
}

const minuteKey = (tenant: string) => `kontor:{${tenant}}:messages-minute`;
const MINUTE_SECONDS = 60;

/** Tells how many messages a tenant's rooms took within the last minute; forgotten after a minute without news. */
export async function tellMinute(redis: Redis, tenant: string, messages: number): Promise<void> {
  await redis.set(minuteKey(tenant), messages, "EX", MINUTE_SECONDS);
}

/** Messages into a tenant's rooms within the last minute, some seconds late at most; null while Redis is away. */
export async function countMinute(redis: Redis, tenant: string): Promise<number | null> {
  try {
    return Number((await redis.get(minuteKey(tenant))) ?? 0);
  } catch {
    // The figure is for people to look at: without it the others are still worth showing.
    return null;
  }
}
