import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { attr, parseXml, x } from "../components/stanza.ts";
import type { Database } from "../platform/postgres.ts";
import type { WakeTopic } from "../platform/wake.ts";
import type { Tables } from "./tables.ts";

/** One entry of a room's log. */
export interface LogEntry {
  /** Counts up in its room. */
  readonly seq: number;
  /** UUIDv7: the archive id. */
  readonly id: string;
  readonly at: Date;
  /** Bare address; null for somebody of another network. */
  readonly sender: string | null;
  readonly nick: string;
  readonly occupantId: string;
  /** The link it came in by, and the id of the inbox message it was: that goes away in the transaction of the commit. */
  readonly origin: string | null;
  readonly originRef: string | null;
  /** As reflected, without `to`. */
  readonly stanza: string;
  readonly body: string | null;
}

/** As much of an entry as whoever reads an archive is shown. */
export type ShownEntry = Pick<LogEntry, "id" | "seq" | "at" | "nick" | "sender" | "body">;

/** Something was committed to the log of a room. */
export const roomLogTopic: WakeTopic<{ tenant: string; room: string }> = {
  name: "kontor:room-log",
  schema: z.object({ tenant: z.string(), room: z.string() }),
};

/** The kind of data that the log is to the retention rules. */
export const KIND = "message-archive";

/** SQL for "not yet expired": the read path hides what is due, whether or not it was deleted yet. Asked once a query. */
export const visible = (tenant: string, now: Date) =>
  sql<boolean>`at >= (select retention_cutoff(${tenant}, ${KIND}, ${now}))`;

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
export async function readLogPage(
  db: Database,
  tenant: string,
  roomId: string,
  page: LogPage,
  now: Date,
): Promise<LogEntry[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) => {
    let query = trx
      .selectFrom("room_log")
      .select(columns)
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .where(visible(tenant, now));
    if (page.after !== undefined) query = query.where("seq", ">", page.after);
    if (page.upTo !== undefined) query = query.where("seq", "<=", page.upTo);
    if (page.start) query = query.where("at", ">=", page.start);
    return query
      .orderBy("seq", page.last ? "desc" : "asc")
      .limit(page.limit)
      .execute();
  });
  const entries = rows.map(entryOf);
  return page.last ? entries.reverse() : entries;
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
export async function readEntry(
  db: Database,
  tenant: string,
  roomId: string,
  id: string,
  now: Date,
): Promise<LogEntry | undefined> {
  const row = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_log")
      .select(columns)
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .where("id", "=", id)
      .where(visible(tenant, now))
      .executeTakeFirst(),
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
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_log")
      .select(columns)
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", room.id)
      .where("seq", ">", room.lastSeq - NAMED_AMONG)
      .where("occupant_id", "=", author)
      .where(sql<boolean>`position(${written} in stanza) > 0`)
      .where(visible(tenant, now))
      .orderBy("seq", "desc")
      .limit(NAMED_CANDIDATES)
      .execute(),
  );
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
