/** Pages of a room's log as its archive shows them: bounded by numbers and times, filtered, counted. */
import { type RawBuilder, sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { boundsOf, type Place, placesOf } from "./archive-bounds.ts";
import type { LogEntry } from "./log.ts";
import { type RoomRef, readStretches } from "./log-times.ts";
import type { Tables } from "./tables.ts";

/** Which entries of a room are asked for, and which page of them. Ids are of the archive (UUIDs). */
export interface ArchivePage {
  /** The first entry that may be seen, and the last. */
  readonly downTo?: number | undefined;
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
const FOREVER = new Date("9999-12-31T23:59:59Z");
/** PostgreSQL's word for a statement that took too long. */
const QUERY_CANCELED = "57014";

/** Where the archive begins and ends, or undefined for an empty one. */
export function archiveEnds(db: Database, tenant: string, roomId: string, upTo: number, now: Date) {
  return within(db, tenant, async (trx) => {
    const room = { tenant, roomId };
    const bounds = await boundsOf(trx, room, { upTo, start: undefined, end: undefined }, now);
    const window = { ...bounds, until: FOREVER };
    const [start] = await plain(trx, room, { last: false, limit: 0 }, window);
    const [end] = await plain(trx, room, { last: true, limit: 0 }, window);
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
  return within(db, tenant, (trx) => readPage(trx, { tenant, roomId }, page, now));
}

/** Reads a page in a transaction of the caller's, whose statements end in good time. Throws like readArchive. */
export async function readPage(
  trx: Transaction<Tables>,
  room: RoomRef,
  page: ArchivePage,
  now: Date,
): Promise<ArchiveFound> {
  const named = [page.afterId, page.beforeId, page.pageAfter, page.pageBefore].filter((id) => id !== undefined);
  const asked = [...new Set([...named, ...(page.ids ?? [])].map((id) => id.toLowerCase()))];
  const bounds = await boundsOf(trx, room, page, now);
  const places = await placesOf(trx, room, asked, page.upTo, bounds.cutoff);
  if (places.size < asked.length) {
    throw new KontorError("not-found", "The archive has no message with that id (any more)");
  }
  const seqOf = (id: string | undefined) => (id === undefined ? undefined : places.get(id.toLowerCase())?.seq);
  const low = Math.max(bounds.low, page.downTo ?? 1, (seqOf(page.afterId) ?? 0) + 1);
  const high = Math.min(bounds.high, (seqOf(page.beforeId) ?? Number.MAX_SAFE_INTEGER) - 1, page.upTo);
  const window = {
    low: Math.max(low, (seqOf(page.pageAfter) ?? 0) + 1),
    high: Math.min(high, (seqOf(page.pageBefore) ?? Number.MAX_SAFE_INTEGER) - 1),
    from: bounds.from,
    until: page.end ?? FOREVER,
  };
  const searched = page.sender !== undefined || page.nick !== undefined || page.texts.length > 0;
  const counted = !searched && page.ids === undefined;
  const count = Math.max(0, high - low + 1);
  if (page.limit === 0 || window.low > window.high) {
    const complete = window.low > window.high;
    return { entries: [], complete, total: counted ? { count, index: 0 } : undefined };
  }
  const read = () => {
    if (page.ids)
      return among(
        trx,
        room,
        page,
        page.ids.flatMap((id) => places.get(id.toLowerCase()) ?? []),
        window,
      );
    return searched ? search(trx, room, page, window) : plain(trx, room, page, window);
  };
  const found = await read();
  const fit = shortened(found.slice(0, page.limit));
  const entries = page.last ? fit.reverse() : fit;
  const first = entries[0];
  return {
    entries,
    complete: fit.length === found.length,
    total: counted ? { count, index: first ? first.seq - low : 0 } : undefined,
  };
}

interface Window {
  readonly low: number;
  readonly high: number;
  /** As PostgreSQL says it: exactly. */
  readonly from: string;
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

const columns = sql.raw(
  `seq, id, at, sender, nick, occupant_id as "occupantId", origin, origin_ref as "originRef", stanza, body`,
);

/** One entry more than asked for tells whether this is the end. */
function plain(
  trx: Transaction<Tables>,
  room: RoomRef,
  { last, limit }: Pick<ArchivePage, "last" | "limit">,
  { low, high, from, until }: Window,
): Promise<LogEntry[]> {
  const { tenant, roomId } = room;
  return readStretches(trx, room, { low, high, last, wanted: limit + 1 }, async (stretch, wanted) => {
    const { rows } = await sql<LogEntry>`
      select ${columns} from room_log
      where tenant_id = ${tenant} and room_id = ${roomId} and seq between ${stretch.low} and ${stretch.high}
        and at >= ${stretch.since} and at < ${stretch.till} and at >= ${from}::timestamptz and at <= ${until}
      order by seq ${sql.raw(last ? "desc" : "asc")} limit ${wanted}`.execute(trx);
    return rows;
  });
}

/** These few are looked at one by one. */
async function among(
  trx: Transaction<Tables>,
  room: RoomRef,
  { sender, nick, texts, last, limit }: ArchivePage,
  places: readonly Place[],
  window: Window,
) {
  const filters = [
    sql``,
    ...(sender === undefined ? [] : [sql`and sender = ${sender}`]),
    ...(nick === undefined ? [] : [sql`and nick = ${nick}`]),
    ...texts.map((text) => sql`and words @@ room_log_query(${text})`),
  ];
  const inside = places.filter(({ seq }) => seq >= window.low && seq <= window.high);
  return rowsAt(trx, room, inside, last, limit + 1, sql.join(filters, sql` `), window);
}

/** The entries at these places, in order. */
async function rowsAt(
  trx: Transaction<Tables>,
  { tenant, roomId }: RoomRef,
  places: readonly Place[],
  last: boolean,
  limit: number,
  filter: RawBuilder<unknown>,
  { from, until }: Pick<Window, "from" | "until">,
): Promise<LogEntry[]> {
  if (places.length === 0) return [];
  const times = places.map(({ at }) => at.getTime());
  const { rows } = await sql<LogEntry>`
    select ${columns} from room_log
    where tenant_id = ${tenant} and room_id = ${roomId} and seq = any (${places.map(({ seq }) => seq)}::bigint[])
      and at >= ${new Date(Math.min(...times))} and at < ${new Date(Math.max(...times) + 1)}
      and at >= ${from}::timestamptz and at <= ${until} ${filter}
    order by seq ${sql.raw(last ? "desc" : "asc")} limit ${limit}`.execute(trx);
  return rows;
}

/** A text without a word finds nothing. */
const isQuery = (words: RawBuilder<unknown>) => sql`numnode(${words}) > 0`;

/** By the index of words (platform/migrations: room_log_search), then the rows of what it found. */
async function search(trx: Transaction<Tables>, room: RoomRef, page: ArchivePage, window: Window): Promise<LogEntry[]> {
  const words = page.texts.map((text) => sql`room_log_query(${text})`);
  const limit = page.limit + 1;
  const { rows: places } = await sql<Place>`
    select found_seq as seq, found_at as at from room_log_search(
      ${room.tenant}, ${room.roomId}, ${words.length > 0 ? sql.join(words, sql` && `) : sql`null`},
      ${page.sender ?? null}, ${page.nick ?? null}, ${window.low}, ${window.high}, ${window.from}, ${window.until},
      ${page.last}, ${limit})
    ${words.length > 0 ? sql`where ${sql.join(words.map(isQuery), sql` and `)}` : sql``}`.execute(trx);
  return rowsAt(trx, room, places, page.last, limit, sql``, window);
}

/** As many of the entries as make no more characters than a page may have. */
function shortened(entries: readonly LogEntry[]): LogEntry[] {
  let left = MAX_PAGE_CHARACTERS;
  return entries.filter(({ stanza }, index) => {
    left -= stanza.length;
    return left >= 0 || index === 0;
  });
}
