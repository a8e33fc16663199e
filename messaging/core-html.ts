/** What pages to take along share: texts are escaped, and nothing in them is run or fetched. Pure. */

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as it stands in an element or an attribute in double quotes. */
export const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => entities[sign] ?? "");

/** Nothing in it is run or fetched, whatever a message holds. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE = [
  ":root{color-scheme:light}",
  "body{font-family:system-ui,sans-serif;line-height:1.5;max-width:70rem;margin:2rem auto;padding:0 1rem;",
  "color:#1a1a1a;background:#fff}",
  "table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem}",
  "tr{border-bottom:1px solid #ccc}td:last-child{overflow-wrap:anywhere}.text{white-space:pre-wrap}",
  "td>ul{margin:.2rem 0;padding-left:1.2rem}.soft{color:#595959}nav a{margin-right:1.5rem}",
  "dt{font-weight:600}dd{margin:0 0 .5rem}code{overflow-wrap:anywhere}",
].join("");

export const languages = ["de", "en"] as const;
export type Language = (typeof languages)[number];

/** The days of pages are those of the people who read them. */
const timeZone = "Europe/Berlin";

/** Writes instants for readers of a language, in the time of Berlin. */
export const timesIn = (language: Language) =>
  new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium", timeZone });

/** Writes days for readers of a language, in the time of Berlin. */
export const daysIn = (language: Language) => new Intl.DateTimeFormat(language, { dateStyle: "full", timeZone });

/** The page up to its heading; `title` is plain text. */
export function pageHead(language: Language, title: string): string {
  const name = escaped(title);
  return [
    `<!doctype html>\n<html lang="${language}"><head><meta charset="utf-8">`,
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${name}</title><style>${STYLE}</style></head>\n<body><main><h1>${name}</h1>\n`,
  ].join("");
}

/** The end of a page that pageHead began. */
export const PAGE_END = "</main></body></html>\n";

/** A table's beginning, up to its first row; `heads` are plain texts. */
export const tableHead = (heads: readonly string[]): string =>
  `<table><thead><tr>${heads.map((head) => `<th scope="col">${escaped(head)}</th>`).join("")}</tr></thead><tbody>\n`;
