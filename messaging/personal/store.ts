/** Reads of a person's own archive: nobody else's rows are ever asked for. */
import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { KontorError } from "../../platform/errors.ts";
import type { Database } from "../../platform/postgres.ts";
import type { ArchivedMessage } from "./core-message.ts";

export interface PersonalReading {
  readonly db: Database;
  readonly archive: Database;
  readonly clock: () => number;
}

/** Whose archive. */
export interface Own {
  readonly tenant: string;
  readonly host: string;
  readonly user: string;
}

/** Where a page goes on: second and order of a message. */
export type Place = readonly [when: number, order: number];

const rows = z.array(
  z.object({ sort_id: z.number(), key: z.string(), when: z.number(), with: z.string(), value: z.string() }),
);
/** PostgreSQL's word for a statement that took too long. */
const QUERY_CANCELED = "57014";
const MAX_CONTACTS = 5_000;

/** Only what people wrote, not receipts and the like. */
const written = sql`(position('<body' in value) > 0 or position('urn:xmpp:eme:0' in value) > 0)`;
const columns = sql`sort_id, key, "when", "with", value`;

/** The archive of one person, up to where retention hides it. */
export const mine = ({ host, user }: Own, since: number) =>
  sql`host = ${host} and "user" = ${user} and store = 'archive' and "when" >= ${since}::bigint`;

/** Runs a read with the second from which on messages may be seen. Throws `policy-violation` for one that takes too long. */
export async function reading<R>(
  { db, archive, clock }: PersonalReading,
  own: Own,
  work: (trx: Transaction<unknown>, since: number) => Promise<R>,
): Promise<R> {
  const now = new Date(clock());
  const { rows: found } = await db.withTenants([own.tenant], (trx: Transaction<unknown>) =>
    sql<{ cutoff: Date }>`select retention_cutoff(${own.tenant}, 'personal-archive', ${now}) as cutoff`.execute(trx),
  );
  const since = Math.ceil((found[0]?.cutoff ?? now).getTime() / 1_000);
  try {
    return await archive.withTenants([own.host], (trx: Transaction<unknown>) => work(trx, since));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === QUERY_CANCELED)) throw error;
    throw new KontorError("policy-violation", "That takes too long: narrow it down by time", {}, error);
  }
}

/** Those one has exchanged messages with, each with the last one, the latest first. */
export function listConversations(
  deps: PersonalReading,
  own: Own,
  after: readonly [when: number, other: string] | undefined,
  limit: number,
): Promise<ArchivedMessage[]> {
  return reading(deps, own, async (trx, since) => {
    // From one contact to the next by the index, whatever the number of messages between them.
    const next = (behind: ReturnType<typeof sql>) => sql`
      select "with" from prosodyarchive
      where host = ${own.host} and "user" = ${own.user} and store = 'archive' ${behind} order by "with" limit 1`;
    const begin = after ? sql`where (last."when", contact."with") < (${after[0]}::bigint, ${after[1]}::text)` : sql``;
    const found = await sql`
      with recursive contact as (
        (${next(sql``)})
        union all
        select (${next(sql`and prosodyarchive."with" > contact."with"`)}) from contact where contact."with" is not null
      )
      select last.* from (select "with" from contact where "with" is not null limit ${MAX_CONTACTS}) contact, lateral (
        select ${columns} from prosodyarchive
        where ${mine(own, since)} and prosodyarchive."with" = contact."with" and ${written}
        order by "when" desc, sort_id desc limit 1) last
      ${begin} order by last."when" desc, contact."with" desc limit ${limit}`.execute(trx);
    return rows.parse(found.rows);
  });
}

/** Messages with one contact, the newest first: those older than a place, or the next ones newer than it. */
export function readConversation(
  deps: PersonalReading,
  own: Own,
  other: string,
  from: { readonly older: Place } | { readonly newer: Place } | undefined,
  limit: number,
): Promise<ArchivedMessage[]> {
  return reading(deps, own, async (trx, since) => {
    const newer = from !== undefined && "newer" in from;
    const place = from === undefined ? undefined : "newer" in from ? from.newer : from.older;
    const bound = place && beyond(place, newer ? sql`>` : sql`<`);
    const order = newer ? sql`"when", sort_id` : sql`"when" desc, sort_id desc`;
    const found = await sql`
      select ${columns} from prosodyarchive
      where ${mine(own, since)} and "with" = ${other} and ${written} ${bound ?? sql``}
      order by ${order} limit ${limit}`.execute(trx);
    const page = rows.parse(found.rows);
    return newer ? page.reverse() : page;
  });
}

/** Everything one has, the oldest first, behind a place. */
export function readAll(deps: PersonalReading, own: Own, after: Place | undefined, limit: number) {
  return reading(deps, own, async (trx, since) => {
    const found = await sql`
      select ${columns} from prosodyarchive
      where ${mine(own, since)} and ${written} ${after ? beyond(after, sql`>`) : sql``}
      order by "when", sort_id limit ${limit}`.execute(trx);
    return rows.parse(found.rows);
  });
}

/** SQL for what lies before or behind a place. */
export const beyond = ([when, order]: Place, comparison: ReturnType<typeof sql>) =>
  sql`and ("when", sort_id) ${comparison} (${when}::bigint, ${order}::bigint)`;
