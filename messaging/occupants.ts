/** Who is inside a room, for who does not own it: as its owner last wrote it to Redis. */
import type { Redis } from "ioredis";
import type { Transaction } from "kysely";
import type { Sorting } from "../platform/http-query.ts";
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

export interface OccupantsQuery {
  /** Part of nick or address. */
  readonly text?: string | undefined;
  readonly sort: Sorting<"nick">;
  /** Nick and occupant id of the last one seen. */
  readonly after?: readonly [string, string] | undefined;
  readonly limit: number;
}

/** Occupants, with one more than `limit` when there are more; undefined while Redis is away. */
export async function readOccupants(
  db: Database,
  redis: Redis,
  tenant: string,
  roomId: string,
  query: OccupantsQuery,
): Promise<OccupantView[] | undefined> {
  const sessions = await readSessions(redis, tenant, roomId).catch(() => undefined);
  const far = await farSides(redis, tenant, roomId);
  if (!sessions || !far) return undefined;
  const people = new Map<string, LiveSession & { devices: number }>();
  for (const session of sessions.values()) {
    const known = people.get(session.nick);
    people.set(session.nick, { ...session, devices: (known?.devices ?? 0) + 1 });
  }
  const here = [...people.values()].map(({ occupantId, nick, bare, role, devices }) => ({
    ...{ occupantId, nick, jid: bare, role, network: null, sessions: devices },
  }));
  const there = [...far].flatMap(([link, { network, people }]) =>
    people.map(({ id, nick }) => ({
      // The owner makes their occupant ids; nobody acts on them from here.
      ...{ occupantId: `${link} ${id}`, nick, jid: null, role: "participant" as const, network, sessions: 0 },
    })),
  );
  const page = pageHere([...here, ...there], query);
  const affiliations = await affiliationsOf(
    db,
    tenant,
    roomId,
    page.flatMap(({ jid }) => jid ?? []),
  );
  return page.map((each) => ({ ...each, affiliation: affiliations.get(each.jid ?? "") ?? "none" }));
}

type Found = Omit<OccupantView, "affiliation">;

const compare = (one: readonly [string, string], other: readonly [string, string]): number =>
  one[0].localeCompare(other[0]) || (one[1] < other[1] ? -1 : Number(one[1] > other[1]));

function pageHere(all: readonly Found[], { text, sort, after, limit }: OccupantsQuery): Found[] {
  const wanted = text?.toLowerCase() ?? "";
  const way = sort.descending ? -1 : 1;
  const place = ({ nick, occupantId }: Found) => [nick, occupantId] as const;
  return all
    .filter(({ nick, jid }) => `${nick} ${jid ?? ""}`.toLowerCase().includes(wanted))
    .filter((each) => after === undefined || way * compare(place(each), after) > 0)
    .sort((a, b) => way * compare(place(a), place(b)))
    .slice(0, limit + 1);
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
