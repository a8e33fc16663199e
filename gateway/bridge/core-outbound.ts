import { parseXml } from "../../components/stanza.ts";
import { plainForm } from "./core-plain.ts";
import { splitUtf8 } from "./core-split.ts";
import { cleanNick, linesOf } from "./core-text.ts";
import type { OutboundPart } from "./network.ts";

/** As much of an entry of the room log as decides what becomes of it. */
export interface OutboundEntry {
  readonly id: string;
  readonly nick: string;
  readonly origin: string | null;
  readonly originRef: string | null;
  readonly stanza: string;
  readonly body: string | null;
}

/** What the far side takes. */
export interface OutboundLimits {
  /** Whether one part may hold line ends. */
  readonly multiline: boolean;
  /** Bytes of UTF-8 that a part's text may have, given who says it. */
  readonly textBytes: (said: { readonly nick: string; readonly action: boolean }) => number;
}

export type Outbound =
  /** The link's own inbound message, now in the log: `inboxId` names its row of the id map. */
  | { readonly kind: "own"; readonly inboxId: string | null }
  /** Nothing in it that a person would see. */
  | { readonly kind: "nothing" }
  | { readonly kind: "send"; readonly parts: readonly OutboundPart[] };

/** A message of more parts is cut, and says so: it would fill the far side's screen, or get the bridge banned. */
const MAX_PARTS = 20;
/** The smallest piece that still makes sense, whatever a network says of itself. */
const MIN_BYTES = 16;

/** Decides what of a log entry goes to the far side of a link. */
export function decideOutbound(entry: OutboundEntry, linkId: string, limits: OutboundLimits): Outbound {
  if (entry.origin === linkId) return { kind: "own", inboxId: entry.originRef };
  const plain = plainForm(elementOf(entry.stanza), entry.body);
  if (!plain) return { kind: "nothing" };
  const said = { nick: cleanNick(entry.nick, "?"), action: plain.action };
  const maxBytes = Math.max(MIN_BYTES, limits.textBytes(said));
  const lines = linesOf(plain.text);
  const pieces = (limits.multiline ? [lines.join("\n")] : lines).flatMap((line) => splitUtf8(line, maxBytes));
  const texts = pieces.map((piece) => piece.trimEnd()).filter((piece) => piece !== "");
  if (texts.length === 0) return { kind: "nothing" };
  return { kind: "send", parts: capped(texts).map((text, part) => ({ logId: entry.id, part, ...said, text })) };
}

function capped(texts: readonly string[]): readonly string[] {
  if (texts.length <= MAX_PARTS) return texts;
  return [...texts.slice(0, MAX_PARTS - 1), `[… +${texts.length - MAX_PARTS + 1}]`];
}

/** The stanza of an entry; an unreadable one must not stop its link, its body is still there. */
function elementOf(stanza: string) {
  try {
    return parseXml(stanza);
  } catch {
    return undefined;
  }
}
