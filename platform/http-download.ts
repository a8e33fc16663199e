import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Response } from "express";

/** An answer that is a file: written while it is made, never whole in memory. */
export class Download {
  readonly type: string;
  readonly filename: string;
  readonly chunks: AsyncIterable<string>;

  /** `filename` is plain ASCII; `chunks` is asked for its first piece before the head of the answer is sent. */
  constructor(type: string, filename: string, chunks: AsyncIterable<string>) {
    this.type = type;
    this.filename = filename;
    this.chunks = chunks;
  }

  /** Sends it. What fails before the first piece can still become a problem document. */
  async send(response: Response): Promise<void> {
    const pieces = this.chunks[Symbol.asyncIterator]();
    const first = await pieces.next();
    response.type(this.type).attachment(this.filename);
    await pipeline(Readable.from(all(first, pieces), { objectMode: false }), response);
  }
}

async function* all(first: IteratorResult<string>, rest: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    for (let piece = first; !piece.done; piece = await rest.next()) yield piece.value;
  } finally {
    // The reader may go away before the end.
    await rest.return?.();
  }
}
