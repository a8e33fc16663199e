import { type Selectable, sql, type Transaction } from "kysely";
import type { Quotas } from "../../identity/core-quota.ts";
import { type Actor, audit } from "../../identity/index.ts";
import { checkQuota } from "../../identity/tenant-quota.ts";
import { KontorError } from "../../platform/errors.ts";
import type { NewId } from "../../platform/ids.ts";
import type { Database } from "../../platform/postgres.ts";
import type { LinkSecrets } from "./link-secrets.ts";
import type { LinkState, LinkTable, Tables } from "./tables.ts";

export interface Link {
  readonly tenant: string;
  readonly id: string;
  readonly roomId: string;
  readonly room: string;
  readonly network: string;
  readonly place: string;
  /** As it is stored, its secrets sealed: LinkSecrets opens it. */
  readonly config: unknown;
  readonly version: number;
  readonly cursor: number;
  /** Entries of the room log that the link has not passed yet. */
  readonly lag: number;
  readonly state: LinkState;
  readonly lastError: string | null;
  readonly createdAt: Date;
}

/** A link names its tenant and itself; every query says both. */
export interface LinkRef {
  readonly tenant: string;
  readonly id: string;
}

const MAX_ERROR = 500;

const linkOf = (row: Selectable<LinkTable> & { room: string; last_seq: number }): Link => ({
  tenant: row.tenant_id,
  id: row.id,
  roomId: row.room_id,
  room: row.room,
  network: row.network,
  place: row.place,
  config: row.config,
  version: row.version,
  cursor: row.cursor,
  lag: Math.max(0, row.last_seq - row.cursor),
  state: row.state,
  lastError: row.last_error,
  createdAt: row.created_at,
});

/** Links with the name of their room and where its log ends. */
const withRoom = (trx: Transaction<Tables>) =>
  trx
    .selectFrom("bridge_link as link")
    .innerJoin("room", (join) =>
      join
        .onRef("room.tenant_id", "=", "link.tenant_id")
        .onRef("room.id", "=", "link.room_id")
        .on("room.ended_at", "is", null),
    )
    .selectAll("link")
    .select(["room.name as room", "room.last_seq"]);

/** The enabled links of tenants, oldest first. */
export async function listLinks(db: Database, tenants: readonly string[]): Promise<Link[]> {
  if (tenants.length === 0) return [];
  const rows = await db.withTenants(tenants, (trx: Transaction<Tables>) =>
    withRoom(trx)
      .where("link.tenant_id", "in", [...tenants])
      .where("link.enabled", "=", true)
      .orderBy("link.created_at")
      .orderBy("link.id")
      .execute(),
  );
  return rows.map(linkOf);
}

/** How many links a tenant has. */
export function countLinks(db: Database, tenant: string): Promise<number> {
  return db.withTenants([tenant], (trx: Transaction<Tables>) => countIn(trx, tenant));
}

async function countIn(trx: Transaction<Tables>, tenant: string): Promise<number> {
  const { count } = await trx
    .selectFrom("bridge_link")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("tenant_id", "=", tenant)
    .executeTakeFirstOrThrow();
  return count;
}

/** One link, or undefined. */
export async function findLink(db: Database, link: LinkRef): Promise<Link | undefined> {
  const row = await db.withTenants([link.tenant], (trx: Transaction<Tables>) =>
    withRoom(trx).where("link.tenant_id", "=", link.tenant).where("link.id", "=", link.id).executeTakeFirst(),
  );
  return row && linkOf(row);
}

/** Who changes a link, for the audit log. */
interface LinkChange {
  readonly actor: Actor;
  readonly newId: NewId;
}

export interface NewLink {
  /** Id for the link if it is new. */
  readonly id: string;
  readonly roomId: string;
  readonly network: string;
  /** From `network.place(config).place`. */
  readonly place: string;
  readonly config: unknown;
  readonly now: Date;
}

