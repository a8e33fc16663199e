/**
 * In which days entries of a room's log lie. The log has a partition for each day: a statement that names the times it is
 * about looks at a few of them, one that does not is planned for all, which takes longer than to read what it finds.
 */
import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Tables } from "./tables.ts";

export interface RoomRef {
  readonly tenant: string;
  readonly roomId: string;
}

/** From `since` until before `till`. */
interface Span {
  readonly since: Date;
  readonly till: Date;
}

/** Numbers, both included, and the times in which they lie. */
export interface Stretch extends Span {
  readonly low: number;
  readonly high: number;
}

const DAY_MS = 86_400_000;
/** A page looks at so many times as many numbers as it wants entries, then further: seldom is anything missing. */
const GROWTH = 16;

/** The days in which entries with these numbers lie, both included; undefined when there are none. */
async function spanOf(
  trx: Transaction<Tables>,
  { tenant, roomId }: RoomRef,
  low: number,
  high: number,
): Promise<Span | undefined> {
  const { rows } = await sql<{ since: Date | null; till: Date | null }>`
    select since, till from room_log_span(${tenant}, ${roomId}, ${low}, ${high})`.execute(trx);
  const [found] = rows;
  return found?.since && found.till ? { since: found.since, till: found.till } : undefined;
}

/**
 * Reads `wanted` entries from one end of the numbers `low` to `high`, in stretches that grow until there are enough.
 * `read` gives those of a stretch from that end on; before the day of `earliest` it is not asked any more.
 */
export async function readStretches<Entry>(
  trx: Transaction<Tables>,
  room: RoomRef,
  {
    low,
    high,
    last,
    wanted,
    earliest,
  }: { low: number; high: number; last: boolean; wanted: number; earliest?: Date | undefined },
  read: (stretch: Stretch, limit: number) => Promise<readonly Entry[]>,
): Promise<Entry[]> {
  const found: Entry[] = [];
  let [from, to] = [low, high];
  for (let length = wanted; from <= to && found.length < wanted; length *= GROWTH) {
    const stretch = last
      ? { low: Math.max(from, to - length + 1), high: to }
      : { low: from, high: Math.min(to, from + length - 1) };
    const span = await spanOf(trx, room, stretch.low, stretch.high);
    if (span) found.push(...(await read({ ...span, ...stretch }, wanted - found.length)));
    if (last && span && earliest && span.since <= earliest) break;
    if (last) to = stretch.low - 1;
    else from = stretch.high + 1;
  }
  return found;
}

/**
 * Reads entries by their archive ids: first where these say that they are, then, since those of entries that were taken
 * over from elsewhere say nothing, the rest everywhere. `read` gets the condition on the time.
 */
export async function readByIds<Entry extends { readonly id: string }>(
  ids: readonly string[],
  read: (ids: readonly string[], times: RawBuilder<unknown>) => Promise<readonly Entry[]>,
): Promise<Entry[]> {
  const told = ids.filter(tellsTime);
  const span = spanOfIds(told);
  const near = span ? await read(told, sql`and at >= ${span.since} and at < ${span.till}`) : [];
  const found = new Set(near.map(({ id }) => id));
  const rest = ids.filter((id) => !found.has(id));
  return [...near, ...(rest.length > 0 ? await read(rest, sql``) : [])];
}

/** Whether an archive id is a UUIDv7: it tells when its entry was written (RFC 9562 5.7). */
const tellsTime = (id: string): boolean => id[14] === "7";

/**
 * When entries with these ids were written, as far as they tell: a day more on both sides, as the clock was read anew for
 * the entry. Undefined when none does.
 */
export function spanOfIds(ids: readonly string[]): Span | undefined {
  const times = ids.filter(tellsTime).map((id) => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16));
  if (times.length === 0) return undefined;
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const latest = new Date("9999-12-31T00:00:00Z").getTime();
  return { since: new Date(Math.min(first - DAY_MS, latest)), till: new Date(Math.min(last + DAY_MS, latest)) };
}
