/** Invitations into rooms and what became of them, in the database. */
import { type SqlBool, sql, type Transaction } from "kysely";
import { requireStaying } from "../identity/index.ts";
import type { Database } from "../platform/postgres.ts";
import type { Tables } from "./tables.ts";

/** The kind of data that they are to the retention rules. */
const KIND = "room-invitation";
/** More of one room push out the oldest. */
const MAX_OF_ROOM = 1_000;

export const invitationStates = ["pending", "accepted", "declined", "failed", "withdrawn"] as const;
type InvitationState = (typeof invitationStates)[number];

interface At {
  readonly tenant: string;
  readonly roomId: string;
}

const visible = (tenant: string, now: Date) =>
  sql<SqlBool>`invited_at >= (select retention_cutoff(${tenant}, ${KIND}, ${now}))`;

/** Invitations that go out together. */
export interface SentInvitations {
  /** Bare addresses. */
  readonly invitees: readonly string[];
  /** Id of the messages that carry them. */
  readonly letter: string;
  /** Those of the invited who become members by it. */
  readonly members: readonly string[];
}

/** Notes that people are invited by `inviter` (bare addresses); an earlier invitation gives way. */
export async function putInvitations(
  trx: Transaction<Tables>,
  { tenant, roomId }: At,
  { inviter, invitees, letter, members }: SentInvitations & { readonly inviter: string },
  now: Date,
): Promise<void> {
  if (invitees.length === 0) return;
  await requireStaying(trx, tenant, [...invitees, inviter]);
  const rows = [...new Set(invitees)].map((invitee) => ({
    ...{ tenant_id: tenant, room_id: roomId, invitee, inviter, invited_at: now, letter },
    ...{ made_member: members.includes(invitee), state: "pending" as const },
    ...{ answer: null, answered_at: null, problem: null },
  }));
  await trx
    .insertInto("room_invitation")
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(["tenant_id", "room_id", "invitee"]).doUpdateSet((eb) => ({
        inviter: eb.ref("excluded.inviter"),
        invited_at: eb.ref("excluded.invited_at"),
        letter: eb.ref("excluded.letter"),
        // Who is asked again before he came is a member by the first one still.
        made_member: sql<boolean>`excluded.made_member
          or (room_invitation.made_member and room_invitation.state in ('pending', 'failed'))`,
        state: "pending",
        answer: null,
        answered_at: null,
        problem: null,
      })),
    )
    .execute();
  await sql`
    delete from room_invitation where tenant_id = ${tenant} and room_id = ${roomId} and invitee in (
      select invitee from room_invitation where tenant_id = ${tenant} and room_id = ${roomId}
      order by invited_at desc, invitee offset ${MAX_OF_ROOM})`.execute(trx);
}

/** Who is invited and has not answered yet, with the id of the message that told it. */
export async function pendingInvitees(db: Database, { tenant, roomId }: At, now: Date): Promise<Map<string, string>> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_invitation")
      .select(["invitee", "letter"])
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .where("state", "=", "pending")
      .where(visible(tenant, now))
      .execute(),
  );
  return new Map(rows.map(({ invitee, letter }) => [invitee, letter ?? ""]));
}

/** How an invitation ends. */
export interface InvitationEnd {
  readonly state: Exclude<InvitationState, "pending">;
  /** What the person said, or the server with which it came back. */
  readonly reason?: string | undefined;
  /** The condition of the error with which it came back. */
  readonly problem?: string | undefined;
}

/** Notes the end of an invitation that waits for its answer, and gives who invited; undefined when there is none. */
export async function endInvitation(
  trx: Transaction<Tables>,
  { tenant, roomId }: At,
  { invitee, ...end }: InvitationEnd & { readonly invitee: string },
  now: Date,
): Promise<{ readonly inviter: string; readonly madeMember: boolean } | undefined> {
  return await trx
    .updateTable("room_invitation")
    .set({ state: end.state, answer: end.reason ?? null, problem: end.problem ?? null, answered_at: now })
    .where("tenant_id", "=", tenant)
    .where("room_id", "=", roomId)
    .where("invitee", "=", invitee)
    .where("state", "=", "pending")
    .where(visible(tenant, now))
    .returning(["inviter", "made_member as madeMember"])
    .executeTakeFirst();
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
      .select(["invitee", "inviter", "invited_at as at", "state", "answer", "problem", "answered_at as answeredAt"])
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
