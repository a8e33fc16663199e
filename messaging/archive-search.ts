/** The archive for those who may read it with a reason: each look is on record in its own transaction. */
import { sql, type Transaction } from "kysely";
import { type Actor, audit } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { acrossRooms, type PlaceAcross } from "./archive-across.ts";
import { readPage } from "./archive-log.ts";
import type { ArchivePage } from "./archive-page.ts";
import { HIT_END, HIT_START, hitsIn } from "./core-excerpt.ts";
import type { ShownEntry } from "./log.ts";
import { openLog } from "./log-reads.ts";
import type { Tables } from "./tables.ts";

export interface ArchiveReading {
  readonly db: Database;
  readonly clock: () => number;
  readonly newId: NewId;
}

export interface ArchiveFilter {
  /** Words in any German or English form, all in the text; "a phrase", or, -without. */
  readonly text?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly nick?: string | undefined;
}

/** One page, from the newest or the oldest on. */
interface Paging<Place> {
  readonly order: "newest" | "oldest";
  /** The place of the last one of the page before. */
  readonly beyond?: Place | undefined;
  readonly limit: number;
}

type Trx = Transaction<Tables>;

/** What searches for few and common words need is below a tenth of it; one that is built to be slow ends. */
const SEARCH_MS = 5_000;
const TOO_LONG = "57014";

/** Reads within a transaction that records the reading as its last act. `object`: what of the tenant is read. */
function reading<R>(
  { db, clock, newId }: ArchiveReading,
  { tenant, object }: { readonly tenant: string; readonly object: string },
  actor: Actor,
  what: object,
  work: (trx: Trx, now: Date) => Promise<R>,
): Promise<R> {
  const now = new Date(clock());
  return db.withTenants([tenant], async (trx: Trx) => {
    await sql`select set_config('statement_timeout', ${String(SEARCH_MS)}, true)`.execute(trx);
    const found = await work(trx, now).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === TOO_LONG) {
        throw new KontorError("policy-violation", "The search takes too long: narrow it down by time", {}, error);
      }
      throw error;
    });
    await audit(trx, actor, { tenant, action: "archive:read", object, after: what }, now, newId);
    return found;
  });
}

/** Up to before a moment; times of the log are whole milliseconds. */
const endOf = (to: string | undefined) => (to === undefined ? undefined : new Date(new Date(to).getTime() - 1));

/** A page of a room's messages, each with the words that were found in it, and whether there are no more behind it. */
export function searchArchive(
  deps: ArchiveReading,
  tenant: string,
  roomId: string,
  filter: ArchiveFilter,
  { order, beyond, limit }: Paging<number>,
  actor: Actor,
) {
  const { text, from, to, nick } = filter;
  const what = { ...filter, order, beyond };
  return reading(deps, { tenant, object: `room/${roomId}` }, actor, what, async (trx, now) => {
    const room = await trx
      .selectFrom("room")
      .select("last_seq")
      .where("tenant_id", "=", tenant)
      .where("id", "=", roomId)
      .executeTakeFirst();
    const last = order === "newest";
    const upTo = room?.last_seq ?? 0;
    const page: ArchivePage = {
      upTo: last && beyond !== undefined ? Math.min(upTo, beyond - 1) : upTo,
      downTo: !last && beyond !== undefined ? beyond + 1 : undefined,
      start: from === undefined ? undefined : new Date(from),
      end: endOf(to),
      ...{ afterId: undefined, beforeId: undefined, ids: undefined, pageAfter: undefined, pageBefore: undefined },
      ...{ sender: undefined, nick, texts: text === undefined ? [] : [text], last, limit },
    };
    const { entries, complete } = await readPage(trx, { tenant, roomId }, page, now);
    return { items: await withHits(trx, last ? entries.toReversed() : entries, text), complete };
  });
}

/** As searchArchive, in all rooms of a tenant that there are or were; each message with its room. */
export function searchRooms(
  deps: ArchiveReading,
  tenant: string,
  filter: ArchiveFilter,
  { order, beyond, limit }: Paging<PlaceAcross>,
  actor: Actor,
) {
  const { text, from, to, nick } = filter;
  const what = { ...filter, order, beyond };
  return reading(deps, { tenant, object: `tenant/${tenant}` }, actor, what, async (trx, now) => {
    const times = { from: from === undefined ? undefined : new Date(from), to: endOf(to) };
    const asked = { text, nick, ...times, last: order === "newest", beyond, limit: limit + 1 };
    const found = await acrossRooms(trx, tenant, asked, now);
    return { items: await withHits(trx, found.slice(0, limit), text), complete: found.length <= limit };
  });
}

/** Adds to each the words that the search found in it, as they are written there. */
async function withHits<Found extends ShownEntry>(trx: Trx, entries: readonly Found[], text: string | undefined) {
  if (text === undefined || entries.length === 0) return entries.map((entry) => ({ ...entry, hits: [] }));
  const options = `HighlightAll=true, StartSel=${HIT_START}, StopSel=${HIT_END}`;
  const { rows } = await sql<{ marked: string }>`
    select (select string_agg(ts_headline(config, left(body, 16000), websearch_to_tsquery(config, ${text}), ${options}), ' ')
      from unnest(array['pg_catalog.german', 'pg_catalog.english', 'pg_catalog.simple']::regconfig[]) as config) as marked
    from unnest(${entries.map(({ body }) => body ?? "")}::text[]) with ordinality as each (body, place)
    order by place`.execute(trx);
  return entries.map((entry, index) => ({ ...entry, hits: hitsIn(rows[index]?.marked ?? "") }));
}

/** What was said around a message, the oldest first. Throws `not-found`. */
export function archiveContext(
  deps: ArchiveReading,
  tenant: string,
  roomId: string,
  id: string,
  around: { readonly before: number; readonly after: number },
  actor: Actor,
) {
  const object = `room/${roomId}`;
  return reading(deps, { tenant, object }, actor, { around: id, ...around }, async (trx, now) => {
    const log = await openLog(trx, { tenant, roomId }, now);
    const middle = await log.entry(id);
    if (!middle) throw new KontorError("not-found", "The archive has no message with that id (any more)");
    const before = await log.page({ upTo: middle.seq - 1, last: true, limit: around.before });
    const after = await log.page({ after: middle.seq, last: false, limit: around.after });
    return [...before, middle, ...after].map((entry) => ({ ...entry, hits: [] }));
  });
}
