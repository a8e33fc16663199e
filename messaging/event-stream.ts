/** A room's log as a stream that goes on, for as long as who reads it may. */
import { EventStream, type StreamEvent } from "../platform/http-event-stream.ts";
import { streamPlaces } from "../platform/stream-places.ts";
import type { LogEntry } from "./log.ts";
import type { RoomWatch } from "./room-watch.ts";
import { type ShownPerson, shownEvents } from "./shown.ts";

/** A stream ends after this time, and whoever still may comes back. */
const LIFE_MS = 300_000;
/** A wake-up may be lost, and the other side may be gone unnoticed. */
const LOOK_MS = 15_000;
export const PAGE = 100;
/** Streams of one process, and of one person or token in it. */
const MAX_STREAMS = 500;
const MAX_OWN = 10;

/** With what a stream begins; `seq` is after what to go on where that is nothing. */
export interface Start {
  readonly entries: readonly LogEntry[];
  readonly seq: number;
}

interface Reading {
  readonly roomId: string;
  /** Whose stream it is. */
  readonly reader: string;
  /** Who is there, undefined while that is not known: where also who comes, goes and types is told. */
  readonly inside: (() => Promise<readonly ShownPerson[] | undefined>) | undefined;
  readonly start: () => Promise<Start>;
  readonly more: (seq: number) => Promise<readonly LogEntry[]>;
  /** Throws when who reads may no longer. Asked after what is new was read: nothing said later gets out. */
  readonly check: () => Promise<void>;
  readonly eventOf: (entry: LogEntry) => StreamEvent;
}

export interface RoomStreams {
  /** Throws `too-many` where no further stream may be opened. */
  requirePlace(reader: string): void;
  open(reading: Reading): EventStream;
}

/** The streams of one process. */
export function roomStreams(watch: RoomWatch, clock: () => number): RoomStreams {
  const places = streamPlaces({ all: MAX_STREAMS, own: MAX_OWN });

  async function* follow(reading: Reading, signal: AbortSignal): AsyncGenerator<StreamEvent | undefined> {
    const { roomId, reader, inside, start, more, check, eventOf } = reading;
    const until = clock() + LIFE_MS;
    // Before the first look: what is said meanwhile rings.
    const follower = watch.follow(roomId, inside !== undefined);
    const leave = places.take(reader);
    try {
      let { entries, seq } = await start();
      for (; !signal.aborted; entries = await more(seq)) {
        const people = follower.renewed() ? await inside?.() : undefined;
        await check();
        if (people) yield* shownEvents(people);
        for (const entry of entries) {
          yield eventOf(entry);
          seq = entry.seq;
        }
        if (clock() >= until) return;
        if (entries.length >= PAGE) continue;
        if (entries.length === 0) yield undefined;
        do {
          for (const { kind, ...data } of follower.take()) yield { event: kind, data };
        } while (!(await follower.next(LOOK_MS, signal)));
      }
    } finally {
      leave();
      follower.stop();
    }
  }

  return {
    requirePlace: places.require,
    open: (reading) => new EventStream((signal) => follow(reading, signal)),
  };
}
