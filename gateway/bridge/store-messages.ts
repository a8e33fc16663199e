import type { Transaction } from "kysely";
import { putInbox } from "../../messaging/index.ts";
import type { Database } from "../../platform/postgres.ts";
import type { LinkRef } from "./store.ts";
import type { Tables } from "./tables.ts";

const KEPT_UNDELIVERABLE = 100;
const MAX_REASON = 500;

/** The link's cursor, or undefined when it was removed. */
export async function readCursor(db: Database, link: LinkRef): Promise<number | undefined> {
  const row = await db.withTenants([link.tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("bridge_link")
      .select("cursor")
      .where("tenant_id", "=", link.tenant)
      .where("id", "=", link.id)
      .executeTakeFirst(),
  );
  return row?.cursor;
}

/** How many parts of an entry are confirmed already, from a send that was cut short. */
export async function countSentParts(db: Database, link: LinkRef, logId: string): Promise<number> {
  const row = await db.withTenants([link.tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("bridge_message")
      .select((select) => select.fn.countAll<number>().as("count"))
      .where("tenant_id", "=", link.tenant)
      .where("link_id", "=", link.id)
      .where("log_id", "=", logId)
      .executeTakeFirstOrThrow(),
  );
  return row.count;
}

/** How far the link came. */
export interface Progress {
  readonly from: number;
  readonly to: number;
  readonly sent: readonly { readonly farId: string; readonly logId: string; readonly part: number }[];
  /** The link's own messages, seen in the log. */
  readonly own: readonly { readonly inboxId: string; readonly logId: string }[];
  readonly undeliverable: readonly { readonly logId: string; readonly reason: string }[];
}

/** Moves the cursor with all that belongs to it. False when somebody else moved it, or the link is gone. */
export function saveProgress(db: Database, link: LinkRef, progress: Progress, now: Date): Promise<boolean> {
  return db.withTenants([link.tenant], async (trx: Transaction<Tables>) => {
    const moved = await trx
      .updateTable("bridge_link")
      .set({ cursor: progress.to })
      .where("tenant_id", "=", link.tenant)
      .where("id", "=", link.id)
      .where("cursor", "=", progress.from)
      .returning("id")
      .executeTakeFirst();
    if (!moved) return false;
    const base = { tenant_id: link.tenant, link_id: link.id, at: now };
    if (progress.sent.length > 0) {
      const rows = progress.sent.map(({ farId, logId, part }) => ({
        ...base,
        far_id: farId,
        direction: "out" as const,
        log_id: logId,
        inbox_id: null,
        part,
      }));
      await trx
        .insertInto("bridge_message")
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    for (const { inboxId, logId } of progress.own) {
      await trx
        .updateTable("bridge_message")
        .set({ log_id: logId })
        .where("tenant_id", "=", link.tenant)
        .where("link_id", "=", link.id)
        .where("inbox_id", "=", inboxId)
        .execute();
    }
    if (progress.undeliverable.length > 0) await addUndeliverable(trx, link, progress.undeliverable, now);
    return true;
  });
}

async function addUndeliverable(
  trx: Transaction<Tables>,
  link: LinkRef,
  refused: Progress["undeliverable"],
  now: Date,
): Promise<void> {
  await trx
    .insertInto("bridge_undeliverable")
    .values(
      refused.map(({ logId, reason }) => ({
        tenant_id: link.tenant,
        link_id: link.id,
        log_id: logId,
        reason: reason.slice(0, MAX_REASON),
        at: now,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const oldest = trx
    .selectFrom("bridge_undeliverable")
    .select("at")
    .where("tenant_id", "=", link.tenant)
    .where("link_id", "=", link.id)
    .orderBy("at", "desc")
    .offset(KEPT_UNDELIVERABLE)
    .limit(1);
  await trx
    .deleteFrom("bridge_undeliverable")
    .where("tenant_id", "=", link.tenant)
    .where("link_id", "=", link.id)
    .where("at", "<=", oldest)
    .execute();
}

/** The messages of a link that the far side refused, the latest first. */
export async function listUndeliverable(
  db: Database,
  link: LinkRef,
): Promise<{ messageId: string; reason: string; at: Date }[]> {
  return db.withTenants([link.tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("bridge_undeliverable")
      .select(["log_id as messageId", "reason", "at"])
      .where("tenant_id", "=", link.tenant)
      .where("link_id", "=", link.id)
      .orderBy("at", "desc")
      .limit(KEPT_UNDELIVERABLE)
      .execute(),
  );
}

/** An inbound message on its way into the room. */
export interface Arrival {
  /** UUIDv7, in the order of arrival. */
  readonly inboxId: string;
  readonly farId: string;
  readonly farUser: string;
  readonly nick: string;
  readonly body: string;
  readonly at: Date;
}

/** Puts far messages into the room's inbox, each once by its far id. Gives how many were new. */
export function saveArrivals(
  db: Database,
  link: LinkRef & { readonly roomId: string },
  arrivals: readonly Arrival[],
  now: Date,
): Promise<number> {
  return db.withTenants([link.tenant], async (trx: Transaction<Tables>) => {
    const rows = arrivals.map((arrival) => ({
      tenant_id: link.tenant,
      link_id: link.id,
      far_id: arrival.farId,
      direction: "in" as const,
      log_id: null,
      inbox_id: arrival.inboxId,
      part: 0,
      at: now,
    }));
    const taken = await trx
      .insertInto("bridge_message")
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .returning("inbox_id")
      .execute();
    const fresh = new Set(taken.map((row) => row.inbox_id));
    for (const arrival of arrivals) {
      if (!fresh.has(arrival.inboxId)) continue;
      const { inboxId: id, farUser, nick, body, at } = arrival;
      await putInbox(trx, { tenant: link.tenant, roomId: link.roomId, id, source: link.id, farUser, nick, body, at });
    }
    return fresh.size;
  });
}

/** Forgets map rows and undeliverables from before a time. */
export async function forgetBefore(db: Database, link: LinkRef, before: Date): Promise<void> {
  await db.withTenants([link.tenant], async (trx: Transaction<Tables>) => {
    for (const table of ["bridge_message", "bridge_undeliverable"] as const) {
      await trx
        .deleteFrom(table)
        .where("tenant_id", "=", link.tenant)
        .where("link_id", "=", link.id)
        .where("at", "<", before)
        .execute();
    }
  });
}
