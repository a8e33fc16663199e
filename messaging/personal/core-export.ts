/** One's own messages as JSON and as a page to read, piece by piece. Pure. */
import { escaped, type Language, PAGE_END, pageHead, tableHead, timesIn } from "../core-html.ts";
import type { messageOf } from "./core-message.ts";

export type ExportedMessage = ReturnType<typeof messageOf>;
type Pages = AsyncIterable<readonly ExportedMessage[]>;

export interface ExportHead {
  /** Bare address of whose messages they are. */
  readonly account: string;
  readonly at: Date;
}

/** One object; it ends with the number of messages, so that a cut one is known as such. */
export async function* exportJson({ account, at }: ExportHead, pages: Pages): AsyncGenerator<string> {
  yield `{"account":${JSON.stringify(account)},"exportedAt":"${at.toISOString()}","messages":[`;
  let count = 0;
  for await (const page of pages) {
    if (page.length === 0) continue;
    const lines = page.map((message) => JSON.stringify(message)).join(",\n");
    yield count === 0 ? `\n${lines}` : `,\n${lines}`;
    count += page.length;
  }
  yield `\n],"count":${count}}\n`;
}

const texts = {
  de: {
    title: (account: string) => `Nachrichten von ${account}`,
    made: (at: string) => `Ausgegeben am ${at}.`,
    end: (count: string) => `Ende: ${count} Nachrichten.`,
    heads: ["Zeit", "Von", "An", "Nachricht"],
    encrypted: "(verschlüsselt)",
  },
  en: {
    title: (account: string) => `Messages of ${account}`,
    made: (at: string) => `Exported on ${at}.`,
    end: (count: string) => `End: ${count} messages.`,
    heads: ["Time", "From", "To", "Message"],
    encrypted: "(encrypted)",
  },
} as const;

/** A page in the reader's language and in the time of Berlin, the oldest message first. */
export async function* exportHtml(
  { account, at }: ExportHead,
  language: Language,
  pages: Pages,
): AsyncGenerator<string> {
  const { title, made, end, heads, encrypted } = texts[language];
  const times = timesIn(language);
  yield `${pageHead(language, title(account))}<p>${escaped(made(times.format(at)))}</p>\n${tableHead(heads)}`;
  let count = 0;
  for await (const page of pages) {
    count += page.length;
    const row = (message: ExportedMessage) => {
      const [from, to] = message.direction === "sent" ? [account, message.with] : [message.with, account];
      const time = `<time datetime="${message.at}">${escaped(times.format(new Date(message.at)))}</time>`;
      const text = escaped(message.body ?? (message.encrypted ? encrypted : ""));
      return `<tr><td>${time}</td><td>${escaped(from)}</td><td>${escaped(to)}</td><td class="text">${text}</td></tr>\n`;
    };
    if (page.length > 0) yield page.map(row).join("");
  }
  yield `</tbody></table><p>${escaped(end(count.toLocaleString(language)))}</p>${PAGE_END}`;
}
