/** What an entry of a room's log is to who reads along. Pure. */
import { attr, parseXml } from "../components/stanza.ts";
import { NS_RETRACT } from "../components/xep/xep-0424-retraction.ts";
import { NS_CORRECTION } from "./core-state.ts";
import type { LogEntry } from "./log.ts";

export interface RoomEvent {
  /** Archive id. */
  readonly id: string;
  readonly seq: number;
  readonly at: string;
  readonly nick: string;
  /** Null for somebody of another network. */
  readonly sender: string | null;
  readonly body: string | null;
  /** `retraction`: `target` was taken back by this; `retracted`: this was; `other`: without a text of its own. */
  readonly kind: "message" | "correction" | "subject" | "retraction" | "retracted" | "other";
  readonly target: string | null;
}

export function roomEvent({ id, seq, at, nick, sender, body, stanza }: LogEntry): RoomEvent {
  const message = parseXml(stanza);
  const base = { id, seq, at: at.toISOString(), nick, sender, body, target: null };
  const retract = message.getChild("retract", NS_RETRACT);
  if (retract) return { ...base, body: null, kind: "retraction", target: attr(retract, "id") ?? null };
  if (message.getChild("retracted", NS_RETRACT)) return { ...base, body: null, kind: "retracted" };
  if (body !== null) return { ...base, kind: message.getChild("replace", NS_CORRECTION) ? "correction" : "message" };
  const subject = message.getChildText("subject");
  return subject === null ? { ...base, kind: "other" } : { ...base, body: subject, kind: "subject" };
}
