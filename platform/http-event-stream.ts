import { once } from "node:events";
import type { Response } from "express";
import { z } from "zod";

/** One server-sent event. Its id is what a client that comes back names in `Last-Event-ID`. */
export interface StreamEvent {
  readonly id: string;
  readonly data: object;
}

/**
 * An answer that goes on: server-sent events (HTML, 9.2) for as long as `events` gives some and the client is there.
 * `signal` is aborted when it goes away; an undefined event keeps the connection alive.
 */
export class EventStream {
  readonly events: (signal: AbortSignal) => AsyncIterable<StreamEvent | undefined>;

  constructor(events: (signal: AbortSignal) => AsyncIterable<StreamEvent | undefined>) {
    this.events = events;
  }

  /** Sends them. A client that reads slowly is waited for. */
  async send(response: Response): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    // `close`: there is nothing to reuse, and a server that stops need not wait for it to become idle.
    response.status(200).set({ "Content-Type": "text/event-stream", Connection: "close", "X-Accel-Buffering": "no" });
    response.flushHeaders();
    try {
      for await (const event of this.events(gone.signal)) {
        const text = event ? `id: ${event.id}\ndata: ${JSON.stringify(event.data)}\n\n` : ":\n\n";
        if (!response.write(text)) await once(response, "drain", { signal: gone.signal });
      }
      response.end();
    } catch (error) {
      if (gone.signal.aborted) return;
      // The head is sent: that something failed can be told by the end only, after which the client comes back.
      response.destroy();
      throw error;
    }
  }
}

/** The schema of an answer that is such a stream, for routes that name it in their `downloads`. */
export const eventStream = z.instanceof(EventStream);
