/** How much was said, day by day. */
import { sql, type Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import { ZONE } from "./room-list.ts";
import type { Tables } from "./tables.ts";

export interface DayCount {
  /** YYYY-MM-DD. */
  readonly day: string;
  readonly messages: number;
}

/**
 * Messages of each of the last `days` days up to today, of one room or (undefined) of all. A room's numbers have no gaps:
 * the first and the last of a day tell how many there were, so nothing is counted.
 */
export async function messagesByDay(
  db: Database,
  tenant: string,
  roomId: string | undefined,
  days: number,
  now: Date,
): Promise<DayCount[]> {
  const { rows } = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    sql<DayCount>`
      select to_char(d.day, 'YYYY-MM-DD') as day, coalesce(sum(n.messages), 0)::bigint as messages
      from generate_series(
        date_trunc('day', ${now}::timestamptz at time zone ${ZONE}) - make_interval(days => ${days - 1}::int),
        date_trunc('day', ${now}::timestamptz at time zone ${ZONE}), interval '1 day') as d (day)
      left join room r on r.tenant_id = ${tenant}
        ${roomId === undefined ? sql`` : sql`and r.id = ${roomId}`}
      left join lateral (
        select max(l.seq) - min(l.seq) + 1 as messages from room_log l
        where l.tenant_id = r.tenant_id and l.room_id = r.id
          and l.at >= d.day at time zone ${ZONE} and l.at < (d.day + interval '1 day') at time zone ${ZONE}
          and l.at >= (select retention_cutoff(${tenant}, 'message-archive', ${now}))
      ) as n on true
      group by d.day order by d.day`.execute(trx),
  );
  return rows;
}

interface ArchiveFigures {
  readonly messages: number;
  /** About. */
  readonly bytes: number;
  readonly lastMessageAt: Date | null;
}

/** How many of the latest messages tell how long those of one room, or of each of all rooms, are. */
const SAMPLE = { one: 200, all: 20 };

/**
 * What the archive keeps of one room or (undefined) of all. Summing up the sizes would read every message; the length
 * of the latest ones, times their number by the room's sequence, costs a few looks at the end of an index a room.
 */
export async function archiveFigures(
  db: Database,
  tenant: string,
  roomId: string | undefined,
  now: Date,
): Promise<ArchiveFigures> {
  const { rows } = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    sql<ArchiveFigures>`
      with kept as (select retention_cutoff(${tenant}, 'message-archive', ${now}) as since)
      select coalesce(sum(n.messages), 0)::bigint as messages,
        coalesce(round(sum(n.messages * s.bytes)), 0)::bigint as bytes, max(s.last) as "lastMessageAt"
      from room r
      cross join lateral (
        select max(l.seq) - min(l.seq) + 1 as messages from room_log l
        where l.tenant_id = r.tenant_id and l.room_id = r.id and l.at >= (select since from kept)
      ) as n
      cross join lateral (
        select avg(octet_length(l.stanza) + coalesce(octet_length(l.body), 0)) as bytes, max(l.at) as last
        from (
          select stanza, body, at from room_log
          where tenant_id = r.tenant_id and room_id = r.id and at >= (select since from kept)
          order by seq desc limit ${roomId === undefined ? SAMPLE.all : SAMPLE.one}
        ) as l
      ) as s
      where r.tenant_id = ${tenant} ${roomId === undefined ? sql`` : sql`and r.id = ${roomId}`}`.execute(trx),
  );
  return rows[0] ?? { messages: 0, bytes: 0, lastMessageAt: null };
}
