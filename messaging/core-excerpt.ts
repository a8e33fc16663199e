/** Where the words of a search stand in a message. Pure. */

export interface ExcerptPart {
  readonly text: string;
  readonly hit: boolean;
}

/** Characters of an excerpt. */
const LENGTH = 300;
/** Characters before the first hit. */
const LEAD = 60;
/** Stands before and after each word that was found in what PostgreSQL gives (ts_headline); no message has them. */
export const HIT_START = "\u0001";
export const HIT_END = "\u0002";

/** The words between such marks, each once and the longest first; parts of one word with hyphens are one. */
export function hitsIn(marked: string): string[] {
  const parts = marked.replaceAll(`${HIT_END}-${HIT_START}`, "-").split(HIT_START).slice(1);
  const words = new Set(parts.map((part) => part.slice(0, Math.max(0, part.indexOf(HIT_END)))));
  return [...words].sort((a, b) => b.length - a.length);
}

/** A part of the text around its first hit, cut into the words that were found and what stands between them. */
export function excerpt(text: string, words: readonly string[]): ExcerptPart[] {
  const escaped = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  // Whole words: a text that has "Haus" and "Haushalt" was found by one of them.
  const found =
    escaped.length > 0 ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join("|")})(?![\\p{L}\\p{N}])`, "giu") : undefined;
  const first = found ? text.search(found) : -1;
  const from = first > LEAD ? first - LEAD : 0;
  const shown = text.slice(from, from + LENGTH);
  const parts: ExcerptPart[] = from > 0 ? [{ text: "…", hit: false }] : [];
  let at = 0;
  for (const match of found ? shown.matchAll(found) : []) {
    if (match.index > at) parts.push({ text: shown.slice(at, match.index), hit: false });
    parts.push({ text: match[0], hit: true });
    at = match.index + match[0].length;
  }
  if (at < shown.length) parts.push({ text: shown.slice(at), hit: false });
  if (from + LENGTH < text.length) parts.push({ text: "…", hit: false });
  return parts;
}
