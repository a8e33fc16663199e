/** Who is inside a room, for who does not own it: as its owner last wrote it to Redis. */
import type { Redis } from "ioredis";
import type { Transaction } from "kysely";
import type { Database } from "../platform/postgres.ts";
import { farSides, type LiveSession, readSessions } from "./live.ts";
import type { Tables } from "./tables.ts";

export interface OccupantView {
  readonly occupantId: string;
  readonly nick: string;
  /** Bare address; null for somebody of another network. */
  readonly jid: string | null;
  readonly role: LiveSession["role"];
  readonly affiliation: string;
  readonly network: string | null;
  /** Devices. */
  readonly sessions: number;
}

/** The occupants by nick; undefined while Redis is away. */
export async function readOccupants(
  db: Database,
  redis: Redis,
  tenant: string,
  roomId: string,
): Promise<OccupantView[] | undefined> {
  const sessions = await readSessions(redis, tenant, roomId).catch(() => undefined);
  const far = await farSides(redis, tenant, roomId);
  if (!sessions || !far) return undefined;
  const people = new Map<string, LiveSession & { devices: number }>();
  for (const session of sessions.values()) {
    const known = people.get(session.nick);
    people.set(session.nick, { ...session, devices: (known?.devices ?? 0) + 1 });
  }
  const affiliations = await affiliationsOf(
    db,
    tenant,
    roomId,
    [...people.values()].map(({ bare }) => bare),
  );
  const here = [...people.values()].map(({ occupantId, nick, bare, role, devices }) => ({
    ...{ occupantId, nick, jid: bare, role, network: null, sessions: devices },
    affiliation: affiliations.get(bare) ?? "none",
  }));
  const there = [...far].flatMap(([link, { network, people }]) =>
    people.map(({ id, nick }) => ({
      // The owner makes their occupant ids; nobody acts on them from here.
      ...{ occupantId: `${link} ${id}`, nick, jid: null, role: "participant" as const, network, sessions: 0 },
      affiliation: "none",
    })),
  );
  return [...here, ...there].sort((a, b) => a.nick.localeCompare(b.nick));
}

async function affiliationsOf(
  db: Database,
  tenant: string,
  roomId: string,
  bares: readonly string[],
): Promise<Map<string, string>> {
  if (bares.length === 0) return new Map();
  const rows = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
    trx
      .selectFrom("room_affiliation")
      .select(["jid", "affiliation"])
      .where("tenant_id", "=", tenant)
      .where("room_id", "=", roomId)
      .where("jid", "in", bares)
      .execute(),
  );
  return new Map(rows.map(({ jid, affiliation }) => [jid, affiliation]));
}
