/** XEP-0045 7.2.14: what was said before, for somebody who enters. */
import { withAttrs, withChild } from "../components/fan-out.ts";
import type { HistoryRequest } from "../components/xep/xep-0045-muc.ts";
import { delay } from "../components/xep/xep-0203-delay.ts";
import type { Database } from "../platform/postgres.ts";
import { MAX_HISTORY } from "./core-config.ts";
import type { RoomState } from "./core-state.ts";
import { readLogPage } from "./log-reads.ts";

/**
 * The stanzas of a room's history up to an entry, as texts for one session: the newest that all four limits of the
 * request leave, oldest first. `now` in milliseconds.
 */
export async function historyTexts(
  db: Database,
  tenant: string,
  room: RoomState,
  wanted: { readonly session: string; readonly upTo: number; readonly request: HistoryRequest | undefined },
  now: number,
): Promise<string[]> {
  const { session, upTo, request } = wanted;
  const limit = Math.min(request?.maxstanzas ?? room.config.history, MAX_HISTORY);
  if (limit === 0 || request?.maxchars === 0) return [];
  const since = [
    request?.since === undefined ? undefined : Date.parse(request.since),
    request?.seconds === undefined ? undefined : now - request.seconds * 1_000,
  ].filter((time) => time !== undefined);
  const start = since.length > 0 ? new Date(Math.max(...since)) : undefined;
  const entries = await readLogPage(db, tenant, room.id, { last: true, limit, upTo, start }, new Date(now));
  const texts: string[] = [];
  let left = request?.maxchars ?? Number.POSITIVE_INFINITY;
  for (const entry of entries.reverse()) {
    const stamp = delay.write({ from: room.jid, stamp: entry.at.toISOString() });
    const text = withChild(withAttrs(entry.stanza, { to: session }), stamp);
    left -= text.length;
    if (left < 0) break;
    texts.push(text);
  }
  return texts.reverse();
}
