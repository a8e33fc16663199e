/** People of a tenant that somebody searches for over XMPP. */
import { sql, type Transaction } from "kysely";
import { startingWith } from "../platform/http.ts";
import type { Database } from "../platform/postgres.ts";
import type { FoundPerson, Search } from "./core-search.ts";
import type { PresenceTables } from "./tables.ts";

type Trx = Transaction<PresenceTables>;

/**
 * Up to `limit` active people to whom all of a search applies, by name. Who has chosen to be seen by nobody is not found;
 * people of other tenants find only those that have not chosen to be seen by fewer than everyone.
 */
export function findPeople(
  db: Database,
  tenant: string,
  { words, nick, email, group }: Search,
  { by, limit }: { readonly by: "tenant" | "partner"; readonly limit: number },
): Promise<FoundPerson[]> {
  return db.withTenants([tenant], (trx: Trx) => {
    let select = trx
      .selectFrom("person as p")
      .leftJoin("person_presence as o", (join) =>
        join.onRef("o.tenant_id", "=", "p.tenant_id").onRef("o.person_id", "=", "p.id"),
      )
      .select(["p.localpart", "p.name"])
      .where("p.tenant_id", "=", tenant)
      .where("p.status", "=", "active")
      .where((eb) =>
        eb.or([
          eb("o.audience", "is", null),
          by === "tenant" ? eb("o.audience", "<>", "nobody") : eb("o.audience", "=", "everyone"),
        ]),
      );
    for (const word of words) {
      select = select.where((eb) =>
        eb.or([eb("p.name", "ilike", startingWith(word)), eb("p.name", "ilike", `% ${startingWith(word)}`)]),
      );
    }
    if (nick !== undefined) select = select.where("p.localpart", "ilike", startingWith(nick));
    if (email !== undefined) select = select.where(sql<boolean>`lower(p.email) = lower(${email})`);
    if (group !== undefined) {
      select = select.where(sql<boolean>`exists (
        select from group_member m
        join person_group g on g.tenant_id = m.tenant_id and g.id = m.group_id and g.roster
        where m.tenant_id = p.tenant_id and m.person_id = p.id and (g.id::text = ${group} or lower(g.name) = lower(${group})))`);
    }
    return select.orderBy("p.name").orderBy("p.localpart").limit(limit).execute();
  });
}
