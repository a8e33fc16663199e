/** What retention carries out on people's own archives. */
import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { findTenant } from "../../identity/index.ts";
import { listTenants } from "../../identity/store.ts";
import type { Database } from "../../platform/postgres.ts";
import type { ArchiveTables } from "./database.ts";

interface PersonalDeps {
  readonly db: Database;
  readonly archive: Database;
}

interface GoneMessage {
  readonly start: Date;
  /** Order, archive id and second of a message: nothing that names a person. */
  readonly hashed: readonly string[];
}

const gone = z.array(z.object({ sort_id: z.number(), key: z.string(), when: z.number() }));

/**
 * Deletes from a tenant's archives what was sent before a cutoff. A message is of the second in which it was sent, so
 * one that began in the second of the cutoff goes as soon as its second has begun before it: none is late.
 */
export function personalDeletion({ db, archive }: PersonalDeps) {
  return {
    kind: "personal-archive",
    deleteBefore: async (tenant: string, cutoff: Date, limit: number): Promise<GoneMessage[]> => {
      const host = (await findTenant(db, tenant))?.domain;
      if (host === undefined) return [];
      const second = Math.ceil(cutoff.getTime() / 1_000);
      return archive.withTenants([host], async (trx: Transaction<ArchiveTables>) => {
        const { rows } = await sql`
          with over as (
            select sort_id from prosodyarchive
            where host = ${host} and store = 'archive' and "when" < ${second}::bigint
            order by "when", sort_id limit ${limit}
          ), gone as (
            delete from prosodyarchive using over where prosodyarchive.sort_id = over.sort_id
            returning prosodyarchive.sort_id, key, "when"
          )
          select sort_id, key, "when" from gone order by "when", sort_id`.execute(trx);
        return gone.parse(rows).map(({ sort_id, key, when }) => ({
          start: new Date(when * 1_000),
          hashed: [String(sort_id), key, String(when)],
        }));
      });
    },
    oldest: async (tenants: readonly string[]): Promise<Date | undefined> => {
      const known = await listTenants(db);
      const hosts = known.filter(({ id }) => tenants.includes(id)).map(({ domain }) => domain);
      const { rows } = await archive.withTenants(hosts, (trx: Transaction<ArchiveTables>) =>
        sql`select min(first) as oldest from unnest(${hosts}::text[]) as one (host), lateral (
          select min("when") as first from prosodyarchive
          where prosodyarchive.host = one.host and store = 'archive') as begin`.execute(trx),
      );
      const oldest = z.array(z.object({ oldest: z.number().nullable() })).parse(rows)[0]?.oldest;
      return oldest == null ? undefined : new Date(oldest * 1_000);
    },
  };
}
