/** Messages that are taken back: by their author (XEP-0424), or by a moderator (XEP-0425). Pure. */
import { attr, childElements, type Element, parseXml, x } from "../components/stanza.ts";
import { NS_STANZA_ID } from "../components/xep/xep-0359-stanza-ids.ts";
import { retracted } from "../components/xep/xep-0424-retraction.ts";
import { moderatedRetract, moderatedTombstone } from "../components/xep/xep-0425-moderation.ts";
import { KontorError } from "../platform/errors.ts";
import {
  type Erasure,
  type LogDraft,
  NS_CORRECTION,
  type Occupant,
  occupantJid,
  type RoomState,
} from "./core-state.ts";
import type { LogEntry } from "./log.ts";

/** The retraction of somebody's own message: `draft` is that of the message that asks for it. */
export function retraction(
  draft: LogDraft,
  { target, family }: { readonly target: LogEntry; readonly family: readonly LogEntry[] },
  now: number,
): LogDraft {
  // Both, since the occupant id is all that others see and the address all that we are sure of.
  if (target.occupantId !== draft.occupantId || target.sender === null || target.sender !== draft.sender) {
    throw new KontorError("forbidden", "Only who wrote a message takes it back, or a moderator");
  }
  const mark = retracted.write({ ...idOf(draft.stanza), stamp: iso(now) });
  const erasure: Erasure = {
    action: "message:retract",
    target: target.id,
    by: target.sender,
    as: "author",
    reason: undefined,
    messages: erased([target, ...family], mark),
  };
  // Its text is for clients that do not know retractions; nobody wrote it.
  return { ...draft, body: undefined, erasure };
}

/** Who moderates: inside, or by a role in the tenant. */
type Moderator = Pick<Occupant, "nick" | "occupantId" | "role" | "bare">;

/** The retraction of anybody's message by a moderator, told by the room. */
export function moderation(
  room: RoomState,
  moderator: Moderator,
  { target, family }: { readonly target: LogEntry; readonly family: readonly LogEntry[] },
  { id, reason, now }: { readonly id: string; readonly reason: string | undefined; readonly now: number },
): LogDraft {
  const said = {
    by: occupantJid(room, moderator.nick),
    occupantId: moderator.occupantId,
    ...(reason === undefined ? {} : { reason }),
  };
  const mark = moderatedTombstone.write({ id, stamp: iso(now), ...said });
  const by = requireModerator(moderator);
  return {
    stanza: x("message", { from: room.jid, id, type: "groupchat" }, moderatedRetract.write({ id: target.id, ...said })),
    sender: by,
    session: undefined,
    nick: moderator.nick,
    occupantId: moderator.occupantId,
    body: undefined,
    origin: undefined,
    originRef: undefined,
    subject: undefined,
    erasure: {
      action: "message:moderate",
      target: target.id,
      by,
      as: "moderator",
      reason,
      messages: erased([target, ...family], mark),
    },
  };
}

/** The bare address of a moderator; throws `forbidden` for anybody else. */
export function requireModerator({ role, bare }: Moderator): string {
  if (role !== "moderator" || bare === null) throw new KontorError("forbidden", "Only moderators moderate messages");
  return bare;
}

/** Throws `gone` for what was taken back before, `not-allowed` for what is no message that somebody wrote. */
export function requireErasable(room: RoomState, { stanza }: LogEntry): void {
  const message = parseXml(stanza);
  const children = childElements(message);
  if (children.some((child) => child.name === "retracted" && child.getNS() === retracted.ns)) {
    throw new KontorError("gone", "The message was taken back before");
  }
  if ((attr(message, "from") === room.jid && !message.getChild("body")) || message.getChild("retract", retracted.ns)) {
    throw new KontorError("not-allowed", "That a message was taken back stays in the archive");
  }
  if (!message.getChild("body") && message.getChild("subject")) {
    throw new KontorError("not-allowed", "Set another subject instead");
  }
}

/** The id by which corrections name a message (XEP-0308): its own, or that of what it corrects. */
export function correctionRoot(stanza: string): string | undefined {
  const message = parseXml(stanza);
  const replace = message.getChild("replace", NS_CORRECTION);
  return replace ? attr(replace, "id") : attr(message, "id");
}

/** Those of `entries` that are a version of the same message: the first one and its corrections. */
export function versionsOf(target: LogEntry, entries: readonly LogEntry[]): LogEntry[] {
  const root = correctionRoot(target.stanza);
  if (root === undefined) return [];
  return entries.filter((entry) => {
    const isOther = entry.id !== target.id && entry.occupantId === target.occupantId;
    return isOther && entry.sender === target.sender && correctionRoot(entry.stanza) === root;
  });
}

/** What comes in place of each message: who sent it and its ids, and that it was taken back. */
function erased(entries: readonly LogEntry[], mark: Element): Erasure["messages"] {
  return entries.map(({ seq, at, sender, stanza }) => {
    const message = parseXml(stanza);
    const { from, id, type } = message.attrs;
    const kept = childElements(message).filter(
      (child) => child.name === "occupant-id" || (child.name === "stanza-id" && child.getNS() === NS_STANZA_ID),
    );
    const tombstone = x("message", { from, id, type }, ...kept, parseXml(mark.toString())).toString();
    return { seq, at, sender, stanza, tombstone };
  });
}

function idOf(stanza: Element): { readonly id?: string } {
  const id = attr(stanza, "id");
  return id === undefined ? {} : { id };
}

const iso = (ms: number): string => new Date(ms).toISOString();
