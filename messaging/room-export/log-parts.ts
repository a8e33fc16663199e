/** A room's log part by part: each of one day and of what fits into memory, read when it is its turn. */
import type { Database } from "../../platform/postgres.ts";
import { type ArchiveFound, readArchive } from "../archive-log.ts";
import type { LogEntry } from "../log.ts";
import { dayOf } from "./core-names.ts";
import type { ExportWork } from "./store-work.ts";

/** Entries of one part at most; readArchive bounds their characters. */
const PART = 1_000;

export interface LogPart {
  /** In the order of the log; none at the end. */
  readonly entries: readonly LogEntry[];
  /** When the entry behind this part was written; undefined at the end. */
  readonly following: Date | undefined;
  /** How many entries there are from this part on, by their numbers. */
  readonly left: number;
}

type Span = Pick<ExportWork, "tenant" | "room" | "from" | "to" | "upTo">;

/** The part behind a number. What expired or was taken back until now is left out, or a tombstone. */
export async function readPart(db: Database, span: Span, after: number, now: Date): Promise<LogPart> {
  const found = await read(db, span, { downTo: after + 1, limit: PART + 1 }, now);
  const [first] = found.entries;
  if (!first) return { entries: [], following: undefined, left: 0 };
  const day = dayOf(first.at);
  const other = found.entries.findIndex(({ at }) => dayOf(at) !== day);
  const entries = found.entries.slice(0, Math.min(PART, other === -1 ? PART : other));
  const left = found.total?.count ?? entries.length;
  const behind = found.entries[entries.length];
  if (behind || found.complete) return { entries, following: behind?.at, left };
  const last = entries.at(-1)?.seq ?? after;
  const next = await read(db, span, { downTo: last + 1, limit: 1 }, now);
  return { entries, following: next.entries[0]?.at, left };
}

/** The same entries as they are by now. */
export async function readAgain(
  db: Database,
  span: Span,
  entries: readonly LogEntry[],
  now: Date,
): Promise<readonly LogEntry[]> {
  const [first, last] = [entries[0], entries.at(-1)];
  if (!first || !last) return [];
  const again = { ...span, upTo: last.seq };
  return (await read(db, again, { downTo: first.seq, limit: entries.length }, now)).entries;
}

function read(
  db: Database,
  { tenant, room, from, to, upTo }: Span,
  { downTo, limit }: { readonly downTo: number; readonly limit: number },
  now: Date,
): Promise<ArchiveFound> {
  const page = {
    ...{ downTo, upTo, start: from, end: to && new Date(to.getTime() - 1), last: false, limit },
    ...{ afterId: undefined, beforeId: undefined, ids: undefined, pageAfter: undefined, pageBefore: undefined },
    ...{ sender: undefined, nick: undefined, texts: [] },
  };
  return readArchive(db, tenant, room.id, page, now);
}
