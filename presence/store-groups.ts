/** The groups of a tenant that are shown in rosters. Members are active people: who is only invited cannot be there. */
import { sql, type Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import type { RosterGroup, RosterMember } from "./core-groups.ts";
import type { PresenceTables } from "./tables.ts";

type Trx = Transaction<PresenceTables>;

const members = (trx: Trx, tenant: string) =>
  trx
    .selectFrom("person_group as g")
    .leftJoin("group_member as m", (join) =>
      join.onRef("m.tenant_id", "=", "g.tenant_id").onRef("m.group_id", "=", "g.id"),
    )
    .leftJoin("person as p", (join) =>
      join.onRef("p.tenant_id", "=", "m.tenant_id").onRef("p.id", "=", "m.person_id").on("p.status", "=", "active"),
    )
    .select(["g.id", sql<string>`encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`.as("hash")])
    .where("g.tenant_id", "=", tenant)
    .where("g.roster", "=", true)
    .groupBy(["g.id", "g.name"]);

/** No name holds a control character (lineOfText). */
const text = sql`g.name || chr(10) || coalesce(
  string_agg(p.localpart || chr(9) || p.name, chr(10) order by p.localpart collate "C"), '')`;

/** The hash of each group, made in the database: what did not change need not be read. */
export async function rosterGroupHashes(db: Database, tenant: string): Promise<Map<string, string>> {
  const rows = await db.withTenants([tenant], (trx: Trx) => members(trx, tenant).execute());
  return new Map(rows.map(({ id, hash }) => [id, hash]));
}

/** A group with its members as of one moment; undefined when it is gone or not shown any more. */
export function readRosterGroup(db: Database, tenant: string, id: string): Promise<RosterGroup | undefined> {
  return db.withTenants([tenant], (trx: Trx) =>
    members(trx, tenant)
      .select("g.name")
      .select(
        sql<RosterMember[]>`coalesce(
          json_agg(json_build_object('local', p.localpart, 'name', coalesce(nullif(p.name, ''), p.localpart)))
            filter (where p.id is not null), '[]')`.as("members"),
      )
      .where("g.id", "=", id)
      .executeTakeFirst(),
  );
}
