/** Invitations into rooms and what became of them, in the database. */
import { type SqlBool, sql, type Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import type { Tables } from "./tables.ts";

/** The kind of data that they are to the retention rules. */
const KIND = "room-invitation";
/** More of one room push out the oldest. */
const MAX_OF_ROOM = 1_000;

export const invitationStates = ["pending", "accepted", "declined"] as const;
type InvitationState = (typeof invitationStates)[number];

interface At {
  readonly tenant: string;
  readonly roomId: string;
}

const visible = (tenant: string, now: Date) =>
  sql<SqlBool>`invited_at >= (select retention_cutoff(${tenant}, ${KIND}, ${now}))`;

/** Notes that these people (bare addresses) are invited by `inviter`; an earlier invitation gives way. */
export async function putInvitations(
  trx: Transaction<Tables>,
  { tenant, roomId }: At,
  { inviter, invitees }: { readonly inviter: string; readonly invitees: readonly string[] },
  now: Date,
): Promise<void> {
  if (invitees.length === 0) return;
  const rows = [...new Set(invitees)].map((invitee) => ({
    ...{ tenant_id: tenant, room_id: roomId, invitee, inviter, invited_at: now },
    ...{ state: "pending" as const, answer: null, answered_at: null },
  }));
  await trx
    .insertInto("room_invitation")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["tenant_id", "room_id", "invitee"]).doUpdateSet((eb) => ({
        inviter: eb.ref("excluded.inviter"),
        invited_at: eb.ref("excluded.invited_at"),
        state: "pending",
        answer: null,
        answered_at: null,
      })),
    )
    .execute();
  await sql`
    delete from room_invitation where tenant_id = ${tenant} and room_id = ${roomId} and invitee in (
      select invitee from room_invitation where tenant_id = ${tenant} and room_id = ${roomId}
      order by invited_at desc, invitee offset ${MAX_OF_ROOM})`.execute(trx);
}

/** Who is invited and has not answered yet. */
export async function pendingInvitees(db: Database, { tenant, roomId }: At, now: Date): Promise<string[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_invitation")
      .select("invitee")
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .where("state", "=", "pending")
      .where(visible(tenant, now))
      .execute(),
  );
  return rows.map(({ invitee }) => invitee);
}

/** Notes the answer to an invitation that waits for one, and gives who invited; undefined when there is none. */
export async function answerInvitation(
  trx: Transaction<Tables>,
  { tenant, roomId }: At,
  answer: { readonly invitee: string; readonly state: "accepted" | "declined"; readonly reason?: string | undefined },
  now: Date,
): Promise<string | undefined> {
  const row = await trx
    .updateTable("room_invitation")
    .set({ state: answer.state, answer: answer.reason ?? null, answered_at: now })
    .where("tenant_id", "=", tenant)
    .where("room_id", "=", roomId)
    .where("invitee", "=", answer.invitee)
    .where("state", "=", "pending")
    .where(visible(tenant, now))
    .returning("inviter")
    .executeTakeFirst();
  return row?.inviter;
}

interface InvitationsQuery {
  readonly state?: InvitationState | undefined;
  /** The address of the last one seen. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Invitations into a room by address, with one more than `limit` when there are more. */
export function pageInvitations(db: Database, { tenant, roomId }: At, query: InvitationsQuery, now: Date) {
  const { state, after, limit } = query;
  return db.withTenants([tenant], (trx: Transaction<Tables>) => {
    let select = trx
      .selectFrom("room_invitation")
      .select(["invitee", "inviter", "invited_at as at", "state", "answer", "answered_at as answeredAt"])
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .where(visible(tenant, now));
    if (state !== undefined) select = select.where("state", "=", state);
    if (after !== undefined) select = select.where("invitee", ">", after);
    return select
      .orderBy("invitee")
      .limit(limit + 1)
      .execute();
  });
}

/** What retention carries out on invitations. */
export function invitationDeletion(db: Database) {
  return {
    kind: KIND,
    /** What is told of each is its room and its time: nothing that names a person. */
    deleteBefore: (tenant: string, cutoff: Date, limit: number) =>
      db.withTenants([tenant], async (trx: Transaction<Tables>) => {
        const { rows } = await sql<{ room: string; at: Date; text: string }>`
          with over as (
            select room_id, invitee from room_invitation where tenant_id = ${tenant} and invited_at < ${cutoff}
            order by invited_at, room_id, invitee limit ${limit}
          ), gone as (
            delete from room_invitation as i using over
            where i.tenant_id = ${tenant} and i.room_id = over.room_id and i.invitee = over.invitee
            returning i.room_id, i.invitee, i.invited_at
          )
          select room_id as room, invited_at as at, invited_at::text as text from gone
          order by invited_at, room_id, invitee`.execute(trx);
        return rows.map(({ room, at, text }) => ({ start: at, hashed: [room, text] }));
      }),
    oldest: async (tenants: readonly string[]): Promise<Date | undefined> => {
      const { rows } = await db.withTenants(tenants, (trx: Transaction<Tables>) =>
        sql<{ oldest: Date | null }>`
          select min(first) as oldest from unnest(${tenants}::text[]) as one (tenant), lateral (
            select min(invited_at) as first from room_invitation where tenant_id = one.tenant) as begin`.execute(trx),
      );
      return rows[0]?.oldest ?? undefined;
    },
  };
}