/**
 * Links a room with a far place, from what is said from now on. The same room, network and place again keeps the link
 * and its cursor and takes over the configuration. Gives the id of the link. Throws `policy-violation` when the tenant has as many as it may.
 */
export async function putLink(
  db: Database,
  tenant: string,
  link: NewLink,
  { quotas: defaults, secrets, actor, newId }: LinkChange & { readonly quotas: Quotas; readonly secrets: LinkSecrets },
): Promise<string> {
  return db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const { roomId: room_id, network, place } = link;
    const there = await trx
      .selectFrom("bridge_link")
      .select("config")
      .where("tenant_id", "=", tenant)
      .where((where) => where.and({ room_id, network, place }))
      .executeTakeFirst();
    const config = JSON.stringify(secrets.seal({ tenant, ...link }, link.config, there?.config));
    if (!there) {
      await checkQuota(trx, tenant, { defaults, quota: "links", adding: 1, used: () => countIn(trx, tenant) });
    }
    const room = await trx
      .selectFrom("room")
      .select("last_seq")
      .where("tenant_id", "=", tenant)
      .where("id", "=", link.roomId)
      .executeTakeFirst();
    if (!room) throw new KontorError("not-found", "There is no such room");
    const row = await trx
      .insertInto("bridge_link")
      .values({
        tenant_id: tenant,
        id: link.id,
        room_id: link.roomId,
        network: link.network,
        place: link.place,
        config,
        version: 1,
        cursor: room.last_seq,
        enabled: true,
        state: "waiting",
        last_error: null,
        created_at: link.now,
      })
      .onConflict((conflict) =>
        conflict.columns(["tenant_id", "room_id", "network", "place"]).doUpdateSet({
          config,
          enabled: true,
          version: sql<number>`bridge_link.version + (bridge_link.config is distinct from excluded.config)::int`,
        }),
      )
      .returning(["id", "version"])
      .executeTakeFirstOrThrow();
    // Of the configuration only its version: what is secret in it is its network's knowledge.
    const after = { room: room_id, network, place, version: row.version };
    const action = there ? "link:change" : "link:create";
    await audit(trx, actor, { tenant, action, object: `link/${row.id}`, after }, link.now, newId);
    return row.id;
  });
}

/** Stores the same configuration in another form, unless it was changed meanwhile: whoever holds the link goes on. */
export async function restoreConfig(db: Database, link: Link, config: unknown): Promise<void> {
  await db.withTenants([link.tenant], (trx: Transaction<Tables>) =>
    trx
      .updateTable("bridge_link")
      .set({ config: JSON.stringify(config) })
      .where("tenant_id", "=", link.tenant)
      .where("id", "=", link.id)
      .where("version", "=", link.version)
      .execute(),
  );
}

/** Removes a link with its id map; throws `not-found`. */
export async function removeLink(
  db: Database,
  { tenant, id }: LinkRef,
  { actor, newId, now }: LinkChange & { readonly now: Date },
): Promise<void> {
  await db.withTenants([tenant], async (trx: Transaction<Tables>) => {
    const removed = await trx
      .deleteFrom("bridge_link")
      .where("tenant_id", "=", tenant)
      .where("id", "=", id)
      .returning(["room_id", "network", "place"])
      .executeTakeFirst();
    if (!removed) throw new KontorError("not-found", "There is no such link");
    const { room_id: room, network, place } = removed;
    const before = { room, network, place };
    await audit(trx, actor, { tenant, action: "link:delete", object: `link/${id}`, before }, now, newId);
  });
}

/** Says how the link is. */
export async function setLinkState(
  db: Database,
  link: LinkRef,
  state: LinkState,
  lastError: string | null,
): Promise<void> {
  await db.withTenants([link.tenant], (trx: Transaction<Tables>) =>
    trx
      .updateTable("bridge_link")
      .set({ state, last_error: lastError?.slice(0, MAX_ERROR) ?? null })
      .where("tenant_id", "=", link.tenant)
      .where("id", "=", link.id)
      .execute(),
  );
}
