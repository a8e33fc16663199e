import { type LogEntry, readLog } from "../../messaging/index.ts";
import { toKontorError } from "../../platform/errors.ts";
import type { Log } from "../../platform/log.ts";
import { decideOutbound } from "./core-outbound.ts";
import { fullBucket, type Rate, takeTokens } from "./core-pace.ts";
import { type BridgeDeps, type BridgeMetrics, countMessages } from "./deps.ts";
import type { Capabilities, Connection, FarError, OutboundPart } from "./network.ts";
import { pause } from "./pause.ts";
import type { Link } from "./store.ts";
import { countSentParts, type Progress, readCursor, saveProgress } from "./store-messages.ts";

const PAGE = 50;

/** What one run of the outbound lane came to. */
export type RunResult =
  | { readonly kind: "caught-up" }
  /** The far side went away or the engine stops; whoever brings it back runs the lane again. */
  | { readonly kind: "interrupted" }
  | { readonly kind: "later"; readonly retryAfterMs: number };

/**
 * The outbound work of a link: reads the room log after the cursor, sends entry by entry in order, and moves the cursor
 * when the far side has confirmed. A message whose confirmation was lost with the connection is sent again: rather twice
 * than never.
 */
export function createSender(
  link: Link,
  deps: Pick<BridgeDeps, "db" | "clock">,
  far: { readonly rate: Rate; readonly capabilities: Capabilities; readonly connection: () => Connection | undefined },
  metrics: BridgeMetrics,
  log: Log,
  signal: AbortSignal,
): { run(): Promise<RunResult> } {
  let bucket = fullBucket(far.rate, deps.clock());

  /** Keeps at it while PostgreSQL is away: what the far side has confirmed must not be sent again. */
  const save = async (progress: Progress): Promise<boolean> => {
    for (let failures = 0; ; failures += 1) {
      try {
        return await saveProgress(deps.db, link, progress, new Date(deps.clock()));
      } catch (error) {
        if (toKontorError(error).code !== "unavailable" || signal.aborted) throw error;
        if (failures === 0) log.warn("A link waits for PostgreSQL to keep how far it came", { error });
        await pause(Math.min(5_000, 200 * 2 ** failures), signal);
      }
    }
  };

  /** Sends parts as the rate allows; gives the confirmed beginning and what ended it early. */
  const send = async (connection: Connection, parts: readonly OutboundPart[]) => {
    const done: { farId: string; logId: string; part: number; refused?: string | undefined }[] = [];
    let failure: FarError | undefined;
    while (done.length < parts.length && !failure && !signal.aborted && far.connection() === connection) {
      const taken = takeTokens(bucket, far.rate, deps.clock(), parts.length - done.length);
      bucket = taken.bucket;
      if (taken.granted === 0) {
        await pause(taken.waitMs, signal);
        continue;
      }
      const batch = parts.slice(done.length, done.length + taken.granted);
      const result = await connection.send(batch);
      for (const [index, { farId, refused }] of result.done.entries()) {
        const part = batch[index];
        if (part) done.push({ farId, refused, logId: part.logId, part: part.part });
      }
      failure = result.failure;
    }
    return { done, failure, complete: done.length === parts.length };
  };

  /** What has been passed but not saved yet: entries that need no sending. */
  const emptyFrom = (from: number) => ({
    from,
    to: from,
    own: [] as { inboxId: string; logId: string }[],
  });

  const runPage = async (entries: readonly LogEntry[], cursor: number, first: boolean): Promise<number | RunResult> => {
    let passed = emptyFrom(cursor);
    for (const [index, entry] of entries.entries()) {
      const connection = far.connection();
      if (!connection || signal.aborted) break;
      const decision = decideOutbound(entry, link.id, {
        multiline: far.capabilities.multiline,
        textBytes: (said) => connection.textBytes(said),
      });
      if (decision.kind !== "send") {
        countMessages(metrics, link.network, "out", decision.kind);
        if (decision.kind === "own" && decision.inboxId)
          passed.own.push({ inboxId: decision.inboxId, logId: entry.id });
        passed.to = entry.seq;
        continue;
      }
      // Only the entry right after the stored cursor can have been cut short.
      const before = first && index === 0 ? await countSentParts(deps.db, link, entry.id) : 0;
      const { done, failure, complete } = await send(connection, decision.parts.slice(before));
      const refused = done.find((each) => each.refused !== undefined)?.refused;
      const saved = await save({
        ...passed,
        to: complete ? entry.seq : passed.to,
        sent: done,
        undeliverable: refused === undefined ? [] : [{ logId: entry.id, reason: refused }],
      });
      if (!saved) return { kind: "interrupted" };
      if (!complete)
        return failure?.retryAfterMs ? { kind: "later", retryAfterMs: failure.retryAfterMs } : { kind: "interrupted" };
      countMessages(metrics, link.network, "out", refused === undefined ? "done" : "refused");
      passed = emptyFrom(entry.seq);
    }
    if (passed.to > passed.from && !(await save({ ...passed, sent: [], undeliverable: [] })))
      return { kind: "interrupted" };
    const last = entries.at(-1);
    return last && passed.to < last.seq ? { kind: "interrupted" } : passed.to;
  };

  return {
    run: async () => {
      let cursor = await readCursor(deps.db, link);
      for (let first = true; cursor !== undefined; first = false) {
        if (signal.aborted || !far.connection()) return { kind: "interrupted" };
        const entries = await readLog(deps.db, link.tenant, link.roomId, cursor, PAGE, new Date(deps.clock()));
        if (entries.length === 0) return { kind: "caught-up" };
        const result = await runPage(entries, cursor, first);
        if (typeof result !== "number") return result;
        cursor = result;
      }
      return { kind: "interrupted" };
    },
  };
}
