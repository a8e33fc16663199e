/** Groupchat and private messages: XEP-0045 7.4, 7.5, 8.1. Pure: state in, effects out. */
import { type Attrs, attr, childElements, childText, type Element, x } from "../components/stanza.ts";
import { mucUserMarker, NS_MUC_USER } from "../components/xep/xep-0045-muc.ts";
import { delay, NS_DELAY } from "../components/xep/xep-0203-delay.ts";
import { NS_STANZA_ID, stanzaId } from "../components/xep/xep-0359-stanza-ids.ts";
import { NS_OCCUPANT_ID, occupantIdElement } from "../components/xep/xep-0421-occupant-id.ts";
import { NS_RETRACT } from "../components/xep/xep-0424-retraction.ts";
import { NS_MODERATE } from "../components/xep/xep-0425-moderation.ts";
import { KontorError } from "../platform/errors.ts";
import type { RoomConfig } from "./core-config.ts";
import { checkCorrection, rememberAuthor } from "./core-correction.ts";
import { freeNick } from "./core-far.ts";
import { spoke } from "./core-quiet.ts";
import type { Speaker } from "./core-speaker.ts";
import {
  type Effect,
  everySession,
  type LogDraft,
  nickKey,
  type Occupant,
  occupantJid,
  type RoomState,
  type Subject,
} from "./core-state.ts";
import { isTransient } from "./core-transient.ts";

/** What only a room may say in a message is taken out, whoever wrote it. */
function ownChildren(message: Element, room: RoomState): Element[] {
  return childElements(message).filter((child) => {
    const ns = child.getNS() ?? "";
    if (ns === NS_STANZA_ID) return child.name !== "stanza-id" || attr(child, "by") !== room.jid;
    // That something was taken back, and by whom, says the archive.
    if (ns === NS_RETRACT) return child.name === "retract" && !child.getChild("moderated");
    return ![NS_OCCUPANT_ID, NS_DELAY, NS_MUC_USER, NS_MODERATE].includes(ns);
  });
}

/** A message as the room sends it on. */
function relayed(room: RoomState, occupant: Speaker, attrs: Attrs, children: readonly Element[]): Element {
  return x(
    "message",
    { from: occupantJid(room, occupant.nick), ...attrs },
    ...children,
    occupantIdElement(occupant.occupantId),
  );
}

/**
 * A groupchat message from `session`. Gives an `append` for what is stored (reflected after the commit), or sends at
 * once what is not. Throws `not-acceptable` when the session is not in the room (7.4), `forbidden` without voice or
 * for a subject that is not the sender's to change (8.1).
 */
export function groupchat(room: RoomState, session: string, message: Element, now: number): Effect[] {
  const occupant = room.bySession.get(session);
  if (!occupant) throw new KontorError("not-acceptable", "Join the room first");
  return said(room, occupant, session, message, now);
}

/** The same by somebody who may be outside; `session` undefined: nobody waits for its copy. */
export function said(
  room: RoomState,
  occupant: Speaker,
  session: string | undefined,
  message: Element,
  now: number,
): Effect[] {
  if (occupant.role === "visitor") throw new KontorError("forbidden", "You have no voice in this room");
  checkCorrection(room, occupant, message);
  const children = ownChildren(message, room);
  const stanza = relayed(room, occupant, { id: attr(message, "id"), type: "groupchat" }, children);
  const body = childText(message, "body");
  const subjectText = body === undefined && !message.getChild("thread") ? childText(message, "subject") : undefined;
  if (subjectText !== undefined && occupant.role !== "moderator" && !room.config.openSubject) {
    throw new KontorError("forbidden", "Only moderators change the subject");
  }
  if (isTransient(children)) {
    const inside = room.occupants.get(nickKey(occupant.nick));
    // That somebody of whom nobody was told types is nobody's news (XEP-0085 5.5).
    if (body === undefined && inside && room.withheld.has(inside)) return [];
    return [...(inside ? spoke(room, inside) : []), { do: "send", stanza, to: everySession(room) }];
  }
  const subject = subjectText === undefined ? undefined : { text: subjectText, nick: occupant.nick, at: iso(now) };
  return [
    {
      do: "append",
      draft: {
        stanza,
        sender: occupant.bare,
        session,
        nick: occupant.nick,
        occupantId: occupant.occupantId,
        body,
        origin: undefined,
        originRef: undefined,
        subject,
      },
    },
  ];
}

interface Author {
  readonly bare: string;
  readonly occupantId: string;
}

/** What the administration has a room say to everybody in it. */
export function announcement(room: RoomState, by: Author, { id, text }: { id: string; text: string }): LogDraft {
  const stanza = x("message", { from: room.jid, id, type: "groupchat" }, x("body", {}, text));
  return { ...spokenBy(by, ""), stanza, body: text, subject: undefined };
}

/** There is no subject any more (7.3), by somebody who may be outside. */
export function clearedSubject(room: RoomState, by: Author & { nick: string | undefined }, now: number): LogDraft {
  const from = by.nick === undefined ? room.jid : occupantJid(room, by.nick);
  const stanza = x("message", { from, type: "groupchat" }, x("subject"));
  const nick = by.nick ?? "";
  return { ...spokenBy(by, nick), stanza, body: undefined, subject: { text: "", nick, at: iso(now) } };
}

