/** The archive of a room for those who may read it with a reason: each look is on record in its own transaction. */
import { sql, type Transaction } from "kysely";
import { type Actor, audit } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import { startingWith } from "../platform/http.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { wordsOf } from "./core-excerpt.ts";
import { visible } from "./log.ts";
import type { Tables } from "./tables.ts";

export interface ArchiveReading {
  readonly db: Database;
  readonly clock: () => number;
  readonly newId: NewId;
}

export interface ArchiveFilter {
  /** Words that all stand in the text. */
  readonly text?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly nick?: string | undefined;
}

/** A search that finds nothing reads all there is: it must not hold the database up. */
const SEARCH_MS = 5_000;
const columns = ["seq", "id", "at", "sender", "nick", "body"] as const;

/** Reads within a transaction that records the reading as its last act. */
function reading<R>(
  { db, clock, newId }: ArchiveReading,
  tenant: string,
  roomId: string,
  actor: Actor,
  what: object,
  work: (trx: Transaction<Tables>, now: Date) => Promise<R>,
): Promise<R> {
  const now = new Date(clock());
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    await sql`select set_config('statement_timeout', ${String(SEARCH_MS)}, true)`.execute(trx);
    const found = await work(trx, now).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "57014") {
        throw new KontorError("policy-violation", "The search takes too long: narrow it down by time", {}, error);
      }
      throw error;
    });
    await audit(trx, actor, { tenant, action: "archive:read", object: `room/${roomId}`, after: what }, now, newId);
    return found;
  });
}

/** Messages, the newest first, with one more than `limit` when there are more. `before` is a sequence number. */
export function searchArchive(
  deps: ArchiveReading,
  tenant: string,
  roomId: string,
  filter: ArchiveFilter,
  page: { readonly before?: number | undefined; readonly limit: number },
  actor: Actor,
) {
  const { text, from, to, nick } = filter;
  const { before, limit } = page;
  return reading(deps, tenant, roomId, actor, { ...filter, before }, (trx, now) => {
    let query = trx
      .selectFrom("room_log")
      .select(columns)
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .where(visible(tenant, now));
    for (const word of wordsOf(text ?? "")) query = query.where("body", "ilike", startingWith(word, true));
    if (from !== undefined) query = query.where("at", ">=", new Date(from));
    if (to !== undefined) query = query.where("at", "<", new Date(to));
    if (nick !== undefined) query = query.where("nick", "=", nick);
    if (before !== undefined) query = query.where("seq", "<", before);
    return query
      .orderBy("seq", "desc")
      .limit(limit + 1)
      .execute();
  });
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
  return reading(deps, tenant, roomId, actor, { around: id, ...around }, async (trx, now) => {
    const log = () =>
      trx
        .selectFrom("room_log")
        .select(columns)
        .where("tenant_id", "=", tenant)
        .where("room_id", "=", roomId)
        .where(visible(tenant, now));
    const middle = await log().where("id", "=", id).executeTakeFirst();
    if (!middle) throw new KontorError("not-found", "The archive has no message with that id (any more)");
    const before = await log().where("seq", "<", middle.seq).orderBy("seq", "desc").limit(around.before).execute();
    const after = await log().where("seq", ">", middle.seq).orderBy("seq").limit(around.after).execute();
    return [...before.reverse(), middle, ...after];
  });
}
