/** XEP-0308: who may correct what. Pure. */
import { attr, type Element } from "../components/stanza.ts";
import { NS_OCCUPANT_ID } from "../components/xep/xep-0421-occupant-id.ts";
import { KontorError } from "../platform/errors.ts";
import { NS_CORRECTION, type Occupant, type RoomState } from "./core-state.ts";

/** Messages of which a room remembers who sent them: clients correct what was said last. */
const REMEMBERED = 200;

/** Keeps who sent a message under which id. Two people may have given theirs the same. */
export function rememberAuthor(room: RoomState, stanza: Element): void {
  const id = attr(stanza, "id");
  const element = stanza.getChild("occupant-id", NS_OCCUPANT_ID);
  const author = element && attr(element, "id");
  if (id === undefined || author === undefined) return;
  const authors = room.authors.get(id) ?? new Set();
  authors.add(author);
  // What was said last goes last.
  room.authors.delete(id);
  room.authors.set(id, authors);
  const [oldest] = room.authors.keys();
  if (room.authors.size > REMEMBERED && oldest !== undefined) room.authors.delete(oldest);
}

/**
 * Throws `not-allowed` for a correction of what somebody else said (XEP-0308 4). One of a message that the room does not
 * remember passes: receivers compare the occupant ids, which are the room's word.
 */
export function checkCorrection(room: RoomState, occupant: Pick<Occupant, "occupantId">, message: Element): void {
  const replace = message.getChild("replace", NS_CORRECTION);
  const id = replace && attr(replace, "id");
  const authors = id === undefined ? undefined : room.authors.get(id);
  if (authors && !authors.has(occupant.occupantId)) {
    throw new KontorError("not-allowed", "Only who wrote a message corrects it");
  }
}
