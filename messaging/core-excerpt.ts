/** Where the words of a search stand in a message. Pure. */

export interface ExcerptPart {
  readonly text: string;
  readonly hit: boolean;
}

/** Characters of an excerpt. */
const LENGTH = 300;
/** Characters before the first hit. */
const LEAD = 60;
const MAX_WORDS = 10;

/** The words of a search. */
export const wordsOf = (search: string): string[] => search.trim().split(/\s+/u).filter(Boolean).slice(0, MAX_WORDS);

/** A part of the text around its first hit, cut into what was looked for and what was not. */
export function excerpt(text: string, words: readonly string[]): ExcerptPart[] {
  const escaped = words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const found = escaped.length > 0 ? new RegExp(escaped.join("|"), "giu") : undefined;
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
