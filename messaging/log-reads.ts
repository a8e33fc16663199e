/** Reads the log of a room: pages in order, single entries, what one person said. */
import { sql, type Transaction } from "kysely";
import { attr, parseXml, x } from "../components/stanza.ts";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { KIND, type LogEntry } from "./log.ts";
import { type RoomRef, readByIds, readStretches, type Stretch } from "./log-times.ts";
import type { Tables } from "./tables.ts";

const columns = ["seq", "id", "at", "sender", "nick", "occupant_id", "origin", "origin_ref", "stanza", "body"] as const;

function entryOf(row: Pick<Tables["room_log"], (typeof columns)[number]>): LogEntry {
  const { occupant_id: occupantId, origin_ref: originRef, ...rest } = row;
  return { ...rest, occupantId, originRef };
}

/** Which part of a room's log to read, in the order of the log. */
export interface LogPage {
  readonly after?: number | undefined;
  readonly upTo?: number | undefined;
  readonly start?: Date | undefined;
  /** Take the last entries of what fits instead of the first. */
  readonly last: boolean;
  readonly limit: number;
}

/** Reads a page in ascending order; expired entries are never part of it. */
export function readLogPage(
  db: Database,
  tenant: string,
  roomId: string,
  page: LogPage,
  now: Date,
): Promise<LogEntry[]> {
  return inLog(db, { tenant, roomId }, now, (log) => log.page(page));
}

/** A room's log in a transaction, as it is visible at one moment. */
export interface OpenLog {
  page(page: LogPage): Promise<LogEntry[]>;
  /** The entry of an archive id, or undefined for one that is unknown or expired. */
  entry(id: string): Promise<LogEntry | undefined>;
}

/** Opens it in a transaction of the caller's. */
export async function openLog(trx: Transaction<Tables>, room: RoomRef, now: Date): Promise<OpenLog> {
  const ends = await endsOf(trx, room, now);
  return { page: (page) => pageOf(trx, room, page, ends), entry: (id) => entryAt(trx, room, id, ends) };
}

const inLog = <R>(db: Database, room: RoomRef, now: Date, read: (log: OpenLog) => Promise<R>): Promise<R> =>
  db.withTenants([room.tenant], async (trx: Transaction<Tables>) => read(await openLog(trx, room, now)));

type Ends = Awaited<ReturnType<typeof endsOf>>;

async function pageOf(
  trx: Transaction<Tables>,
  room: RoomRef,
  { after = 0, upTo, start, last, limit }: LogPage,
  ends: Ends,
): Promise<LogEntry[]> {
  const high = Math.min(upTo ?? ends.last, ends.last);
  const earliest = start && start > ends.visible ? start : ends.visible;
  const numbers = { low: after + 1, high, last, wanted: limit, earliest };
  const rows = await readStretches(trx, room, numbers, async (stretch, wanted) =>
    within(entriesOf(trx, room), stretch, ends.cutoff)
      .where("at", ">=", earliest)
      .orderBy("seq", last ? "desc" : "asc")
      .limit(wanted)
      .execute(),
  );
  const entries = rows.map(entryOf);
  return last ? entries.reverse() : entries;
}

const entriesOf = (trx: Transaction<Tables>, { tenant, roomId }: RoomRef) =>
  trx.selectFrom("room_log").select(columns).where("tenant_id", "=", tenant).where("room_id", "=", roomId);

const within = (entries: ReturnType<typeof entriesOf>, { low, high, since, till }: Stretch, cutoff: string) =>
  entries
    .where("seq", ">=", low)
    .where("seq", "<=", high)
    .where("at", ">=", since)
    .where("at", "<", till)
    .where("at", ">=", sql<Date>`${cutoff}::timestamptz`);

/**
 * The last number of a room, and since when its entries are visible: what is due is hidden whether or not it was deleted
 * yet, exactly from `cutoff` on.
 */
async function endsOf(trx: Transaction<Tables>, { tenant, roomId }: RoomRef, now: Date) {
  const { rows } = await sql<{ cutoff: string; visible: Date; last: number | null }>`
    select cutoff::text, greatest(cutoff, '0001-01-01') as visible,
      (select last_seq from room where tenant_id = ${tenant} and id = ${roomId}) as last
    from retention_cutoff(${tenant}, ${KIND}, ${now}) as cutoff`.execute(trx);
  const [ends] = rows;
  if (!ends) throw new KontorError("internal", "The ends of a log could not be read");
  return { ...ends, last: ends.last ?? 0 };
}

