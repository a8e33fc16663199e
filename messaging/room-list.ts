/** Rooms and their members as the administration sees them. Reads only: changes are the owner process's. */
import { type RawBuilder, sql, type Transaction } from "kysely";
import { z } from "zod";
import { KontorError } from "../platform/errors.ts";
import { startingWith } from "../platform/http.ts";
import type { Sorting } from "../platform/http-query.ts";
import type { Database } from "../platform/postgres.ts";
import { type RoomConfig, roomConfig } from "./core-config.ts";
import type { Tables } from "./tables.ts";

export const roomStates = ["open", "membersOnly", "locked", "ownerless"] as const;

export interface RoomsQuery {
  /** Part of name or title. */
  readonly text?: string | undefined;
  readonly state?: (typeof roomStates)[number] | undefined;
  readonly sort: Sorting<"name" | "title">;
  /** Sort key and name of the last one seen. */
  readonly after?: readonly [string, string] | undefined;
  readonly limit: number;
}

export interface RoomRow {
  readonly id: string;
  readonly name: string;
  readonly config: RoomConfig;
  readonly subject: string | null;
  readonly locked: boolean;
  readonly version: number;
  readonly createdAt: Date;
  readonly messagesToday: number;
  readonly lastMessageAt: Date | null;
  readonly sortKey: string;
}

interface Found extends Omit<RoomRow, "config" | "subject"> {
  readonly config: unknown;
  readonly subject: unknown;
}

/** The days of figures are those of the people who read them. */
export const ZONE = "Europe/Berlin";

// A room's numbers have no gaps: the first and the last of a span tell how many there were, at the price of two looks
// at the end of an index instead of a count.
const columns = (tenant: string, now: Date, sortKey: RawBuilder<string>) => sql`
  r.id, r.name, r.config, r.subject, r.locked, r.version, r.created_at as "createdAt", ${sortKey} as "sortKey",
  coalesce((select max(l.seq) - min(l.seq) + 1 from room_log l where l.tenant_id = r.tenant_id and l.room_id = r.id
    and l.at >= date_trunc('day', ${now}::timestamptz, ${ZONE})), 0) as "messagesToday",
  (select l.at from room_log l where l.tenant_id = r.tenant_id and l.room_id = r.id and l.seq = r.last_seq
    and l.at >= (select retention_cutoff(${tenant}, 'message-archive', ${now}))) as "lastMessageAt"`;

const rowOf = ({ config, subject, ...rest }: Found): RoomRow => ({
  ...rest,
  config: roomConfig.parse(config),
  subject: z.object({ text: z.string() }).nullable().parse(subject)?.text ?? null,
});

/** One page of rooms, with one more than `limit` when there are more. */
export async function pageRooms(db: Database, tenant: string, query: RoomsQuery, now: Date): Promise<RoomRow[]> {
  const { text, state, sort, after, limit } = query;
  const key = sort.by === "name" ? sql<string>`r.name` : sql<string>`lower(r.config ->> 'title')`;
  const way = sort.descending ? sql`desc` : sql`asc`;
  const beyond = sort.descending ? sql`<` : sql`>`;
  const like = text === undefined ? undefined : startingWith(text, true);
  const closed = sql`coalesce((r.config ->> 'membersOnly')::boolean, false)`;
  const { rows } = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    sql<Found>`
      select ${columns(tenant, now, key)} from room r
      where r.tenant_id = ${tenant} and r.ended_at is null
        ${like === undefined ? sql`` : sql`and (r.name ilike ${like} or r.config ->> 'title' ilike ${like})`}
        ${state === "locked" ? sql`and r.locked` : sql``}
        ${state === "membersOnly" ? sql`and ${closed}` : sql``}
        ${
          state === "ownerless"
            ? sql`and not exists (select from room_affiliation a
            where a.tenant_id = r.tenant_id and a.room_id = r.id and a.affiliation = 'owner')`
            : sql``
        }
        ${state === "open" ? sql`and not r.locked and not ${closed}` : sql``}
        ${after === undefined ? sql`` : sql`and (${key}, r.name) ${beyond} (${after[0]}, ${after[1]})`}
      order by ${key} ${way}, r.name ${way} limit ${limit + 1}`.execute(trx),
  );
  return rows.map(rowOf);
}

/** A room by its name. Throws `not-found`. */
export async function readRoom(db: Database, tenant: string, name: string, now: Date): Promise<RoomRow> {
  const { rows } = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    sql<Found>`
      select ${columns(tenant, now, sql<string>`r.name`)} from room r
      where r.tenant_id = ${tenant} and r.name = ${name} and r.ended_at is null`.execute(trx),
  );
  const [row] = rows;
  if (!row) throw new KontorError("not-found", "There is no such room");
  return rowOf(row);
}

export interface MembersQuery {
  readonly affiliation?: string | undefined;
  /** Part of the address. */
  readonly text?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** People with a tie to a room by address, with one more than `limit` when there are more. */
export function pageMembers(db: Database, tenant: string, roomId: string, query: MembersQuery) {
  const { affiliation, text, after, limit } = query;
  return db.withTenants([tenant], (trx: Transaction<Tables>) => {
    let select = trx
      .selectFrom("room_affiliation")
      .select(["jid", "affiliation", "nick", "reason"])
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId);
    if (affiliation !== undefined) select = select.where("affiliation", "=", affiliation);
    if (text !== undefined) select = select.where("jid", "ilike", startingWith(text, true));
    if (after !== undefined) select = select.where("jid", ">", after);
    return select
      .orderBy("jid")
      .limit(limit + 1)
      .execute();
  });
}
