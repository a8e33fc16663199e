/** Text that comes from one network and goes into another: what no network may be handed is taken out here. */

/** Line ends of any kind, among them the separators of Unicode. */
const LINE_END = /\r\n|[\n\r\u2028\u2029]/gu;
/** Controls that end or steer a protocol line, and what XML 1.0 cannot hold (2.2). */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/gu;
/** Half of a pair: not writable as UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/gu;
/** Turns the direction of the text that follows, or is not seen: in a name it only serves to pass for another. */
const HIDDEN = /[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/gu;

const MAX_NICK = 64;

/** Text with plain line ends and without controls; tabs stay. */
export function cleanText(text: string): string {
  return text.replace(LINE_END, "\n").replace(CONTROLS, "").replace(LONE_SURROGATE, "\ufffd");
}

/** The lines of a text that have something in them, tabs as spaces. */
export function linesOf(text: string): string[] {
  return cleanText(text)
    .replaceAll("\t", " ")
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");
}

/** A name in one line, at most 64 characters, or `fallback` when nothing is left of it. */
export function cleanNick(nick: string, fallback: string): string {
  const plain = cleanText(nick).replace(HIDDEN, "").replace(/\s+/gu, " ").trim();
  return [...plain].slice(0, MAX_NICK).join("").trim() || fallback;
}

/** Cuts a text to so many characters, never within one, and says so at its end. */
export function shorten(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const points = [...text];
  return points.length <= maxCharacters ? text : `${points.slice(0, maxCharacters).join("")} […]`;
}
