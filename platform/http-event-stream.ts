import { once } from "node:events";
import type { Response } from "express";
import { z } from "zod";
import { KontorError } from "./errors.ts";

/** One server-sent event. */
export interface StreamEvent {
  /** What a client that comes back names in `Last-Event-ID`; undefined for what is over with its moment. */
  readonly id?: string | undefined;
  /** Its kind, where it is not a `message`. */
  readonly event?: string | undefined;
  readonly data: object;
}

/** What the door has to say while a stream goes on. */
export interface StreamGuard {
  /** Throws when who reads may do so no longer. Asked before anything is sent. */
  readonly check: () => Promise<void>;
  /** Aborted when the server stops. */
  readonly closing?: AbortSignal | undefined;
}

/** When a client shall come back to a server that stopped: by then another one serves, or this one again. */
const BACK_MS = 2_000;

/**
 * An answer that goes on: server-sent events (HTML, 9.2) for as long as `events` gives some, the client is there and may
 * read. `signal` is aborted when it shall end; an undefined event keeps the connection alive. A KontorError of `events`
 * ends the stream: whoever comes back is told by the refusal.
 */
export class EventStream {
  readonly events: (signal: AbortSignal) => AsyncIterable<StreamEvent | undefined>;

  constructor(events: (signal: AbortSignal) => AsyncIterable<StreamEvent | undefined>) {
    this.events = events;
  }

  /** Sends them. A client that reads slowly is waited for. */
  async send(response: Response, { check, closing }: StreamGuard): Promise<void> {
    const over = new AbortController();
    const end = () => over.abort();
    response.once("close", end);
    closing?.addEventListener("abort", end);
    if (closing?.aborted) end();
    // `close`: there is nothing to reuse, and a server that stops need not wait for it to become idle.
    response.status(200).set({ "Content-Type": "text/event-stream", Connection: "close", "X-Accel-Buffering": "no" });
    response.flushHeaders();
    try {
      for await (const event of this.events(over.signal)) {
        await check();
        if (over.signal.aborted) break;
        if (!response.write(textOf(event))) await once(response, "drain", { signal: over.signal });
      }
    } catch (error) {
      if (!over.signal.aborted && !(error instanceof KontorError && error.code !== "internal")) {
        // The head is sent: that something failed can be told by the end only, after which the client comes back.
        response.destroy();
        throw error;
      }
    } finally {
      closing?.removeEventListener("abort", end);
    }
    if (closing?.aborted) response.write(`retry: ${BACK_MS}\n\n`);
    response.end();
  }
}

function textOf(event: StreamEvent | undefined): string {
  if (!event) return ":\n\n";
  const { id, event: kind, data } = event;
  const head = `${id === undefined ? "" : `id: ${id}\n`}${kind === undefined ? "" : `event: ${kind}\n`}`;
  return `${head}data: ${JSON.stringify(data)}\n\n`;
}

/** The schema of an answer that is such a stream, for routes that name it in their `downloads`. */
export const eventStream = z.instanceof(EventStream);
