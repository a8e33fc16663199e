/** One's own messages as JSON and as a page to read, piece by piece. Pure. */
import type { messageOf } from "./core-message.ts";

export type ExportedMessage = ReturnType<typeof messageOf>;
type Pages = AsyncIterable<readonly ExportedMessage[]>;

export interface ExportHead {
  /** Bare address of whose messages they are. */
  readonly account: string;
  readonly at: Date;
}

export const languages = ["de", "en"] as const;
export type Language = (typeof languages)[number];

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

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? "");
/** Nothing in it is run or fetched, whatever a message holds. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE = [
  "body{font-family:system-ui,sans-serif;line-height:1.5;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}",
  "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem}",
  "tr{border-bottom:1px solid #ccc}td:last-child{white-space:pre-wrap;overflow-wrap:anywhere}",
].join("");

/** A page in the reader's language and in the time of Berlin, the oldest message first. */
export async function* exportHtml(
  { account, at }: ExportHead,
  language: Language,
  pages: Pages,
): AsyncGenerator<string> {
  const { title, made, end, heads, encrypted } = texts[language];
  const times = new Intl.DateTimeFormat(language, {
    dateStyle: "medium",
    timeStyle: "medium",
    timeZone: "Europe/Berlin",
  });
  const name = escaped(title(account));
  yield [
    `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${name}</title><style>${STYLE}</style></head>\n<body><main><h1>${name}</h1>`,
    `<p>${escaped(made(times.format(at)))}</p>\n<table><thead><tr>`,
    `${heads.map((head) => `<th scope="col">${head}</th>`).join("")}</tr></thead><tbody>\n`,
  ].join("");
  let count = 0;
  for await (const page of pages) {
    count += page.length;
    const row = (message: ExportedMessage) => {
      const [from, to] = message.direction === "sent" ? [account, message.with] : [message.with, account];
      const time = `<time datetime="${message.at}">${escaped(times.format(new Date(message.at)))}</time>`;
      const text = escaped(message.body ?? (message.encrypted ? encrypted : ""));
      return `<tr><td>${time}</td><td>${escaped(from)}</td><td>${escaped(to)}</td><td>${text}</td></tr>\n`;
    };
    if (page.length > 0) yield page.map(row).join("");
  }
  yield `</tbody></table><p>${escaped(end(count.toLocaleString(language)))}</p></main></body></html>\n`;
}
