/** Who reads what is said in a room as a person or bot of the tenant, and how it looks to them. */
import type { Transaction } from "kysely";
import { parseXml } from "../components/stanza.ts";
import { personSince } from "../identity/index.ts";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { affiliation } from "./core-commands.ts";
import { roomConfig } from "./core-config.ts";
import { readMessage, requireMayRead } from "./core-speaker.ts";
import type { LogEntry } from "./log.ts";
import type { Tables } from "./tables.ts";

/** Who reads: a bare address, and since when it is that person's. */
export interface Reader {
  readonly by: string;
  readonly since: Date | undefined;
}

/**
 * Throws `not-found` for a room that is no more, `forbidden` where it is closed to this bare address: as over XMPP, by
 * ties to the room.
 */
export async function requireReader(db: Database, tenant: string, roomId: string, by: string): Promise<Reader> {
  const { room, ties, since } = await db.withTenants([tenant], async (trx: Transaction<Tables>) => ({
    room: await trx
      .selectFrom("room")
      .select(["config", "locked"])
      .where("tenant_id", "=", tenant)
      .where("id", "=", roomId)
      .where("ended_at", "is", null)
      .executeTakeFirst(),
    ties: await trx
      .selectFrom("room_affiliation")
      .select(["jid", "affiliation"])
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .where("jid", "in", [by, by.slice(by.indexOf("@") + 1)])
      .execute(),
    // A bot is the tenant itself.
    since: by.includes("@") ? await personSince(trx, tenant, by.slice(0, by.indexOf("@"))) : undefined,
  }));
  if (!room) throw new KontorError("not-found", "There is no such room");
  const own = ties.find(({ jid }) => jid === by) ?? ties[0];
  const { locked } = room;
  requireMayRead(
    { config: roomConfig.parse(room.config), locked },
    affiliation.parse(own?.affiliation ?? "none"),
    false,
  );
  return { by, since };
}

/** A message as somebody reads it; what somebody else said who had the name before is not an own one. */
export const itemOf = ({ id, at, nick, occupantId, sender, body, stanza }: LogEntry, { by, since }: Reader) => ({
  ...{ id, at: at.toISOString(), nick, occupantId, mine: sender === by && !(since && at < since), body },
  ...readMessage(parseXml(stanza)),
});
