/** The pictures of rooms in PostgreSQL. */
import type { Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import type { Avatar } from "./core-avatar.ts";
import { inChange, type RoomChange } from "./store-changes.ts";
import type { Tables } from "./tables.ts";

/** The picture of a room, or undefined. */
export async function readAvatarOf(
  db: Database,
  tenant: string,
  roomId: string,
): Promise<{ readonly type: string; readonly bytes: Buffer } | undefined> {
  return db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_avatar")
      .select(["type", "bytes"])
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .executeTakeFirst(),
  );
}

/** Keeps the picture of a room, or takes it away. Throws FencedError when another process owns the rooms. */
export function storeAvatar(change: RoomChange, before: string | undefined, avatar: Avatar | undefined): Promise<void> {
  const at = { tenant_id: change.tenant.id, room_id: change.roomId };
  return inChange(change, async (trx) => {
    if (avatar) {
      await trx
        .insertInto("room_avatar")
        .values({ ...at, ...avatar })
        .onConflict((conflict) => conflict.columns(["tenant_id", "room_id"]).doUpdateSet({ ...avatar }))
        .execute();
    } else {
      await trx
        .deleteFrom("room_avatar")
        .where("tenant_id", "=", at.tenant_id)
        .where("room_id", "=", at.room_id)
        .execute();
    }
    const after = avatar && { hash: avatar.hash, type: avatar.type, bytes: avatar.bytes.length };
    return { action: "room:avatar", before: before === undefined ? undefined : { hash: before }, after };
  });
}
