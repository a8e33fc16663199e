/** Who is shown in a room, in Redis: kept by its owner, and what those who follow the room elsewhere begin with. */
import type { Redis } from "ioredis";
import type { StreamEvent } from "../platform/http-event-stream.ts";

export interface ShownPerson {
  readonly nick: string;
  readonly occupantId: string;
}
export interface ShownChange extends ShownPerson {
  readonly there: boolean;
}

/** Renewed with each change; a room that nobody touched for so long shows nobody. */
const SECONDS = 7 * 86_400;

const keyOf = (tenant: string, room: string) => `kontor:{${tenant}}:room:${room}:shown`;

/** Carries changes out; with `all` given those who are there are all there are. */
export async function keepShown(
  redis: Redis,
  tenant: string,
  room: string,
  changes: readonly ShownChange[],
  { all = false } = {},
): Promise<void> {
  const key = keyOf(tenant, room);
  const here = changes.filter(({ there }) => there).map(({ nick, occupantId }) => [nick, occupantId] as const);
  const gone = changes.filter(({ there }) => !there).map(({ nick }) => nick);
  const pipeline = redis.multi();
  if (all) pipeline.del(key);
  // A nick that is free may be taken within the same changes.
  if (gone.length > 0) pipeline.hdel(key, ...gone);
  if (here.length > 0) pipeline.hset(key, new Map(here));
  pipeline.expire(key, SECONDS);
  await pipeline.exec();
}

/** Who is shown, by nick; undefined while Redis is away. */
export async function readShown(redis: Redis, tenant: string, room: string): Promise<ShownPerson[] | undefined> {
  const all = await redis.hgetall(keyOf(tenant, room)).catch(() => undefined);
  return (
    all &&
    Object.entries(all)
      .map(([nick, occupantId]) => ({ nick, occupantId }))
      .sort((one, other) => one.nick.localeCompare(other.nick))
  );
}

/** People of one event. */
const PEOPLE = 200;

/** Who is shown as a whole, for who reads along: what was known before is over. Many come in several events. */
export function shownEvents(people: readonly ShownPerson[]): StreamEvent[] {
  const events: StreamEvent[] = [{ event: "occupants", data: { occupants: people.slice(0, PEOPLE) } }];
  for (let at = PEOPLE; at < people.length; at += PEOPLE) {
    const changes: ShownChange[] = people.slice(at, at + PEOPLE).map((each) => ({ ...each, there: true }));
    events.push({ event: "presence", data: { changes } });
  }
  return events;
}
