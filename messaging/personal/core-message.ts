/** A message of a person's own archive as the API shows it. Pure. */
import { childText, parseXml } from "../../components/stanza.ts";
import type { ExcerptPart } from "../core-excerpt.ts";

/** A row of the archive. */
export interface ArchivedMessage {
  readonly sort_id: number;
  readonly key: string;
  readonly when: number;
  readonly with: string;
  readonly value: string;
}

/** Around what a search has found in a text there stand characters that XML cannot hold. */
export const MARKS = { start: "\u0001", stop: "\u0002" } as const;

/** Characters of an excerpt, and of it before the first hit. */
const LENGTH = 300;
const LEAD = 60;

/** `own` is the bare address of whose archive it is. */
export function messageOf({ key, when, with: other, value }: ArchivedMessage, own: string) {
  const stanza = parseXml(value);
  const from = String(stanza.attrs.from ?? "");
  return {
    id: key,
    at: new Date(when * 1_000).toISOString(),
    with: other,
    direction: from === own || from.startsWith(`${own}/`) ? ("sent" as const) : ("received" as const),
    body: childText(stanza, "body") ?? null,
    encrypted: stanza.getChild("encryption", "urn:xmpp:eme:0") !== undefined,
  };
}

/** A part of a text around the first mark in it, cut into what was found and what was not. */
export function markedExcerpt(marked: string): ExcerptPart[] {
  const parts = marked.split(MARKS.start).flatMap((piece, index): ExcerptPart[] => {
    if (index === 0) return [{ text: piece, hit: false }];
    const [hit = "", ...rest] = piece.split(MARKS.stop);
    return [
      { text: hit, hit: true },
      { text: rest.join(""), hit: false },
    ];
  });
  const [before, ...found] = parts;
  const lead = before?.text ?? "";
  const cut = found.length > 0 && lead.length > LEAD ? lead.length - LEAD : 0;
  const shown: ExcerptPart[] = cut > 0 ? [{ text: "…", hit: false }] : [];
  let room = LENGTH;
  for (const part of [{ text: lead.slice(cut), hit: false }, ...found]) {
    if (room === 0) break;
    const text = part.text.slice(0, room);
    room -= text.length;
    if (text !== "") shown.push({ ...part, text });
  }
  const length = parts.reduce((sum, { text }) => sum + text.length, 0);
  return length - cut > LENGTH ? [...shown, { text: "…", hit: false }] : shown;
}