/** The newest messages of a room that the server may give out again: it keeps few, and none for long. */
const REPEATS = { messages: 2_000, withinMs: 15 * 60_000 } as const;

/** The newest messages as stored, by the marks under which the server kept them. */
export async function readHeld(
  db: Database,
  tenant: string,
  room: { readonly id: string; readonly lastSeq: number },
  now: Date,
): Promise<ReadonlyMap<string, string>> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_log")
      .select(["held", "stanza"])
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", room.id)
      .where("seq", ">", room.lastSeq - REPEATS.messages)
      .where("at", ">", new Date(now.getTime() - REPEATS.withinMs))
      .where("held", "is not", null)
      .execute(),
  );
  return new Map(rows.flatMap(({ held, stanza }) => (held === null ? [] : [[held, stanza]])));
}

/** The entries after a cursor: how every reader of the log goes on. */
export function readLog(
  db: Database,
  tenant: string,
  roomId: string,
  afterSeq: number,
  limit: number,
  now: Date = new Date(),
): Promise<LogEntry[]> {
  return readLogPage(db, tenant, roomId, { after: afterSeq, last: false, limit }, now);
}

/** The entry of an archive id, or undefined for one that is unknown or expired. */
export function readEntry(
  db: Database,
  tenant: string,
  roomId: string,
  id: string,
  now: Date,
): Promise<LogEntry | undefined> {
  return inLog(db, { tenant, roomId }, now, (log) => log.entry(id));
}

async function entryAt(
  trx: Transaction<Tables>,
  room: RoomRef,
  id: string,
  { cutoff }: Ends,
): Promise<LogEntry | undefined> {
  const [row] = await readByIds([id], (ids, times) =>
    entriesOf(trx, room)
      .where("id", "in", ids)
      .where("at", ">=", sql<Date>`${cutoff}::timestamptz`)
      .where(sql<boolean>`true ${times}`)
      .execute(),
  );
  return row && entryOf(row);
}

/** Among how many of the newest messages of a room the one that its author names is looked for. */
const NAMED_AMONG = 2_000;
/** Of those that have the id anywhere: it may stand in a correction or a quotation too. */
const NAMED_CANDIDATES = 20;

/** The newest message that an occupant sent with this id, or undefined for one that is unknown, expired or long ago. */
export async function readOwn(
  db: Database,
  tenant: string,
  room: { readonly id: string; readonly lastSeq: number },
  { id, author }: { readonly id: string; readonly author: string },
  now: Date,
): Promise<LogEntry | undefined> {
  const written = x("message", { id }).toString().slice("<message ".length, -"/>".length);
  const rows = await db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const ref = { tenant, roomId: room.id };
    const { cutoff, visible } = await endsOf(trx, ref, now);
    const low = Math.max(1, room.lastSeq - NAMED_AMONG + 1);
    const among = { low, high: room.lastSeq, last: true, wanted: NAMED_AMONG, earliest: visible };
    return readStretches(trx, ref, among, (stretch) =>
      within(entriesOf(trx, ref), stretch, cutoff)
        .where("occupant_id", "=", author)
        .where(sql<boolean>`position(${written} in stanza) > 0`)
        .orderBy("seq", "desc")
        .limit(NAMED_CANDIDATES)
        .execute(),
    );
  });
  return rows.map(entryOf).find(({ stanza }) => attr(parseXml(stanza), "id") === id);
}

/** Corrections come soon after what they correct, and never before. */
const CORRECTED_WITHIN_MS = 7 * 86_400_000;
const MAX_VERSIONS = 2_000;
const CORRECTION = /urn:xmpp:message-correct:0/;

/** What the sender of an entry said in the room within a week of it: its corrections, and what it corrects, are there. */
export async function readSaidBy(
  db: Database,
  tenant: string,
  roomId: string,
  { at, seq, occupantId, stanza }: LogEntry,
): Promise<LogEntry[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_log")
      .select(columns)
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .where("occupant_id", "=", occupantId)
      .where("at", ">=", new Date(at.getTime() - CORRECTED_WITHIN_MS))
      .where("at", "<=", new Date(at.getTime() + CORRECTED_WITHIN_MS))
      // A first version needs nothing but its corrections, which come after it.
      .where((eb) => (CORRECTION.test(stanza) ? eb.lit(true) : eb("seq", ">", seq)))
      .where((eb) => eb.or([eb("seq", "<", seq), sql<boolean>`position('urn:xmpp:message-correct:0' in stanza) > 0`]))
      .orderBy(sql`abs(seq - ${seq})`)
      .limit(MAX_VERSIONS)
      .execute(),
  );
  return rows.map(entryOf);
}
