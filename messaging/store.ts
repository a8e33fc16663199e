import { type RawBuilder, sql, type Transaction } from "kysely";
import { z } from "zod";
import { quotas } from "../config/sections/quotas.ts";
import type { Quotas } from "../identity/core-quota.ts";
import { type Actor, audit, localActor, requireStaying } from "../identity/index.ts";
import { checkQuota } from "../identity/tenant-quota.ts";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { defaultConfig, type RoomConfig, roomConfig } from "./core-config.ts";
import type { Membership, Subject } from "./core-state.ts";
import type { Tables } from "./tables.ts";

const subjectSchema = z.object({ text: z.string(), nick: z.string(), at: z.string() });

/** A room as it is stored. */
export interface StoredRoom {
  readonly id: string;
  readonly name: string;
  readonly config: RoomConfig;
  readonly subject: Subject | undefined;
  readonly locked: boolean;
  readonly memberships: ReadonlyMap<string, Membership>;
  readonly lastSeq: number;
  /** SHA-1 of its picture. */
  readonly avatar: string | undefined;
}

/** Affiliations that are stored. */
const tied = ["owner", "admin", "member", "outcast"] as const;
const roomColumns = ["id", "name", "config", "subject", "locked", "last_seq"] as const;

/** A room by its local part, or undefined. */
export function loadRoom(db: Database, tenant: string, name: string): Promise<StoredRoom | undefined> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const room = await trx
      .selectFrom("room")
      .select(roomColumns)
      .where("tenant_id", "=", tenant)
      .where("name", "=", name)
      .where("ended_at", "is", null)
      .executeTakeFirst();
    if (!room) return undefined;
    const rows = await trx
      .selectFrom("room_affiliation")
      .select(["jid", "affiliation", "nick", "reason"])
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", room.id)
      .execute();
    const avatar = await trx
      .selectFrom("room_avatar")
      .select("hash")
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", room.id)
      .executeTakeFirst();
    return {
      id: room.id,
      name: room.name,
      config: roomConfig.parse(room.config),
      subject: room.subject === null ? undefined : subjectSchema.parse(room.subject),
      locked: room.locked,
      memberships: new Map(
        rows.map(({ jid, affiliation, nick, reason }) => [
          jid,
          { affiliation: z.enum(tied).parse(affiliation), nick: nick ?? undefined, reason: reason ?? undefined },
        ]),
      ),
      lastSeq: room.last_seq,
      avatar: avatar?.hash,
    };
  });
}

/** When, by whom and under which limits a room is made. */
interface Making {
  readonly now: Date;
  readonly newId: NewId;
  /** The installation's limits. */
  readonly defaults: Quotas;
  readonly actor: (trx: Transaction<Tables>) => Promise<Actor> | Actor;
}

/** Makes a room with its first owner, unless it is there; whether it was made. Throws `quota-reached` when the tenant has as many as it may. */
export function createRoom(
  db: Database,
  tenant: string,
  room: {
    readonly id: string;
    readonly name: string;
    readonly config: RoomConfig;
    readonly owner: string | undefined;
    readonly locked: boolean;
  },
  { now, newId, defaults, actor }: Making,
): Promise<boolean> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const there = await trx
      .selectFrom("room")
      .select("id")
      .where("tenant_id", "=", tenant)
      .where("name", "=", room.name)
      .where("ended_at", "is", null)
      .executeTakeFirst();
    if (there) return false;
    await checkQuota(trx, tenant, { defaults, quota: "rooms", adding: 1, used: () => countIn(trx, tenant, room.name) });
    const made = await trx
      .insertInto("room")
      .values({
        tenant_id: tenant,
        id: room.id,
        name: room.name,
        config: JSON.stringify(room.config),
        subject: null,
        locked: room.locked,
        created_at: now,
      })
      .onConflict((conflict) => conflict.columns(["tenant_id", "name"]).where("ended_at", "is", null).doNothing())
      .returning("id")
      .executeTakeFirst();
    if (!made) return false;
    const { name, config, owner } = room;
    if (owner !== undefined) {
      await requireStaying(trx, tenant, [owner]);
      await trx
        .insertInto("room_affiliation")
        .values({ tenant_id: tenant, room_id: room.id, jid: owner, affiliation: "owner" })
        .execute();
    }
    const entry = { tenant, action: "room:create", object: `room/${room.id}`, after: { name, config, owner } };
    await audit(trx, await actor(trx), entry, now, newId);
    return true;
  });
}

