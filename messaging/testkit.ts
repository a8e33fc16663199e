/** For tests of the core: a room in memory, and people who see what it sends. */
import type { Element } from "../components/stanza.ts";
import { mucUser, NS_MUC_USER } from "../components/xep/xep-0045-muc.ts";
import { KontorError } from "../platform/errors.ts";
import { defaultConfig } from "./core-config.ts";
import { type JoinRequest, join } from "./core-entry.ts";
import { releaseSession } from "./core-message.ts";
import { type Effect, newRoomState, type RoomState } from "./core-state.ts";

export const ROOM = "empfang@rooms.example.org";

export function emptyRoom(owner?: string): RoomState {
  return newRoomState({
    id: "0192f0c5-7d8c-7b6e-8d3a-000000000001",
    jid: ROOM,
    name: "empfang",
    config: defaultConfig("Empfang"),
    subject: undefined,
    locked: false,
    memberships: new Map(owner ? [[owner, { affiliation: "owner", nick: undefined, reason: undefined }]] : []),
    lastSeq: 0,
    avatar: undefined,
  });
}

/** What a join asks for; the bare address is taken from the full one. */
export function joinAs(jid: string, nick: string, presence: readonly Element[] = []): JoinRequest {
  const bare = jid.split("/")[0] ?? jid;
  return {
    jid,
    bare,
    nick,
    occupantId: `id-of-${bare}`,
    presence,
    history: undefined,
    password: undefined,
    logged: true,
    created: false,
  };
}

/** Joins and takes the history for read, as the owner process does. */
export function enter(room: RoomState, jid: string, nick: string): Effect[] {
  return [...join(room, joinAs(jid, nick)), ...releaseSession(room, jid)];
}

/** The stanzas that a session gets, in order. */
export function sentTo(effects: readonly Effect[], jid: string): Element[] {
  return effects.flatMap((effect) => (effect.do === "send" && effect.to.includes(jid) ? [effect.stanza] : []));
}

/** The status codes of a presence. */
export function statusesOf(presence: Element | undefined): number[] {
  const user = presence?.getChild("x", NS_MUC_USER);
  return user ? mucUser.read(user).statuses : [];
}

/** The code of the error that `work` throws, or "no error". */
export function codeOf(work: () => unknown): string {
  try {
    work();
    return "no error";
  } catch (error) {
    return error instanceof KontorError ? error.code : String(error);
  }
}