const spokenBy = ({ bare, occupantId }: Author, nick: string) => ({
  ...{ sender: bare, session: undefined, nick, occupantId },
  ...{ origin: undefined, originRef: undefined },
});

/** A subject that is set from outside of the room, by somebody who may. */
export function subjectFrom(
  room: RoomState,
  { text, name, bare, occupantId }: Author & { text: string; name: string },
  id: string,
  now: number,
): LogDraft {
  const self = [...room.occupants.values()].find((each) => each.bare === bare);
  const nick = self?.nick ?? freeNick(room, name, undefined);
  const attrs = { from: occupantJid(room, nick), type: "groupchat", id };
  const stanza = x("message", attrs, x("subject", {}, text), occupantIdElement(occupantId));
  return { ...spokenBy({ bare, occupantId }, nick), stanza, body: undefined, subject: { text, nick, at: iso(now) } };
}

/** A message that came in by a link from another network. */
export function farMessage(
  room: RoomState,
  far: {
    readonly link: string;
    readonly ref: string;
    readonly farUser: string;
    readonly nick: string;
    readonly occupantId: string;
    readonly body: string;
  },
): LogDraft {
  const known = [...room.occupants.values()].find((each) => each.far?.link === far.link && each.far.id === far.farUser);
  // Nobody of another network speaks under the nick of somebody who is here.
  const nick = known?.nick ?? freeNick(room, far.nick, undefined);
  const stanza = x(
    "message",
    { from: occupantJid(room, nick), id: far.ref, type: "groupchat" },
    x("body", {}, far.body),
    occupantIdElement(far.occupantId),
  );
  return {
    stanza,
    sender: null,
    session: undefined,
    nick,
    occupantId: far.occupantId,
    body: far.body,
    origin: far.link,
    originRef: far.ref,
    subject: undefined,
  };
}

/** A committed message goes to everybody who is here now; those still waiting for their history get it afterwards. */
export function reflect(
  room: RoomState,
  entry: {
    readonly seq: number;
    readonly stanza: Element;
    readonly subject: Subject | undefined;
    readonly held?: string | undefined;
  },
): Effect[] {
  room.lastSeq = entry.seq;
  rememberAuthor(room, entry.stanza);
  if (entry.subject) room.subject = entry.subject;
  const author = room.occupants.get(nickKey((attr(entry.stanza, "from") ?? "").slice(room.jid.length + 1)));
  const told = author ? spoke(room, author) : [];
  const now: string[] = [];
  for (const [jid, occupant] of room.bySession) {
    const waiting = occupant.sessions.get(jid)?.waiting;
    if (waiting) waiting.push(entry.stanza);
    else now.push(jid);
  }
  if (entry.held !== undefined) return [...told, { do: "send", stanza: entry.stanza, to: now, releases: entry.held }];
  return now.length > 0 ? [...told, { do: "send", stanza: entry.stanza, to: now }] : told;
}

/** The id that the archive gave (XEP-0359), added to what is reflected and stored. */
export function withArchiveId(stanza: Element, id: string, room: RoomState): Element {
  stanza.cnode(stanzaId.write({ id, by: room.jid }));
  return stanza;
}

/** The end of a join: the subject (7.2.15), then what came while the history was read. */
export function releaseSession(room: RoomState, session: string): Effect[] {
  const waiting = room.bySession.get(session)?.sessions.get(session);
  if (!waiting) return [];
  const queued = waiting.waiting ?? [];
  waiting.waiting = undefined;
  return [subjectTo(room, session), ...queued.map((stanza): Effect => ({ do: "send", stanza, to: [session] }))];
}

function subjectTo(room: RoomState, session: string): Effect {
  const { subject } = room;
  // Without a nick the room itself set it.
  const from = subject?.nick ? occupantJid(room, subject.nick) : room.jid;
  const stanza = x(
    "message",
    { from, type: "groupchat" },
    x("subject", {}, subject?.text ?? ""),
    subject && delay.write({ from: room.jid, stamp: subject.at }),
  );
  return { do: "send", stanza, to: [session] };
}

function maySendPrivately(rule: RoomConfig["privateMessages"], { role }: Occupant): boolean {
  if (rule === "none") return false;
  return rule === "anyone" || role === "moderator" || (rule === "participants" && role === "participant");
}

/** A private message to an occupant (7.5). Throws `not-acceptable` from outside, `not-found` for an unknown nick. */
export function privateMessage(room: RoomState, session: string, nick: string, message: Element): Effect[] {
  const sender = room.bySession.get(session);
  if (!sender) throw new KontorError("not-acceptable", "Join the room first");
  if (attr(message, "type") === "groupchat") {
    throw new KontorError("bad-request", "A message to one occupant is not of type groupchat");
  }
  if (!maySendPrivately(room.config.privateMessages, sender)) {
    throw new KontorError("forbidden", "Private messages are not for you in this room");
  }
  const receiver = room.occupants.get(nickKey(nick));
  if (!receiver) throw new KontorError("not-found", "There is nobody with that nick");
  if (receiver.far) {
    throw new KontorError("feature-not-implemented", "Private messages to that network are not offered");
  }
  const attrs = { id: attr(message, "id"), type: attr(message, "type") ?? "chat" };
  const stanza = relayed(room, sender, attrs, [...ownChildren(message, room), mucUserMarker()]);
  return [{ do: "send", stanza, to: [...receiver.sessions.keys()] }];
}

const iso = (ms: number): string => new Date(ms).toISOString();