/** The id of a room, which is made when it is missing (without an owner: for administration). Throws as createRoom. */
export async function ensureRoom(
  db: Database,
  tenant: string,
  name: string,
  newId: NewId,
  now: Date,
  defaults: Quotas = quotas.parse({}),
): Promise<string> {
  const found = await findRoom(db, tenant, name);
  if (found) return found.id;
  await createRoom(
    db,
    tenant,
    { id: newId(), name, config: defaultConfig(name), owner: undefined, locked: false },
    { now, newId, defaults, actor: () => localActor("cli") },
  );
  const made = await findRoom(db, tenant, name);
  if (!made) throw new KontorError("internal", "The room vanished while it was made");
  return made.id;
}

/** A room by its local part, in brief. */
export function findRoom(
  db: Database,
  tenant: string,
  name: string,
): Promise<{ id: string; name: string } | undefined> {
  return db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room")
      .select(["id", "name"])
      .where("tenant_id", "=", tenant)
      .where("name", "=", name)
      .where("ended_at", "is", null)
      .executeTakeFirst(),
  );
}

/** The rooms that there are: as many as the tenant's quota at most. */
export async function openRoomIds(db: Database, tenant: string): Promise<string[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx.selectFrom("room").select("id").where("tenant_id", "=", tenant).where("ended_at", "is", null).execute(),
  );
  return rows.map(({ id }) => id);
}

/** How many rooms a tenant has. */
export function countRooms(db: Database, tenant: string): Promise<number> {
  return db.withTenants([tenant], (trx: Transaction<Tables>) => countIn(trx, tenant));
}

/** Without the one named `except`: who comes second for the same room finds it made and takes no further place. */
async function countIn(trx: Transaction<Tables>, tenant: string, except = ""): Promise<number> {
  const { count } = await trx
    .selectFrom("room")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("tenant_id", "=", tenant)
    .where("name", "<>", except)
    .where("ended_at", "is", null)
    .executeTakeFirstOrThrow();
  return count;
}

/** The local part of a room by its id. */
export async function roomName(db: Database, tenant: string, id: string): Promise<string | undefined> {
  const row = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx.selectFrom("room").select("name").where("tenant_id", "=", tenant).where("id", "=", id).executeTakeFirst(),
  );
  return row?.name;
}

/** Whether the directory shows a row of `room` to somebody (a bare address): what is listed, and what he belongs to; nothing that has banned him. */
export const isShownTo = (asker: string): RawBuilder<boolean> =>
  sql<boolean>`coalesce(
    (select a.affiliation <> 'outcast' from room_affiliation a
      where a.tenant_id = room.tenant_id and a.room_id = room.id and a.jid = ${asker}),
    (config ->> 'listed')::boolean and not locked and not coalesce((config ->> 'membersOnly')::boolean, false))`;

/**
 * The rooms that the directory lists for somebody (a bare address), by name, after a name: open ones that are listed, and
 * those he belongs to; none that has banned him.
 */
export async function listRooms(
  db: Database,
  tenant: string,
  asker: string,
  afterName: string,
  limit: number,
): Promise<{ name: string; title: string }[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room")
      .select(["name", "config"])
      .where("tenant_id", "=", tenant)
      .where("name", ">", afterName)
      .where("ended_at", "is", null)
      .where(isShownTo(asker))
      .orderBy("name")
      .limit(limit)
      .execute(),
  );
  return rows.map((row) => ({ name: row.name, title: roomConfig.parse(row.config).title }));
}
