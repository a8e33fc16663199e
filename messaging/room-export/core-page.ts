/** Pages to read of an export: one for each part of the messages, and one that leads to them. Pure. */
import { daysIn, escaped, type Language, PAGE_END, pageHead, tableHead, timesIn } from "../core-html.ts";
import type { ExportedEntry, ExportedFile } from "./core-entry.ts";
import { type ExportTexts, exportTexts } from "./core-texts.ts";

export interface PartOfPages {
  readonly title: string;
  readonly language: Language;
  /** An instant of its day. */
  readonly day: Date;
  /** Name of the page before and behind it in the same folder. */
  readonly previous: string | undefined;
  readonly next: string | undefined;
}

/** A page of messages, the oldest first. */
export function messagesPage(part: PartOfPages, entries: readonly ExportedEntry[]): string {
  const { language, previous, next } = part;
  const texts = exportTexts[language];
  const times = timesIn(language);
  const link = (to: string | undefined, rel: string, text: string) =>
    to === undefined ? "" : `<a${rel} href="${escaped(to)}">${escaped(text)}</a>`;
  const ways = [
    link("../index.html", "", texts.toIndex),
    link(previous, ' rel="prev"', texts.previous),
    link(next, ' rel="next"', texts.next),
  ].join("");
  return [
    pageHead(language, `${part.title}, ${daysIn(language).format(part.day)}`),
    `<nav aria-label="${escaped(texts.pages)}">${ways}</nav>\n`,
    tableHead([texts.time, texts.from, texts.message]),
    ...entries.map((entry) => row(entry, texts, times)),
    `</tbody></table>\n${PAGE_END}`,
  ].join("");
}

function row(entry: ExportedEntry, texts: ExportTexts, times: Intl.DateTimeFormat): string {
  const time = `<time datetime="${entry.at}">${escaped(times.format(new Date(entry.at)))}</time>`;
  const who = entry.sender === null ? "" : ` <span class="soft">${escaped(entry.sender)}</span>`;
  return `<tr id="m${entry.seq}"><td>${time}</td><td>${escaped(entry.nick)}${who}</td><td>${said(entry, texts)}</td></tr>\n`;
}

function said(entry: ExportedEntry, texts: ExportTexts): string {
  const { body, encrypted, files, filesGone, stanza } = entry;
  const note = noteOf(entry, texts);
  return [
    note === undefined ? "" : `<div class="soft">${escaped(note)}</div>`,
    body === null ? "" : `<div class="text">${escaped(body)}</div>`,
    encrypted ? `<details><summary>${escaped(texts.encrypted)}</summary><code>${escaped(stanza)}</code></details>` : "",
    files.length === 0
      ? ""
      : `<ul>${files.map((file) => `<li><a href="${hrefOf(file)}">${escaped(file.name)}</a></li>`).join("")}</ul>`,
    filesGone === 0 ? "" : `<div class="soft">${escaped(texts.filesGone(filesGone))}</div>`,
  ].join("");
}

/** What an entry is besides its text; undefined for a plain message. */
function noteOf({ kind, moderation, reactions, subject }: ExportedEntry, texts: ExportTexts): string | undefined {
  const why = moderation?.reason ? `: ${moderation.reason}` : "";
  if (kind === "taken-back") return moderation ? `${texts.removed}${why}` : texts.takenBack;
  if (kind === "moderation") return `${texts.moderates}${why}`;
  if (kind === "retraction") return texts.retracts;
  if (kind === "reaction") return `${texts.reacts}: ${reactions?.emojis.join(" ") ?? ""}`;
  if (kind === "subject") return `${texts.subject}: ${subject ?? ""}`;
  return kind === "correction" ? texts.corrects : undefined;
}

/** From a page in the folder of messages. */
const hrefOf = ({ path }: ExportedFile): string => escaped(`../${path.split("/").map(encodeURIComponent).join("/")}`);

export interface IndexOfPages {
  readonly title: string;
  readonly language: Language;
  readonly facts: {
    readonly room: string;
    readonly askedBy: string;
    readonly reason: string;
    readonly at: Date;
    readonly from: Date | undefined;
    readonly to: Date | undefined;
  };
  readonly counts: { readonly messages: number; readonly files: number };
  readonly parts: readonly { readonly path: string; readonly day: Date; readonly messages: number }[];
}

/** The page that leads to all others, and says whose and what for the export is. */
export function indexPage({ title, language, facts, counts, parts }: IndexOfPages): string {
  const texts = exportTexts[language];
  const times = timesIn(language);
  const time = (at: Date | undefined, otherwise: string) => (at ? times.format(at) : otherwise);
  const number = (count: number) => count.toLocaleString(language);
  const list: readonly (readonly [string, string])[] = [
    [texts.room, facts.room],
    [texts.span, `${time(facts.from, texts.begin)} – ${time(facts.to, texts.end)}`],
    [texts.askedBy, facts.askedBy],
    [texts.reason, facts.reason],
    [texts.made, times.format(facts.at)],
    [texts.messages, number(counts.messages)],
    [texts.files, number(counts.files)],
  ];
  const days = daysIn(language);
  const pagesOfDay = new Map<string, number>();
  return [
    pageHead(language, title),
    `<dl>${list.map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`).join("")}</dl>\n`,
    parts.length === 0 ? `<p>${escaped(texts.none)}</p>\n` : tableHead([texts.day, texts.messages]),
    ...parts.map(({ path, day, messages }) => {
      // A day of many messages has several pages.
      const count = (pagesOfDay.get(days.format(day)) ?? 0) + 1;
      pagesOfDay.set(days.format(day), count);
      const name = count === 1 ? days.format(day) : `${days.format(day)} (${count})`;
      return `<tr><td><a href="${escaped(path)}">${escaped(name)}</a></td><td>${number(messages)}</td></tr>\n`;
    }),
    parts.length === 0 ? "" : "</tbody></table>\n",
    PAGE_END,
  ].join("");
}
