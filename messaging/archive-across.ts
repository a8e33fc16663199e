/** What was said in all rooms of a tenant, found by words or by who said it. */
import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { KIND, type ShownEntry } from "./log.ts";
import type { Tables } from "./tables.ts";

/** Where a list across rooms goes on: messages of one moment stand in the order of their ids. */
export interface PlaceAcross {
  readonly at: string;
  readonly id: string;
}

interface Asked {
  readonly text: string | undefined;
  readonly nick: string | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
  /** From the newest on instead of the oldest. */
  readonly last: boolean;
  readonly beyond: PlaceAcross | undefined;
  readonly limit: number;
}

/** A message with its room. */
export interface FoundAcross extends ShownEntry {
  readonly room: string;
  readonly title: string;
  /** The room is no more: its name may be that of another by now. */
  readonly ended: boolean;
}

/** Up to `limit` messages in order of time. Throws `bad-request` for a search without words and without a nick. */
export async function acrossRooms(
  trx: Transaction<Tables>,
  tenant: string,
  { text, nick, from, to, last, beyond, limit }: Asked,
  now: Date,
): Promise<FoundAcross[]> {
  const { rows: sought } = await sql<{ words: boolean | null }>`
    select numnode(room_log_query(${text ?? null})) > 0 as words`.execute(trx);
  // Words that mean nothing find nothing; no words at all would find everything.
  if (text === undefined && nick === undefined) {
    throw new KontorError("bad-request", "Across rooms the archive is searched by words or by a nick");
  }
  if (text !== undefined && sought[0]?.words !== true) return [];
  const way = sql.raw(last ? "desc" : "asc");
  // A page's places first, by the index of words; then its messages, of their days alone.
  const { rows: places } = await sql<{ id: string; at: Date }>`
    select found_id as id, found_at as at from room_log_search_across(
      ${tenant}, ${text === undefined ? null : sql`room_log_query(${text})`}, ${nick ?? null},
      greatest(retention_cutoff(${tenant}, ${KIND}, ${now}), ${from ?? null}::timestamptz),
      ${to ?? null}::timestamptz, ${beyond?.at ?? null}::timestamptz, ${beyond?.id ?? null}::uuid, ${last},
      ${limit})`.execute(trx);
  if (places.length === 0) return [];
  const times = places.map(({ at }) => at.getTime());
  const { rows } = await sql<FoundAcross>`
    select l.id, l.seq, l.at, l.nick, l.sender, l.body, r.name as room, coalesce(r.config ->> 'title', '') as title,
      r.ended_at is not null as ended
    from room_log l join room r on r.tenant_id = l.tenant_id and r.id = l.room_id
    where l.tenant_id = ${tenant} and l.id = any (${places.map(({ id }) => id)}::uuid[])
      and l.at >= ${new Date(Math.min(...times))} and l.at < ${new Date(Math.max(...times) + 1)}
    order by l.at ${way}, l.id ${way}`.execute(trx);
  return rows;
}
