/** The people of a tenant with all that decides who may see them. */
import { sql, type Transaction } from "kysely";
import { startingWith } from "../platform/http.ts";
import type { Database } from "../platform/postgres.ts";
import type { DirectoryPerson } from "./core-present.ts";
import type { PresenceRules } from "./core-visibility.ts";
import { absenceOf } from "./store-own.ts";
import { rulesIn } from "./store-rules.ts";
import type { PresenceTables } from "./tables.ts";

type Trx = Transaction<PresenceTables>;

export interface DirectoryQuery {
  /** The local part behind which the page begins. */
  readonly after?: string | undefined;
  readonly limit: number;
  /** Part of name or local part, without case. */
  readonly text?: string | undefined;
  /** A group that is shown in rosters. */
  readonly group?: string | undefined;
  readonly localparts?: readonly string[] | undefined;
}

export interface DirectoryPage {
  readonly rules: PresenceRules;
  readonly people: DirectoryPerson[];
}

/** Up to `limit` active people of a tenant, ordered by local part. */
export function readDirectory(db: Database, tenant: string, query: DirectoryQuery, now: Date): Promise<DirectoryPage> {
  const { after, limit, text, group, localparts } = query;
  return db.withTenants([tenant], async (trx: Trx) => {
    const { rules } = await rulesIn(trx, tenant);
    let select = trx
      .selectFrom("person as p")
      .leftJoin("person_presence as o", (join) =>
        join.onRef("o.tenant_id", "=", "p.tenant_id").onRef("o.person_id", "=", "p.id"),
      )
      .select(["p.id", "p.localpart", "p.name", "o.audience", "o.hide_times", "o.away_until", "o.away_text"])
      .select(
        sql<string[]>`array(
        select m.group_id::text from group_member m
        join person_group g on g.tenant_id = m.tenant_id and g.id = m.group_id and g.roster
        where m.tenant_id = p.tenant_id and m.person_id = p.id order by g.name)`.as("groups"),
      )
      .where("p.tenant_id", "=", tenant)
      .where("p.status", "=", "active");
    if (localparts) select = select.where("p.localpart", "in", [...localparts]);
    if (after !== undefined) select = select.where("p.localpart", ">", after);
    if (text !== undefined) {
      const like = startingWith(text, true);
      select = select.where((eb) => eb.or([eb("p.localpart", "ilike", like), eb("p.name", "ilike", like)]));
    }
    if (group !== undefined) {
      select = select.where(sql<boolean>`exists (
        select from group_member m
        join person_group g on g.tenant_id = m.tenant_id and g.id = m.group_id and g.roster
        where m.tenant_id = p.tenant_id and m.person_id = p.id and m.group_id = ${group})`);
    }
    const rows = await select.orderBy("p.localpart").limit(limit).execute();
    return {
      rules,
      people: rows.map(({ id, localpart, name, groups, audience, hide_times, away_until, away_text }) => ({
        ...{ id, localpart, name, groups },
        own: { audience, hideTimes: hide_times ?? false },
        outOfOffice: absenceOf(away_until, away_text, now),
      })),
    };
  });
}

/** The groups shown in rosters that each of these people is in; who is in none is missing. */
export async function rosterGroupsOf(
  db: Database,
  tenant: string,
  people: readonly string[],
): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  if (people.length === 0) return found;
  const rows = await db.withTenants([tenant], (trx: Trx) =>
    trx
      .selectFrom("group_member as m")
      .innerJoin("person_group as g", (join) =>
        join.onRef("g.tenant_id", "=", "m.tenant_id").onRef("g.id", "=", "m.group_id"),
      )
      .select(["m.person_id", "m.group_id"])
      .where("m.tenant_id", "=", tenant)
      .where("m.person_id", "in", [...people])
      .where("g.roster", "=", true)
      .execute(),
  );
  for (const { person_id, group_id } of rows) found.set(person_id, (found.get(person_id) ?? new Set()).add(group_id));
  return found;
}

export interface RosterGroup {
  readonly id: string;
  readonly name: string;
  /** Active people in it. */
  readonly members: number;
}

/** All groups of a tenant that are shown in rosters, by name. */
export function rosterGroups(db: Database, tenant: string): Promise<RosterGroup[]> {
  return db.withTenants([tenant], async (trx: Trx) => {
    const { rows } = await sql<RosterGroup>`
      select g.id::text as id, g.name, (
        select count(*)::integer from group_member m
        join person p on p.tenant_id = m.tenant_id and p.id = m.person_id and p.status = 'active'
        where m.tenant_id = g.tenant_id and m.group_id = g.id) as members
      from person_group g where g.tenant_id = ${tenant} and g.roster order by g.name limit 1000`.execute(trx);
    return rows;
  });
}
