import type { Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import type { Tables } from "./tables.ts";

const PAGE = 100;

/** The rooms of a tenant with who belongs to them, page by page: what they are, not what was said in them. */
export async function* exportRooms(db: Database, tenant: string): AsyncGenerator<object[]> {
  for (let after = ""; ; ) {
    const behind = after;
    const rooms = await db.withTenants([tenant], async (trx: Transaction<Tables>) => {
      const found = await trx
        .selectFrom("room")
        .select(["id", "name", "config", "created_at as createdAt"])
        .where("tenant_id", "=", tenant)
        .where("name", ">", behind)
        .orderBy("name")
        .limit(PAGE)
        .execute();
      if (found.length === 0) return [];
      const affiliations = await trx
        .selectFrom("room_affiliation")
        .select(["room_id", "jid", "affiliation"])
        .where("tenant_id", "=", tenant)
        .where(
          "room_id",
          "in",
          found.map(({ id }) => id),
        )
        .execute();
      const members = new Map<string, { jid: string; affiliation: string }[]>(found.map(({ id }) => [id, []]));
      for (const { room_id, ...one } of affiliations) members.get(room_id)?.push(one);
      return found.map((room) => ({ ...room, affiliations: members.get(room.id) ?? [] }));
    });
    yield rooms;
    const last = rooms.at(-1);
    if (!last || rooms.length < PAGE) return;
    after = last.name;
  }
}
