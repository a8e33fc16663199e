/** Pages of a room's log as its archive shows them: bounded by numbers and times, filtered, counted. */
import { type RawBuilder, sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { KIND, type LogEntry } from "./log.ts";
import type { Tables } from "./tables.ts";

/** Which entries of a room are asked for, and which page of them. Ids are of the archive (UUIDs). */
export interface ArchivePage {
  /** The last entry that may be seen. */
  readonly upTo: number;
  readonly start: Date | undefined;
  readonly end: Date | undefined;
  readonly afterId: string | undefined;
  readonly beforeId: string | undefined;
  readonly ids: readonly string[] | undefined;
  /** Bare address of who sent it. */
  readonly sender: string | undefined;
  readonly nick: string | undefined;
  /** Each must be found in the text. */
  readonly texts: readonly string[];
  /** Where the page begins or ends. */
  readonly pageAfter: string | undefined;
  readonly pageBefore: string | undefined;
  /** Take the last entries of what fits instead of the first. */
  readonly last: boolean;
  readonly limit: number;
}

export interface ArchiveFound {
  /** In the order of the log. */
  readonly entries: readonly LogEntry[];
  /** Nothing more fits in the direction of the page. */
  readonly complete: boolean;
  /** How many fit, and how many of them lie before the first of this page; undefined where that would cost too much. */
  readonly total: { readonly count: number; readonly index: number } | undefined;
}

/** Characters that a page may have; the first entry always fits. */
const MAX_PAGE_CHARACTERS = 2_000_000;
/** Entries around a moment that are looked at for its place in the order, should a clock once have gone back. */
const AROUND = 200;
const FOREVER = new Date("9999-12-31T23:59:59Z");
/** PostgreSQL's word for a statement that took too long. */
const QUERY_CANCELED = "57014";

/** Where the archive begins and ends, or undefined for an empty one. */
export function archiveEnds(db: Database, tenant: string, roomId: string, upTo: number, now: Date) {
  return within(db, tenant, async (trx) => {
    const { rows } = await sql<{ id: string; at: Date }>`
      with cutoff as materialized (select retention_cutoff(${tenant}, ${KIND}, ${now}) as at)
      (select id, at from room_log where tenant_id = ${tenant} and room_id = ${roomId} and seq <= ${upTo}
         and at >= (select at from cutoff) order by at, seq limit 1)
      union all
      (select id, at from room_log where tenant_id = ${tenant} and room_id = ${roomId} and seq <= ${upTo}
         and at >= (select at from cutoff) order by at desc, seq desc limit 1)`.execute(trx);
    const [start, end] = rows;
    return start && end ? { start, end } : undefined;
  });
}

/**
 * Reads a page. Throws `not-found` for an id that is not in the archive (any more), `policy-violation` for a query that
 * takes too long.
 */
export function readArchive(
  db: Database,
  tenant: string,
  roomId: string,
  page: ArchivePage,
  now: Date,
): Promise<ArchiveFound> {
  return within(db, tenant, async (trx) => {
    const room = { tenant, roomId };
    const named = [page.afterId, page.beforeId, page.pageAfter, page.pageBefore].filter((id) => id !== undefined);
    const asked = [...new Set([...named, ...(page.ids ?? [])])];
    const bounds = await boundsOf(trx, room, page, asked, now);
    const seqs = new Map(Object.entries(bounds.seqs));
    if (asked.some((id) => !seqs.has(id.toLowerCase()))) {
      throw new KontorError("not-found", "The archive has no message with that id (any more)");
    }
    const seqOf = (id: string | undefined) => (id === undefined ? undefined : seqs.get(id.toLowerCase()));
    const low = Math.max(bounds.low ?? 1, (seqOf(page.afterId) ?? 0) + 1);
    const high = Math.min(bounds.high ?? 0, (seqOf(page.beforeId) ?? Number.MAX_SAFE_INTEGER) - 1, page.upTo);
    const window = {
      low: Math.max(low, (seqOf(page.pageAfter) ?? 0) + 1),
      high: Math.min(high, (seqOf(page.pageBefore) ?? Number.MAX_SAFE_INTEGER) - 1),
      from: bounds.from,
      until: bounds.until,
    };
    const searched = page.sender !== undefined || page.nick !== undefined || page.texts.length > 0;
    const counted = !searched && page.ids === undefined;
    const count = Math.max(0, high - low + 1);
    if (page.limit === 0 || window.low > window.high) {
      const complete = window.low > window.high;
      return { entries: [], complete, total: counted ? { count, index: 0 } : undefined };
    }
    const found = await (searched && !page.ids ? search : plain)(trx, room, page, window);
    const fit = shortened(found.slice(0, page.limit));
    const entries = page.last ? fit.reverse() : fit;
    const first = entries[0];
    return {
      entries,
      complete: fit.length === found.length,
      total: counted ? { count, index: first ? first.seq - low : 0 } : undefined,
    };
  });
}

interface RoomRef {
  readonly tenant: string;
  readonly roomId: string;
}

interface Window {
  readonly low: number;
  readonly high: number;
  readonly from: Date;
  readonly until: Date;
}

/** Runs `work`; what the database gives up on, since it takes too long, is the fault of the query. */
async function within<R>(db: Database, tenant: string, work: (trx: Transaction<Tables>) => Promise<R>): Promise<R> {
  try {
    return await db.withTenants([tenant], work);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === QUERY_CANCELED)) throw error;
    throw new KontorError("policy-violation", "The query takes too long: ask for a shorter time, or for fewer words");
  }
}

