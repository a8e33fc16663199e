/** What outlives the owner process of a room: who is inside (in Redis), and who is there by links to other networks. */
import type { Redis } from "ioredis";
import type { DoorContext } from "../components/door.ts";
import { parseXml } from "../components/stanza.ts";
import { restoreOccupant } from "./core-entry.ts";
import { setFarOccupants } from "./core-far.ts";
import type { Effect, RoomState } from "./core-state.ts";
import { farSides, type LiveSession, recallSessions, rememberSessions } from "./live.ts";

export interface RoomMemory {
  /** Puts remembered occupants back without telling anybody: for their clients nothing happened. */
  recall(room: RoomState): Promise<void>;
  /** Writes what became of sessions; with `all` given they are all there are. */
  remember(room: RoomState, sessions: readonly string[], options?: { readonly all: boolean }): void;
  /** Takes in who is there by links, and gives what the room is told. */
  refreshFar(room: RoomState): Promise<Effect[]>;
}

/** The memory of one tenant's rooms. */
export function roomMemory(
  context: Pick<DoorContext, "tenant" | "log">,
  redis: Redis,
  occupantId: (room: RoomState, who: string) => string,
): RoomMemory {
  const tenant = context.tenant.id;
  const restore = (room: RoomState, jid: string, { presence, ...live }: LiveSession) => {
    try {
      const children = parseXml(`<p>${presence}</p>`).children.filter((child) => typeof child === "object");
      restoreOccupant(room, { jid, presence: children, ...live });
    } catch (error) {
      context.log.warn("An occupant from before could not be restored", { room: room.name, error });
    }
  };
  const write = (
    room: RoomState,
    live: ReadonlyMap<string, LiveSession | undefined>,
    options?: { readonly all: boolean },
  ) => {
    rememberSessions(redis, tenant, room.id, live, options).catch((error: unknown) =>
      context.log.debug("Live state was not written", { room: room.name, error }),
    );
  };
  return {
    recall: async (room) => {
      const sessions = await recallSessions(redis, tenant, room.id, context.log);
      const former = new Map<string, undefined>();
      for (const [jid, session] of sessions) {
        // One that somebody left behind who is deleted is not of who has the name now.
        if (session.occupantId === occupantId(room, session.bare)) restore(room, jid, session);
        else former.set(jid, undefined);
      }
      if (former.size > 0) write(room, former);
    },
    remember: (room, sessions, options) => {
      const live = new Map(sessions.map((jid) => [jid, liveSession(room, jid)]));
      write(room, live, options);
    },
    refreshFar: async (room) => {
      const sides = await farSides(redis, tenant, room.id);
      if (!sides) return [];
      const links = new Set([...room.occupants.values()].flatMap((occupant) => occupant.far?.link ?? []));
      const gone = [...links].filter((link) => !sides.has(link));
      return [
        ...gone.flatMap((link) => setFarOccupants(room, { id: link, network: "" }, [])),
        ...[...sides].flatMap(([link, { network, people }]) => {
          const known = people.map((person) => ({ ...person, occupantId: occupantId(room, `${link} ${person.id}`) }));
          return setFarOccupants(room, { id: link, network }, known);
        }),
      ];
    },
  };
}

function liveSession(room: RoomState, jid: string): LiveSession | undefined {
  const occupant = room.bySession.get(jid);
  const session = occupant?.sessions.get(jid);
  if (!occupant || !session || occupant.bare === null || occupant.role === "none") return undefined;
  const { bare, nick, occupantId, role } = occupant;
  const presence = session.presence.map((child) => child.toString()).join("");
  return {
    bare,
    nick,
    occupantId,
    role,
    presence,
    entered: session.entered,
    withheld: room.withheld.get(occupant) ?? null,
  };
}
