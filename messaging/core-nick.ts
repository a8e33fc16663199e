/** Nicks: what is one (RFC 8266, PRECIS Nickname), and which look alike (UTS 39). Pure. */
import { KontorError } from "../platform/errors.ts";
import { CONFUSABLES } from "./confusables.ts";

/** In characters, not in bytes. */
export const MAX_NICK = 128;
/** More marks on one letter cover what stands around it. */
const MAX_MARKS = 4;

// RFC 8264 4.3, FreeformClass: no controls, no unassigned or private characters, no old Hangul parts, nothing that is
// not seen (Default_Ignorable) or turns the direction of text (Cf). Joiners are excluded with them: what their context
// rules allow looks the same without.
const DISALLOWED =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]/u;
// How an emoji is drawn is no difference between nicks: the selector is taken out, not refused.
const SELECTORS = /[\ufe0e\ufe0f]/gu;
const SPACES = /\p{Zs}+/gu;
const STACKED = new RegExp(`^\\p{M}|\\p{M}{${MAX_MARKS + 1}}`, "u");

/** Spaces are one, and none at the ends; compatible forms are one (RFC 8266 2.1, 2.2). */
const normal = (nick: string): string => nick.replace(SELECTORS, "").normalize("NFKC").replace(SPACES, " ").trim();

/**
 * A nick as it is shown, made from what a client asked for (RFC 8266 2.3). Throws `not-acceptable` for an empty one, one
 * that is too long, and one with characters that are not seen or cover others.
 */
export function enforcedNick(wanted: string): string {
  // A second round settles what the first one brought together.
  const nick = normal(normal(wanted));
  if (nick === "" || [...nick].length > MAX_NICK || DISALLOWED.test(nick) || STACKED.test(nick.normalize("NFD"))) {
    throw new KontorError("not-acceptable", `A nick has 1 to ${MAX_NICK} visible characters`);
  }
  return nick;
}

/** A nick from elsewhere, without what may not be in one, and short enough for a mark behind it; "?" where nothing is left. */
export function cleanedNick(wanted: string, room: number): string {
  const kept = [...normal(wanted)].filter((char) => !DISALLOWED.test(char));
  const clean = normal(kept.slice(0, room).join(""));
  try {
    return enforcedNick([...clean].slice(0, room).join(""));
  } catch {
    return "?";
  }
}

/** Nicks that differ only in case or composition are one (RFC 8266 2.4). */
export const nickKey = (nick: string): string => normal(nick).toLowerCase();

const prototypes: ReadonlyMap<string, string> = new Map(
  CONFUSABLES.flatMap((line) => line.split(" ")).flatMap((item) => {
    const [shown = "", characters = ""] = item.split(":");
    return characters.split(",").map((each) => [fromHex(each), shown.split("+").map(fromHex).join("")] as const);
  }),
);

function fromHex(code: string): string {
  return String.fromCodePoint(Number.parseInt(code, 16));
}

const mapped = (text: string): string => [...text].map((char) => prototypes.get(char) ?? char).join("");

/** What is left of a text when characters that look alike are one (UTS 39 4, on text in compatibility form). */
function skeleton(text: string): string {
  return mapped(mapped(text.normalize("NFKD"))).normalize("NFD");
}

/**
 * Keys of how a nick looks: two nicks that share one are taken for each other. One is for the nick as it is written, one
 * for its small letters, so that case does not hide a foreign letter.
 */
export function looksOf(nick: string): readonly string[] {
  const small = skeleton(nickKey(nick));
  return [`as ${skeleton(normal(nick))}`, `small ${small}`];
}
