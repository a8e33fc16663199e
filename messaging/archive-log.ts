/** Pages of a room's log as its archive shows them: bounded by numbers and times, filtered, counted. */
import { type RawBuilder, sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import { type Call, callIn, type Database } from "../platform/postgres.ts";
import { type ArchivePage, type Bounds, boundedPage } from "./archive-page.ts";
import type { LogEntry } from "./log.ts";
import { type RoomRef, readByIds } from "./log-times.ts";
import type { Tables } from "./tables.ts";

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
  return inGoodTime(async () => {
    const end = async (last: boolean) =>
      (await boundedPage(db.call, { tenant, roomId }, { upTo, last }, 1, now)).entries[0];
    const [first, final] = await Promise.all([end(false), end(true)]);
    return first && final ? { start: first, end: final } : undefined;
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
  const room = { tenant, roomId };
  return inGoodTime(() =>
    isPlain(page)
      ? plainPage(db.call, room, page, now)
      : db.withTenants([tenant], (trx: Transaction<Tables>) => readPage(trx, room, page, now)),
  );
}

/** Reads a page in a transaction of the caller's, whose statements end in good time. Throws like readArchive. */
export async function readPage(
  trx: Transaction<Tables>,
  room: RoomRef,
  page: ArchivePage,
  now: Date,
): Promise<ArchiveFound> {
  if (isPlain(page)) return plainPage(callIn(trx), room, page, now);
  const { bounds } = await boundedPage(callIn(trx), room, page, 0, now);
  requireNamed(bounds);
  const { windowLow, windowHigh } = bounds;
  if (page.ids === undefined && (page.limit === 0 || windowLow > windowHigh)) {
    return { entries: [], complete: windowLow > windowHigh, total: undefined };
  }
  const read = page.ids
    ? await among(trx, room, page, await placesOf(trx, room, page.ids, page.upTo, bounds.cutoff), bounds)
    : await search(trx, room, page, bounds);
  return { ...pageFound(read, page), total: undefined };
}

/** Everything that was said, counted: nothing but bounds chooses. */
const isPlain = ({ ids, sender, nick, texts }: ArchivePage): boolean =>
  ids === undefined && sender === undefined && nick === undefined && texts.length === 0;

async function plainPage(call: Call, room: RoomRef, page: ArchivePage, now: Date): Promise<ArchiveFound> {
  // One entry more than asked for tells whether this is the end.
  const wanted = page.limit === 0 ? 0 : page.limit + 1;
  const { bounds, entries: read } = await boundedPage(call, room, page, wanted, now);
  requireNamed(bounds);
  const { low, high, windowLow, windowHigh } = bounds;
  const found = pageFound(read, page);
  const index = found.entries[0] ? found.entries[0].seq - low : 0;
  return {
    ...found,
    complete: page.limit === 0 ? windowLow > windowHigh : found.complete,
    total: { count: Math.max(0, high - low + 1), index },
  };
}

function requireNamed({ missing }: Pick<Bounds, "missing">): void {
  if (missing) throw new KontorError("not-found", "The archive has no message with that id (any more)");
}

/** What was read, from the end of the page on, as a page in the order of the log. */
function pageFound(read: readonly LogEntry[], { last, limit }: ArchivePage): Omit<ArchiveFound, "total"> {
  const fit = shortened(read.slice(0, limit));
  return { entries: last ? fit.toReversed() : fit, complete: fit.length === read.length };
}

/** What the database gives up on, since it takes too long, is the fault of the query. */
async function inGoodTime<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === QUERY_CANCELED)) throw error;
    throw new KontorError("policy-violation", "The query takes too long: ask for a shorter time, or for fewer words");
  }
}

const columns = sql.raw(
  `seq, id, at, sender, nick, occupant_id as "occupantId", origin, origin_ref as "originRef", stanza, body`,
);

interface Place {
  readonly seq: number;
  readonly at: Date;
}

