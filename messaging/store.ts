import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { affiliations } from "../components/xep/xep-0045-muc.ts";
import { quotas } from "../config/sections/quotas.ts";
import type { Quotas } from "../identity/core-quota.ts";
import { checkQuota } from "../identity/tenant-quota.ts";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import type { RoomConfig, Subject } from "./core-state.ts";
import type { Tables } from "./tables.ts";

const configSchema = z.object({
  title: z.string().max(200),
  listed: z.boolean(),
  history: z.number().int().min(0).max(200),
});
const subjectSchema = z.object({ text: z.string(), nick: z.string(), at: z.string() });

/** A room as it is stored. */
export interface StoredRoom {
  readonly id: string;
  readonly name: string;
  readonly config: RoomConfig;
  readonly subject: Subject | undefined;
  readonly affiliations: ReadonlyMap<string, (typeof affiliations)[number]>;
  readonly lastSeq: number;
}

export function defaultConfig(name: string): RoomConfig {
  return { title: name, listed: true, history: 20 };
}

const roomColumns = ["id", "name", "config", "subject", "last_seq"] as const;

/** A room by its local part, or undefined. */
export function loadRoom(db: Database, tenant: string, name: string): Promise<StoredRoom | undefined> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const room = await trx
      .selectFrom("room")
      .select(roomColumns)
      .where("tenant_id", "=", tenant)
      .where("name", "=", name)
      .executeTakeFirst();
    if (!room) return undefined;
    const rows = await trx
      .selectFrom("room_affiliation")
      .select(["jid", "affiliation"])
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", room.id)
      .execute();
    return {
      id: room.id,
      name: room.name,
      config: configSchema.parse(room.config),
      subject: room.subject === null ? undefined : subjectSchema.parse(room.subject),
      affiliations: new Map(rows.map((row) => [row.jid, z.enum(affiliations).parse(row.affiliation)])),
      lastSeq: room.last_seq,
    };
  });
}

/** Makes a room with its first owner, unless it is there. Throws `quota-reached` when the tenant has as many as it may. */
export function createRoom(
  db: Database,
  tenant: string,
  room: { readonly id: string; readonly name: string; readonly config: RoomConfig; readonly owner: string | undefined },
  now: Date,
  defaults: Quotas,
): Promise<void> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const there = await trx
      .selectFrom("room")
      .select("id")
      .where("tenant_id", "=", tenant)
      .where("name", "=", room.name)
      .executeTakeFirst();
    if (there) return;
    await checkQuota(trx, tenant, { defaults, quota: "rooms", adding: 1, used: () => countIn(trx, tenant, room.name) });
    const made = await trx
      .insertInto("room")
      .values({
        tenant_id: tenant,
        id: room.id,
        name: room.name,
        config: JSON.stringify(room.config),
        subject: null,
        created_at: now,
      })
      .onConflict((conflict) => conflict.columns(["tenant_id", "name"]).doNothing())
      .returning("id")
      .executeTakeFirst();
    if (!made || room.owner === undefined) return;
    await trx
      .insertInto("room_affiliation")
      .values({ tenant_id: tenant, room_id: room.id, jid: room.owner, affiliation: "owner" })
      .execute();
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
  await createRoom(db, tenant, { id: newId(), name, config: defaultConfig(name), owner: undefined }, now, defaults);
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
      .executeTakeFirst(),
  );
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

/** The rooms that the directory lists, by name, after a name. */
export async function listRooms(
  db: Database,
  tenant: string,
  afterName: string,
  limit: number,
): Promise<{ name: string; title: string }[]> {
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room")
      .select(["name", "config"])
      .where("tenant_id", "=", tenant)
      .where("name", ">", afterName)
      .where(sql<boolean>`(config ->> 'listed')::boolean`)
      .orderBy("name")
      .limit(limit)
      .execute(),
  );
  return rows.map((row) => ({ name: row.name, title: configSchema.parse(row.config).title }));
}

/** Makes this process the owner of a tenant's rooms: commits with the fence of an earlier owner are refused from now on. */
export function takeOwnership(db: Database, tenant: string, owner: string): Promise<number> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const row = await trx
      .insertInto("room_owner")
      .values({ tenant_id: tenant, fence: 1, owner })
      .onConflict((conflict) =>
        conflict.column("tenant_id").doUpdateSet({ fence: sql<number>`room_owner.fence + 1`, owner }),
      )
      .returning("fence")
      .executeTakeFirstOrThrow();
    return row.fence;
  });
}

/** The fence that is in force, or undefined before there was an owner. */
export async function currentFence(db: Database, tenant: string): Promise<number | undefined> {
  const row = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx.selectFrom("room_owner").select("fence").where("tenant_id", "=", tenant).executeTakeFirst(),
  );
  return row?.fence;
}

/** Stores the configuration of a room. */
export async function saveConfig(db: Database, tenant: string, id: string, config: RoomConfig): Promise<void> {
  await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .updateTable("room")
      .set({ config: JSON.stringify(config) })
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .execute(),
  );
}
