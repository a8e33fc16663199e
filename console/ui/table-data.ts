/** What a table asks for and gets: a page after a cursor, sorted and filtered by the API or here. Pure. */

export interface TableQuery {
  readonly after: string | undefined;
  readonly limit: number;
  /** A column's key, with `-` before it for the other way round; undefined: as the API likes. */
  readonly sort: string | undefined;
  readonly search: string;
  /** Chosen values of the table's filters, by name; absent: any. */
  readonly filters: Readonly<Record<string, string>>;
}

export interface TablePage<T> {
  readonly items: readonly T[];
  /** Cursor of what comes after; null at the end. */
  readonly next: string | null;
}

export type Load<T> = (query: TableQuery) => Promise<TablePage<T>>;

/** The most rows that an export or a short list holds. */
const EXPORT_LIMIT = 10_000;
const PAGE = 100;

/** All rows of a list up to EXPORT_LIMIT, page by page. */
export async function loadAll<T>(load: Load<T>, query: Omit<TableQuery, "after" | "limit">): Promise<T[]> {
  const rows: T[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await load({ ...query, after, limit: PAGE });
    rows.push(...items);
    after = next ?? undefined;
  } while (after !== undefined && rows.length < EXPORT_LIMIT);
  return rows.slice(0, EXPORT_LIMIT);
}

/** Sorts, searches and pages a short list that the API gives as a whole. `texts` gives what a row shows by column. */
export function pageLocally<T>(
  rows: readonly T[],
  texts: (row: T) => Readonly<Record<string, string>>,
  { after, limit, sort, search, filters }: TableQuery,
): TablePage<T> {
  const wanted = search.trim().toLowerCase();
  const found = rows.filter((row) => {
    const shown = texts(row);
    if (!Object.entries(filters).every(([name, value]) => (shown[name] ?? "").split(" ").includes(value))) return false;
    return wanted === "" || Object.values(shown).some((text) => text.toLowerCase().includes(wanted));
  });
  if (sort) {
    const key = sort.replace(/^-/, "");
    const way = sort.startsWith("-") ? -1 : 1;
    found.sort((a, b) => way * (texts(a)[key] ?? "").localeCompare(texts(b)[key] ?? "", undefined, { numeric: true }));
  }
  const start = Number(after ?? 0);
  const end = start + limit;
  return { items: found.slice(start, end), next: end < found.length ? String(end) : null };
}

/** CSV (RFC 4180) that a spreadsheet opens as text: a cell that it would take for a formula gets an apostrophe. */
export function csvOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return [head, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
