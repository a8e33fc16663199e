/** What happens in a room and is not for the record, told by its owner to those who follow it elsewhere, by Redis. */
import { z } from "zod";
import { childElements, type Element } from "../components/stanza.ts";
import type { WakeTopic } from "../platform/wake.ts";
import { isAnnounced } from "./core-announce.ts";
import type { Effect, Occupant, RoomState } from "./core-state.ts";
import type { ShownChange } from "./shown.ts";

const NS_CHATSTATES = "http://jabber.org/protocol/chatstates";

const who = { nick: z.string(), occupantId: z.string() };
const typing = z.object({
  kind: z.literal("typing"),
  ...who,
  state: z.enum(["active", "composing", "paused", "inactive", "gone"]),
});
const presence = z.object({
  kind: z.literal("presence"),
  changes: z.array(z.object({ ...who, there: z.boolean() })),
});
export type LiveNews = z.output<typeof typing> | z.output<typeof presence>;

/**
 * News of a room. `rights`: who may read in it may have changed, or it is no more. `anew`: who is shown is to be read
 * again as a whole.
 */
export const roomNewsTopic: WakeTopic<{
  tenant: string;
  room: string;
  news: LiveNews | { kind: "rights" } | { kind: "anew" };
}> = {
  name: "kontor:room-news",
  schema: z.object({
    tenant: z.string(),
    room: z.string(),
    news: z.discriminatedUnion("kind", [
      typing,
      presence,
      z.object({ kind: z.literal("rights") }),
      z.object({ kind: z.literal("anew") }),
    ]),
  }),
};

/** Comings and goings are told in batches, so that a join storm is not told one by one. */
const GATHER_MS = 200;
const MAX_CHANGES = 200;

export interface RoomNews {
  /** A groupchat message was passed on: that somebody types is news (XEP-0085). */
  said(room: RoomState, session: string, stanza: Element, effects: readonly Effect[]): void;
  /** Who is here may have changed. */
  moved(room: RoomState): void;
}

/** Where news go. */
interface Teller {
  /** Keeps who is shown, for those who begin to follow; with `all` the changes are all who are there. */
  keep(room: string, changes: readonly ShownChange[], all: boolean): void;
  tell(room: string, news: LiveNews | { kind: "anew" }): void;
}

/** The teller of one tenant's rooms. What a large room keeps from its people it keeps from followers too. */
export function roomNews({ keep, tell }: Teller): RoomNews {
  /** By room: whom it was told of, nick by occupant. */
  const told = new WeakMap<RoomState, Map<string, string>>();
  const gathering = new Set<RoomState>();

  const later = (room: RoomState) => {
    if (gathering.has(room)) return;
    gathering.add(room);
    setTimeout(() => {
      gathering.delete(room);
      const before = told.get(room) ?? new Map<string, string>();
      const changes = changesOf(before, shownIn(room)).slice(0, MAX_CHANGES);
      if (changes.length === 0) return;
      for (const { nick, occupantId, there } of changes) {
        if (there) before.set(nick, occupantId);
        else before.delete(nick);
      }
      // Kept first: who is told begins with what was kept, or was there before.
      keep(room.id, changes, false);
      tell(room.id, { kind: "presence", changes });
      if (changes.length === MAX_CHANGES) later(room);
    }, GATHER_MS).unref();
  };

  return {
    said: (room, session, stanza, effects) => {
      if (effects.length === 0 || stanza.getChild("body")) return;
      const occupant = room.bySession.get(session);
      const name = childElements(stanza).find((child) => child.getNS() === NS_CHATSTATES)?.name;
      const state = typing.shape.state.safeParse(name);
      if (!occupant || !state.success) return;
      const { nick, occupantId } = occupant;
      tell(room.id, { kind: "typing", nick, occupantId, state: state.data });
    },
    moved: (room) => {
      if (told.has(room)) return later(room);
      // The room was loaded: what another owner told, or the death of one left untold, is not known here.
      const shown = shownIn(room);
      told.set(room, shown);
      keep(room.id, changesOf(new Map(), shown), true);
      tell(room.id, { kind: "anew" });
    },
  };
}

const isShown = (room: RoomState, occupant: Occupant) => isAnnounced(room, occupant) && !room.withheld.has(occupant);

function shownIn(room: RoomState): Map<string, string> {
  const shown = [...room.occupants.values()].filter((each) => isShown(room, each));
  return new Map(shown.map(({ nick, occupantId }) => [nick, occupantId]));
}

/** Who left first: a nick may go to somebody else. */
function changesOf(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>) {
  const missing = (from: ReadonlyMap<string, string>, than: ReadonlyMap<string, string>, there: boolean) =>
    [...from].flatMap(([nick, occupantId]) => (than.get(nick) === occupantId ? [] : [{ nick, occupantId, there }]));
  return [...missing(before, now, false), ...missing(now, before, true)];
}
