/** What a page of a room's archive is asked by, and what the database finds for it in one call: room_log_page(). */
import type { Call } from "../platform/postgres.ts";
import { KIND, type LogEntry } from "./log.ts";
import { type RoomRef, spanOfIds } from "./log-times.ts";

/** Which entries of a room are asked for, and which page of them. Ids are of the archive (UUIDs). */
export interface ArchivePage {
  /** The first entry that may be seen, and the last. */
  readonly downTo?: number | undefined;
  readonly upTo: number;
  readonly start: Date | undefined;
  readonly end: Date | undefined;
  readonly afterId: string | undefined;
  readonly beforeId: string | undefined;
  readonly ids: readonly string[] | undefined;
  /** Bare address of who sent it. */
  readonly sender: string | undefined;
  readonly nick: string | undefined;
  /** Each must be found in the text. */
  readonly texts: readonly string[];
  /** Where the page begins or ends. */
  readonly pageAfter: string | undefined;
  readonly pageBefore: string | undefined;
  /** Take the last entries of what fits instead of the first. */
  readonly last: boolean;
  readonly limit: number;
}

/** As much of it as tells the bounds. */
export type Bounded = Pick<ArchivePage, "upTo" | "last"> & Partial<ArchivePage>;

/** Numbers of what is asked for and of what the page may have, both included, and since when entries are visible. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
  readonly windowLow: number;
  readonly windowHigh: number;
  /** Of all entries and of those asked for, as PostgreSQL says it: exactly. */
  readonly cutoff: string;
  readonly visible: string;
  /** One of the ids is not in the archive (any more). */
  readonly missing: boolean;
}

interface Row extends Omit<LogEntry, "seq"> {
  readonly seq: number | null;
  readonly low: number;
  readonly high: number;
  readonly window_low: number;
  readonly window_high: number;
  readonly cutoff: string;
  readonly visible: string;
  readonly missing: boolean;
}

/** The bounds, and up to `wanted` entries from the end that is asked for on, whoever said whatever in them. */
export async function boundedPage(
  call: Call,
  { tenant, roomId }: RoomRef,
  page: Bounded,
  wanted: number,
  now: Date,
): Promise<{ readonly bounds: Bounds; readonly entries: readonly LogEntry[] }> {
  const named = [page.afterId, page.beforeId, page.pageAfter, page.pageBefore].map((id) => id?.toLowerCase() ?? null);
  const ids = named.filter((id) => id !== null);
  const span = spanOfIds(ids);
  const rows = await call<Row>(
    "room_log_page",
    [tenant],
    ...[roomId, KIND, now, page.downTo ?? null, page.upTo, page.start ?? null, page.end ?? null],
    ...[ids.length > 0 ? named : null, span?.since ?? null, span?.till ?? null, page.last, wanted],
  );
  const [first] = rows;
  if (!first) throw new Error("room_log_page() gave no bounds");
  const { low, high, window_low: windowLow, window_high: windowHigh, cutoff, visible, missing } = first;
  const entries = rows.flatMap(({ seq, id, at, sender, nick, occupantId, origin, originRef, stanza, body }) =>
    seq === null ? [] : [{ seq, id, at, sender, nick, occupantId, origin, originRef, stanza, body }],
  );
  return { bounds: { low, high, windowLow, windowHigh, cutoff, visible, missing }, entries };
}
