/** Presence stanzas (RFC 6121 4) as events of the core, with their texts cleaned and bounded. Pure. */
import { attr, childText, type Element } from "../components/stanza.ts";
import type { Codec } from "../components/xep/codec.ts";
import { caps } from "../components/xep/xep-0115-caps.ts";
import { NS_DELAY } from "../components/xep/xep-0203-delay.ts";
import { idle } from "../components/xep/xep-0319-idle.ts";
import { type DevicePresence, type PresenceEvent, type Show, shows } from "./core.ts";

const MAX_STATUS_CHARACTERS = 256;
// Controls, line and paragraph separators, and what turns the direction of the text around it (spoofing in lists).
const UNWANTED = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]+/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;

export interface Heard {
  readonly resource: string;
  /** Now, ms since 1970. */
  readonly now: number;
  /** The domain whose delay stamp is believed (XEP-0203), or undefined for none. */
  readonly stampOf: string | undefined;
}

/** What was said, whenever it was heard. */
type Said = Omit<PresenceEvent, "version">;

/**
 * What a presence stanza of a person says, or undefined when it says nothing of being available: subscriptions, probes.
 * An error means that the device cannot be reached any more.
 */
export function readPresence(stanza: Element, heard: Heard): Said | undefined {
  const { resource, now } = heard;
  const type = attr(stanza, "type");
  if (type === "unavailable" || type === "error") return { resource, at: now, presence: undefined };
  if (type !== undefined || resource === "") return undefined;
  const at = heard.stampOf === undefined ? now : stampedAt(stanza, heard.stampOf, now);
  return { resource, at, presence: devicePresence(stanza, now) };
}

function devicePresence(stanza: Element, now: number): DevicePresence {
  const said = childText(stanza, "show")?.trim();
  // RFC 6121 4.7.2.1 knows four values; what else a client sends means no more than that it is there.
  const show: Show = shows.find((each) => each === said) ?? "online";
  return {
    show,
    status: readStatus(stanza),
    priority: readPriority(childText(stanza, "priority")),
    idleSince: readIdle(stanza, now),
    caps: readable(stanza, caps) ?? null,
  };
}

/** A child by its codec; what is malformed counts as not there: the presence around it is none the worse. */
function readable<T>(stanza: Element, { name, ns, read }: Codec<T>): T | undefined {
  const child = stanza.getChild(name, ns);
  try {
    return child && read(child);
  } catch {
    return undefined;
  }
}

/** XEP-0319 2; a clock that is ahead says now. */
function readIdle(stanza: Element, now: number): number | null {
  const since = Date.parse(readable(stanza, idle)?.since ?? "");
  return Number.isNaN(since) || since < 0 ? null : Math.min(since, now);
}

/** RFC 6121 4.7.2.3: -128 to 127; without a number 0. */
function readPriority(text: string | undefined): number {
  const trimmed = text?.trim() ?? "";
  if (!/^[+-]?\d{1,6}$/.test(trimmed)) return 0;
  return Math.max(-128, Math.min(127, Number(trimmed)));
}

/** The status text in the stanza's own language, else the first; null when there is none (RFC 6121 4.7.2.2). */
function readStatus(stanza: Element): string | null {
  const all = stanza.getChildren("status");
  const chosen = all.find((each) => attr(each, "xml:lang") === undefined) ?? all[0];
  const text = cleanText(chosen?.getText() ?? "");
  return text === "" ? null : text;
}

/** One line of at most 256 characters, without controls. */
export function cleanText(text: string): string {
  const clean = text.replaceAll(UNWANTED, " ").replaceAll(LONE_SURROGATE, "").trim();
  const characters = [...clean];
  if (characters.length <= MAX_STATUS_CHARACTERS) return clean;
  return `${characters.slice(0, MAX_STATUS_CHARACTERS - 1).join("")}…`;
}

/** The server's own delay stamp is the last one with its domain: clients may have put others before it. */
function stampedAt(stanza: Element, domain: string, now: number): number {
  const own = stanza.getChildren("delay", NS_DELAY).filter((each) => attr(each, "from") === domain);
  const last = own.at(-1);
  if (!last) return now;
  const stamp = Date.parse(attr(last, "stamp") ?? "");
  return Number.isNaN(stamp) ? now : Math.min(stamp, now);
}
