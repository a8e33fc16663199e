import type { Transaction } from "kysely";
import { z } from "zod";
import type { Database } from "../platform/postgres.ts";
import type { Tables } from "./tables.ts";

/** What somebody outside XMPP says in a room. */
export interface InboxMessage {
  readonly tenant: string;
  readonly roomId: string;
  /** UUIDv7 that the caller chose: messages are taken in the order of their ids; it becomes `originRef` in the log. */
  readonly id: string;
  /** The link: becomes `origin` in the log. */
  readonly source: string;
  /** Stable id of the person within the link. */
  readonly farUser: string;
  readonly nick: string;
  readonly body: string;
  readonly at: Date;
}

const payloadSchema = z.object({ farUser: z.string(), nick: z.string(), body: z.string() });

/**
 * Leaves a message for the owner of the room, in the caller's transaction; afterwards the caller wakes it with
 * `roomInboxTopic`. The owner moves it into the log exactly once and reflects it. The same id again changes nothing.
 */
export async function putInbox<T>(trx: Transaction<T>, message: InboxMessage): Promise<void> {
  // A caller's transaction knows its own tables as well; here only ours matter.
  const own = trx as unknown as Transaction<Tables>;
  await own
    .insertInto("room_inbox")
    .values({
      tenant_id: message.tenant,
      id: message.id,
      room_id: message.roomId,
      source: message.source,
      payload: JSON.stringify(payloadSchema.parse(message)),
      at: message.at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** How many messages wait for the rooms of a tenant; counts to `upTo` at most. */
export async function countInbox(db: Database, tenant: string, upTo: number): Promise<number> {
  const { count } = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom(trx.selectFrom("room_inbox").select("id").where("tenant_id", "=", tenant).limit(upTo).as("waiting"))
      .select((select) => select.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow(),
  );
  return count;
}

/** What waits for the rooms of a tenant, oldest first. */
export async function readInbox(db: Database, tenant: string, limit: number): Promise<InboxMessage[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_inbox")
      .select(["id", "room_id", "source", "payload", "at"])
      .where("tenant_id", "=", tenant)
      .orderBy("id")
      .limit(limit)
      .execute(),
  );
  return rows.map((row) => ({
    tenant,
    roomId: row.room_id,
    id: row.id,
    source: row.source,
    at: row.at,
    ...payloadSchema.parse(row.payload),
  }));
}
