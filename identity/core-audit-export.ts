/** The audit log as CSV (RFC 4180) and JSON, piece by piece. Pure. */
import type { AuditView } from "./audit-search.ts";

const columns = [
  "position",
  "at",
  "actor",
  "name",
  "roles",
  "action",
  "object",
  "before",
  "after",
  "reason",
  "address",
  "requestId",
  "hash",
] as const;

/** A line of column names, then a line an entry. */
export async function* csvOf(pages: AsyncIterable<readonly AuditView[]>): AsyncGenerator<string> {
  let head = `${columns.join(",")}\r\n`;
  for await (const page of pages) {
    yield head + page.map(csvLine).join("");
    head = "";
  }
}

/** One array of all entries. */
export async function* jsonOf(pages: AsyncIterable<readonly AuditView[]>): AsyncGenerator<string> {
  let before = "[\n";
  for await (const page of pages) {
    let piece = "";
    for (const entry of page) {
      piece += before + JSON.stringify(entry);
      before = ",\n";
    }
    if (piece !== "") yield piece;
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

function csvLine({ actor, roles, before, after, ...entry }: AuditView): string {
  const cells: Record<(typeof columns)[number], string> = {
    position: String(entry.position),
    at: entry.at,
    actor: actor.id,
    name: actor.name ?? "",
    roles: roles.join(" "),
    action: entry.action,
    object: entry.object,
    before: before === null ? "" : JSON.stringify(before),
    after: after === null ? "" : JSON.stringify(after),
    reason: entry.reason ?? "",
    address: entry.address ?? "",
    requestId: entry.requestId ?? "",
    hash: entry.hash,
  };
  return `${columns.map((name) => cell(cells[name])).join(",")}\r\n`;
}

/** A text that a spreadsheet would run as a formula gets an apostrophe before it. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