/**
 * The times that may be seen, the numbers they mean in this room, and those of ids. What is expired is hidden by its
 * time, whether or not it was deleted yet.
 */
async function boundsOf(
  trx: Transaction<Tables>,
  { tenant, roomId }: RoomRef,
  page: ArchivePage,
  ids: readonly string[],
  now: Date,
) {
  const until = page.end ?? FOREVER;
  const { rows } = await sql<{
    from: Date;
    low: number | null;
    high: number | null;
    seqs: Readonly<Record<string, number>>;
  }>`
    with bound as materialized (
      select greatest(retention_cutoff(${tenant}, ${KIND}, ${now}), ${page.start ?? null}::timestamptz) as "from"
    )
    select bound."from",
      (select min(seq) from (
        select seq from room_log where tenant_id = ${tenant} and room_id = ${roomId}
          and at >= (select "from" from bound) order by at, seq limit ${AROUND}) as early) as low,
      ${
        page.end
          ? sql`(select max(seq) from (
        select seq from room_log where tenant_id = ${tenant} and room_id = ${roomId}
          and at <= ${page.end}::timestamptz order by at desc, seq desc limit ${AROUND}) as late)`
          : sql`${page.upTo}::bigint`
      } as high,
      (select coalesce(json_object_agg(id, seq), '{}') from room_log where tenant_id = ${tenant}
        and room_id = ${roomId} and id = any (${ids}::uuid[]) and seq <= ${page.upTo}
        and at >= retention_cutoff(${tenant}, ${KIND}, ${now})) as seqs
    from bound`.execute(trx);
  const found = rows[0];
  if (!found) throw new KontorError("internal", "The bounds of an archive could not be read");
  return { ...found, until };
}

const columns = sql.raw(
  `seq, id, at, sender, nick, occupant_id as "occupantId", origin, origin_ref as "originRef", stanza, body`,
);

/** One entry more than asked for tells whether this is the end. */
async function plain(trx: Transaction<Tables>, { tenant, roomId }: RoomRef, page: ArchivePage, window: Window) {
  const { rows } = await sql<LogEntry>`
    select ${columns} from room_log
    where tenant_id = ${tenant} and room_id = ${roomId} and seq between ${window.low} and ${window.high}
      and at >= ${window.from} and at <= ${window.until} ${page.ids ? amongIds(page, page.ids) : sql``}
    order by seq ${sql.raw(page.last ? "desc" : "asc")} limit ${page.limit + 1}`.execute(trx);
  return rows;
}

/** These few are looked at one by one. */
function amongIds({ sender, nick, texts }: ArchivePage, ids: readonly string[]) {
  const filters = [
    sql`and id = any (${ids}::uuid[])`,
    ...(sender === undefined ? [] : [sql`and sender = ${sender}`]),
    ...(nick === undefined ? [] : [sql`and nick = ${nick}`]),
    ...texts.map((text) => sql`and words @@ room_log_query(${text})`),
  ];
  return sql.join(filters, sql` `);
}

/** A text without a word finds nothing. */
const isQuery = (words: RawBuilder<unknown>) => sql`numnode(${words}) > 0`;

/** By the index of words (platform/migrations: room_log_search), then the rows of what it found. */
async function search(trx: Transaction<Tables>, { tenant, roomId }: RoomRef, page: ArchivePage, window: Window) {
  const words = page.texts.map((text) => sql`room_log_query(${text})`);
  const { rows } = await sql<LogEntry>`
    select ${columns} from room_log_search(
      ${tenant}, ${roomId}, ${words.length > 0 ? sql.join(words, sql` && `) : sql`null`}, ${page.sender ?? null},
      ${page.nick ?? null}, ${window.low}, ${window.high}, ${window.from}, ${window.until}, ${page.last},
      ${page.limit + 1}) as found
    join room_log on tenant_id = ${tenant} and room_id = ${roomId} and seq = found_seq and at = found_at
    ${words.length > 0 ? sql`where ${sql.join(words.map(isQuery), sql` and `)}` : sql``}
    order by seq ${sql.raw(page.last ? "desc" : "asc")}`.execute(trx);
  return rows;
}

/** As many of the entries as make no more characters than a page may have. */
function shortened(entries: readonly LogEntry[]): LogEntry[] {
  let left = MAX_PAGE_CHARACTERS;
  return entries.filter(({ stanza }, index) => {
    left -= stanza.length;
    return left >= 0 || index === 0;
  });
}
