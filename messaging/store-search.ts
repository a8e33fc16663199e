import { type RawBuilder, sql, type Transaction } from "kysely";
import { startingWith } from "../platform/http.ts";
import type { Database } from "../platform/postgres.ts";
import { type RoomConfig, roomConfig } from "./core-config.ts";
import type { RoomSearch } from "./core-search.ts";
import { isShownTo } from "./store.ts";
import type { Tables } from "./tables.ts";

/** The most rooms that one search finds. */
const MAX_FOUND = 2_000;

export interface FoundRoom {
  readonly id: string;
  readonly name: string;
  readonly config: RoomConfig;
  readonly locked: boolean;
}

/** Rooms that the directory lists for somebody and in which every word is found, by name. */
export async function searchRooms(
  db: Database,
  tenant: string,
  asker: string,
  { terms, fields }: Pick<RoomSearch, "terms" | "fields">,
): Promise<FoundRoom[]> {
  const places: RawBuilder<unknown>[] = [
    ...(fields.name ? [sql`config ->> 'title'`] : []),
    ...(fields.description ? [sql`config ->> 'description'`] : []),
    ...(fields.address ? [sql`name`] : []),
  ];
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) => {
    let select = trx
      .selectFrom("room")
      .select(["id", "name", "config", "locked"])
      .where("tenant_id", "=", tenant)
      .where("ended_at", "is", null)
      .where(isShownTo(asker));
    for (const term of terms) {
      const found = places.map((place) => sql`${place} ilike ${startingWith(term, true)}`);
      select = select.where(sql<boolean>`(${sql.join(found, sql` or `)})`);
    }
    return select.orderBy("name").limit(MAX_FOUND).execute();
  });
  return rows.map((row) => ({ ...row, config: roomConfig.parse(row.config) }));
}
