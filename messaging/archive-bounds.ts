/** What ends of a room's archive mean in it: times and ids as numbers of its log. */
import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { KIND } from "./log.ts";
import { type RoomRef, readByIds } from "./log-times.ts";
import type { Tables } from "./tables.ts";

/** Entries around a moment that are looked at for its place in the order, should a clock once have gone back. */
const AROUND = 200;

/**
 * The times that may be seen, and the numbers they mean in this room. What is expired is hidden by its time, whether or
 * not it was deleted yet. First what the days tell, then where in its day each end lies.
 */
export async function boundsOf(
  trx: Transaction<Tables>,
  { tenant, roomId }: RoomRef,
  { start, end, upTo }: { readonly start: Date | undefined; readonly end: Date | undefined; readonly upTo: number },
  now: Date,
) {
  const stretches = sql`room_log_stretch where tenant_id = ${tenant} and room_id = ${roomId}`;
  const ofDays = await sql<{
    cutoff: string;
    from: string;
    day_after: string;
    low: number | null;
    high: number | null;
  }>`
    with hidden as materialized (
      select retention_cutoff(${tenant}, ${KIND}, ${now}) as cutoff
    ), bound as (
      select cutoff, greatest(cutoff, ${start ?? null}::timestamptz) as "from" from hidden
    ), days as (
      select cutoff, "from", ("from" at time zone 'UTC')::date as "first",
        (${end ?? null}::timestamptz at time zone 'UTC')::date as "last" from bound
    )
    select cutoff::text, "from"::text, (("first" + 1)::timestamp at time zone 'UTC')::text as day_after,
      (select min(first_seq) from ${stretches} and day > "first") as low,
      (select max(next) - 1 from (
        select day, lead(first_seq, 1, ${upTo + 1}::bigint) over (order by first_seq) as next from ${stretches}
      ) as each where day < "last") as high
    from days`.execute(trx);
  const days = ofDays.rows[0];
  if (!days) throw new KontorError("internal", "The bounds of an archive could not be read");
  const log = sql`room_log where tenant_id = ${tenant} and room_id = ${roomId} and seq <= ${upTo}`;
  const late = end
    ? sql`select max(seq) from (
        select seq from ${log} and at <= ${end}::timestamptz and at >= ${midnightBefore(end)}::timestamptz
        order by at desc, seq desc limit ${AROUND}) as late`
    : sql`select ${upTo}::bigint`;
  const inDays = await sql<{ low: number | null; high: number | null }>`
    select (select min(seq) from (
        select seq from ${log} and at >= ${days.from}::timestamptz and at < ${days.day_after}::timestamptz
        order by at, seq limit ${AROUND}) as early) as low,
      (${late}) as high`.execute(trx);
  const exact = inDays.rows[0];
  return {
    cutoff: days.cutoff,
    from: days.from,
    low: Math.min(exact?.low ?? Number.MAX_SAFE_INTEGER, days.low ?? Number.MAX_SAFE_INTEGER),
    high: Math.max(exact?.high ?? 0, days.high ?? 0),
  };
}

const midnightBefore = (at: Date) => new Date(Math.floor(at.getTime() / 86_400_000) * 86_400_000);

export interface Place {
  readonly seq: number;
  readonly at: Date;
}

/** Where the entries with these ids are; ids that are not in the archive are missing. */
export async function placesOf(
  trx: Transaction<Tables>,
  { tenant, roomId }: RoomRef,
  ids: readonly string[],
  upTo: number,
  cutoff: string,
): Promise<ReadonlyMap<string, Place>> {
  const found = await readByIds(ids, async (wanted, times) => {
    const { rows } = await sql<Place & { id: string }>`
      select id, seq, at from room_log where tenant_id = ${tenant} and room_id = ${roomId}
        and id = any (${wanted}::uuid[]) and seq <= ${upTo} and at >= ${cutoff}::timestamptz ${times}`.execute(trx);
    return rows;
  });
  return new Map(found.map(({ id, ...place }) => [id, place]));
}
