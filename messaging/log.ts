/** The log of a room as its readers know it. */
import { z } from "zod";
import type { WakeTopic } from "../platform/wake.ts";

/** One entry of a room's log. */
export interface LogEntry {
  /** Counts up in its room. */
  readonly seq: number;
  /** UUIDv7: the archive id. */
  readonly id: string;
  readonly at: Date;
  /** Bare address; null for somebody of another network. */
  readonly sender: string | null;
  readonly nick: string;
  readonly occupantId: string;
  /** The link it came in by, and the id of the inbox message it was: that goes away in the transaction of the commit. */
  readonly origin: string | null;
  readonly originRef: string | null;
  /** As reflected, without `to`. */
  readonly stanza: string;
  readonly body: string | null;
}

/** As much of an entry as whoever reads an archive is shown. */
export type ShownEntry = Pick<LogEntry, "id" | "seq" | "at" | "nick" | "sender" | "body">;

/** Something was committed to the log of a room. */
export const roomLogTopic: WakeTopic<{ tenant: string; room: string }> = {
  name: "kontor:room-log",
  schema: z.object({ tenant: z.string(), room: z.string() }),
};

/** The kind of data that the log is to the retention rules. */
export const KIND = "message-archive";
