/** Who speaks in a room without being inside: people over the API, and bots. Pure. */
import { attr, type Element, x } from "../components/stanza.ts";
import type { Affiliation } from "../components/xep/xep-0045-muc.ts";
import { NS_RETRACT } from "../components/xep/xep-0424-retraction.ts";
import { KontorError } from "../platform/errors.ts";
import { freeNick } from "./core-far.ts";
import { affiliationOf, initialRole, NS_CORRECTION, type Occupant, type RoomState } from "./core-state.ts";

const NS_REACTIONS = "urn:xmpp:reactions:0";

/** Who asks over the API: a person by bare address, or a bot, which counts as the tenant's domain. */
export interface Asking {
  readonly bare: string;
  /** As people know it. */
  readonly name: string;
  readonly occupantId: string;
}

/** As whom the room takes somebody: the occupant where one is inside. */
export type Speaker = Pick<Occupant, "nick" | "bare" | "role" | "occupantId">;

/** Throws `forbidden` for the banned, and for who has no tie to a closed room and is not inside. */
export function requireMayRead(
  room: Pick<RoomState, "config" | "locked">,
  affiliation: Affiliation,
  inside: boolean,
): void {
  if (affiliation === "outcast") throw new KontorError("forbidden", "You were banned from this room");
  const closed = room.config.membersOnly || room.config.password !== "" || room.locked;
  if (closed && affiliation === "none" && !inside) throw new KontorError("forbidden", "Enter the room first");
}

/** Who speaks. Throws what requireMayRead does. */
export function speakerOf(room: RoomState, { bare, name, occupantId }: Asking): Speaker {
  const present = [...room.occupants.values()].find((each) => each.occupantId === occupantId);
  const affiliation = affiliationOf(room, bare);
  requireMayRead(room, affiliation, present !== undefined);
  if (present) return present;
  const registered = room.memberships.get(bare)?.nick;
  // Nobody speaks under the nick of somebody who is here.
  const nick = freeNick(room, registered ?? name, undefined);
  return { nick, bare, role: initialRole(room.config, affiliation), occupantId };
}

/** What may be said over the API, each as its XEP has it: a text, its correction, a reaction, a retraction. */
export type Saying =
  | { readonly body: string; readonly replaces?: string | undefined }
  | { readonly reactions: readonly string[]; readonly to: string }
  | { readonly retracts: string };

/** The message as a client would send it (XEP-0308, XEP-0444, XEP-0424). */
export function messageOf(id: string, saying: Saying): Element {
  const attrs = { id, type: "groupchat" };
  if ("retracts" in saying) return x("message", attrs, x("retract", { xmlns: NS_RETRACT, id: saying.retracts }));
  if ("reactions" in saying) {
    const each = saying.reactions.map((emoji) => x("reaction", {}, emoji));
    return x("message", attrs, x("reactions", { xmlns: NS_REACTIONS, id: saying.to }, ...each));
  }
  const replace = saying.replaces === undefined ? [] : [x("replace", { xmlns: NS_CORRECTION, id: saying.replaces })];
  return x("message", attrs, x("body", {}, saying.body), ...replace);
}

/** What a message of the log is to whoever reads it over the API. */
export function readMessage(stanza: Element) {
  const replace = stanza.getChild("replace", NS_CORRECTION);
  const retract = stanza.getChild("retract", NS_RETRACT);
  const reactions = stanza.getChild("reactions", NS_REACTIONS);
  const tombstone = stanza.getChild("retracted", NS_RETRACT);
  return {
    originId: attr(stanza, "id") ?? null,
    replaces: (replace && attr(replace, "id")) ?? null,
    retracts: (retract && attr(retract, "id")) ?? null,
    reactions: reactions
      ? { to: attr(reactions, "id") ?? "", emojis: reactions.getChildren("reaction").map((each) => each.getText()) }
      : null,
    retracted: tombstone !== undefined,
  };
}