/** Where the entries with these ids are. Throws `not-found` when one is not in the archive (any more). */
async function placesOf(
  trx: Transaction<Tables>,
  { tenant, roomId }: RoomRef,
  ids: readonly string[],
  upTo: number,
  cutoff: string,
): Promise<readonly Place[]> {
  const asked = [...new Set(ids.map((id) => id.toLowerCase()))];
  const found = await readByIds(asked, async (wanted, times) => {
    const { rows } = await sql<Place & { id: string }>`
      select id, seq, at from room_log where tenant_id = ${tenant} and room_id = ${roomId}
        and id = any (${wanted}::uuid[]) and seq <= ${upTo} and at >= ${cutoff}::timestamptz ${times}`.execute(trx);
    return rows;
  });
  requireNamed({ missing: found.length < asked.length });
  return found;
}

/** These few are looked at one by one. */
async function among(
  trx: Transaction<Tables>,
  room: RoomRef,
  { sender, nick, texts, last, limit, end }: ArchivePage,
  places: readonly Place[],
  bounds: Bounds,
) {
  const filters = [
    sql``,
    ...(sender === undefined ? [] : [sql`and sender = ${sender}`]),
    ...(nick === undefined ? [] : [sql`and nick = ${nick}`]),
    ...texts.map((text) => sql`and words @@ room_log_query(${text})`),
  ];
  const inside = places.filter(({ seq }) => seq >= bounds.windowLow && seq <= bounds.windowHigh);
  return rowsAt(trx, room, { places: inside, last, limit: limit + 1, end }, bounds, sql.join(filters, sql` `));
}

/** The entries at these places, in order. */
async function rowsAt(
  trx: Transaction<Tables>,
  { tenant, roomId }: RoomRef,
  { places, last, limit, end }: Pick<ArchivePage, "last" | "limit" | "end"> & { readonly places: readonly Place[] },
  { visible }: Bounds,
  filter: RawBuilder<unknown>,
): Promise<LogEntry[]> {
  if (places.length === 0) return [];
  const times = places.map(({ at }) => at.getTime());
  const { rows } = await sql<LogEntry>`
    select ${columns} from room_log
    where tenant_id = ${tenant} and room_id = ${roomId} and seq = any (${places.map(({ seq }) => seq)}::bigint[])
      and at >= ${new Date(Math.min(...times))} and at < ${new Date(Math.max(...times) + 1)}
      and at >= ${visible}::timestamptz and at <= ${end ?? FOREVER} ${filter}
    order by seq ${sql.raw(last ? "desc" : "asc")} limit ${limit}`.execute(trx);
  return rows;
}

/** A text without a word finds nothing. */
const isQuery = (words: RawBuilder<unknown>) => sql`numnode(${words}) > 0`;

/** By the index of words (platform/migrations: room_log_search), then the rows of what it found. */
async function search(trx: Transaction<Tables>, room: RoomRef, page: ArchivePage, bounds: Bounds): Promise<LogEntry[]> {
  const words = page.texts.map((text) => sql`room_log_query(${text})`);
  const limit = page.limit + 1;
  const { rows: places } = await sql<Place>`
    select found_seq as seq, found_at as at from room_log_search(
      ${room.tenant}, ${room.roomId}, ${words.length > 0 ? sql.join(words, sql` && `) : sql`null`},
      ${page.sender ?? null}, ${page.nick ?? null}, ${bounds.windowLow}, ${bounds.windowHigh}, ${bounds.visible},
      ${page.end ?? FOREVER},
      ${page.last}, ${limit})
    ${words.length > 0 ? sql`where ${sql.join(words.map(isQuery), sql` and `)}` : sql``}`.execute(trx);
  return rowsAt(trx, room, { places, last: page.last, limit, end: page.end }, bounds, sql``);
}

/** As many of the entries as make no more characters than a page may have. */
function shortened(entries: readonly LogEntry[]): LogEntry[] {
  let left = MAX_PAGE_CHARACTERS;
  return entries.filter(({ stanza }, index) => {
    left -= stanza.length;
    return left >= 0 || index === 0;
  });
}
