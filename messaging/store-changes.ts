/**
 * Lasting changes of a room that people ask for: stored by its owner only, each in one transaction with its entry in the
 * audit log. Throw FencedError when another process owns the rooms.
 */
import type { Transaction } from "kysely";
import type { Role } from "../components/xep/xep-0045-muc.ts";
import { type Actor, type AuditChange, audit, requireStaying, xmppActor } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import type { RoomConfig } from "./core-config.ts";
import type { Membership } from "./core-state.ts";
import { settleCommand } from "./store-commands.ts";
import { holdOwnership } from "./store-owner.ts";
import type { Tables } from "./tables.ts";

/** Where, by whom and when something is changed. */
export interface RoomChange {
  readonly db: Database;
  readonly tenant: { readonly id: string; readonly domain: string };
  readonly fence: number;
  readonly roomId: string;
  /** Bare address of who asked. */
  readonly by: string;
  /** The affiliation or role by which it was allowed. */
  readonly as: string;
  /** The roles in the tenant by which it was allowed instead. */
  readonly roles?: readonly string[] | undefined;
  readonly reason?: string | undefined;
  /** Who changes it where that is neither an address nor a command. */
  readonly actor?: Actor | undefined;
  /** What is stored with it. */
  readonly also?: ((trx: Transaction<Tables>) => Promise<void>) | undefined;
  /** The command that asked for it: done with the change, in one transaction. */
  readonly command?: SentCommand | undefined;
  readonly now: Date;
  readonly newId: NewId;
}

/** What came over the API. */
interface SentCommand {
  readonly id: string;
  readonly actor: Actor;
}

type Entry = Omit<AuditChange, "tenant" | "object">;

/** A change and its entry in the audit log, by the owner of the rooms only. */
export function inChange(change: RoomChange, work: (trx: Transaction<Tables>) => Promise<Entry>): Promise<void> {
  const { db, tenant, fence, roomId, by, as, roles, reason, command, now, newId } = change;
  return db.withTenants([tenant.id], async (trx: Transaction<Tables>) => {
    await holdOwnership(trx, tenant.id, fence);
    if (command) await settleCommand(trx, tenant.id, command.id, now);
    const entry = await work(trx);
    await change.also?.(trx);
    const actor = command?.actor ?? change.actor ?? (await xmppActor(trx, tenant, by, roles ?? [`room:${as}`], reason));
    await audit(trx, actor, { ...entry, tenant: tenant.id, object: `room/${roomId}` }, now, newId);
  });
}

/**
 * A configuration; the room is open from now on. Throws `precondition-failed` when `version` is given and not what is
 * stored any more.
 */
export function storeConfig(
  change: RoomChange,
  before: RoomConfig,
  after: RoomConfig,
  version?: number | undefined,
): Promise<void> {
  return inChange(change, async (trx) => {
    const changed = await trx
      .updateTable("room")
      .set((eb) => ({ config: JSON.stringify(after), locked: false, version: eb("version", "+", 1) }))
      .where("tenant_id", "=", change.tenant.id)
      .where("id", "=", change.roomId)
      .$if(version !== undefined, (query) => query.where("version", "=", version ?? 0))
      .returning("id")
      .executeTakeFirst();
    if (!changed) throw new KontorError("precondition-failed");
    return { action: "room:configure", before, after };
  });
}

/** Ends the ties of people to a room. */
export async function endTies(
  trx: Transaction<Tables>,
  { tenant, roomId }: Pick<RoomChange, "tenant" | "roomId">,
  jids: readonly string[],
): Promise<void> {
  await trx
    .deleteFrom("room_affiliation")
    .where("tenant_id", "=", tenant.id)
    .where("room_id", "=", roomId)
    .where("jid", "in", jids)
    .execute();
}

/** Ties of people to a room; undefined ends one. */
export function storeMemberships(
  change: RoomChange,
  changes: readonly {
    readonly bare: string;
    readonly before: Membership | undefined;
    readonly membership: Membership | undefined;
  }[],
): Promise<void> {
  const at = { tenant_id: change.tenant.id, room_id: change.roomId };
  return inChange(change, async (trx) => {
    const gone = changes.filter(({ membership }) => !membership).map(({ bare }) => bare);
    if (gone.length > 0) await endTies(trx, change, gone);
    const kept = new Map(changes.flatMap(({ bare, membership }) => (membership ? [[bare, membership] as const] : [])));
    if (kept.size > 0) {
      await requireStaying(trx, change.tenant.id, [...kept.keys()]);
      const rows = [...kept].map(([jid, { affiliation, nick = null, reason = null }]) => ({
        ...at,
        jid,
        affiliation,
        nick,
        reason,
      }));
      await trx
        .insertInto("room_affiliation")
        .values(rows)
        .onConflict((conflict) =>
          conflict.columns(["tenant_id", "room_id", "jid"]).doUpdateSet((eb) => ({
            affiliation: eb.ref("excluded.affiliation"),
            nick: eb.ref("excluded.nick"),
            reason: eb.ref("excluded.reason"),
          })),
        )
        .execute();
    }
    const told = (pick: "before" | "membership") =>
      changes.map((each) => ({ jid: each.bare, ...(each[pick] ?? { affiliation: "none" }) }));
    return { action: "room:members", before: told("before"), after: told("membership") };
  });
}

/** The end of a room: its name is free, its log stays until its time. Links into other networks end with it. */
export function storeEnd(change: RoomChange): Promise<void> {
  return inChange(change, async (trx) => {
    await trx
      .updateTable("room")
      .set({ ended_at: change.now })
      .where("tenant_id", "=", change.tenant.id)
      .where("id", "=", change.roomId)
      .execute();
    for (const table of ["room_avatar", "room_invitation"] as const) {
      await trx
        .deleteFrom(table)
        .where("tenant_id", "=", change.tenant.id)
        .where("room_id", "=", change.roomId)
        .execute();
    }
    return { action: "room:destroy" };
  });
}

/** That the room was given over the API the subject that it has already. */
export function storeSubject(change: RoomChange, before: string | undefined, after: string): Promise<void> {
  return inChange(change, async () => ({ action: "room:subject", before, after }));
}

/** That people are invited who become no members by it. */
export function storeInvitation(change: RoomChange, invited: readonly string[]): Promise<void> {
  return inChange(change, async () => ({ action: "room:invite", after: { invited } }));
}

/** A role that somebody was given over the API until he leaves; `none` puts him out. It is in memory only. */
export function storeRole(change: RoomChange, occupant: { readonly nick: string; readonly role: Role }, role: Role) {
  return inChange(change, async () => ({
    action: role === "none" ? "room:kick" : "room:role",
    before: { nick: occupant.nick, role: occupant.role },
    after: { nick: occupant.nick, role },
  }));
}
