import { closeSync, existsSync, openSync, renameSync, statSync, writeSync } from "node:fs";

/** A log file of bounded size: when full it is moved to `<path>.1` (and that to `.2`), and a new one begun. */
export class RotatingLog {
  readonly path: string;
  readonly #maxBytes: number;
  #file: number;
  #bytes: number;
  #tail = "";
  #closed = false;

  constructor(path: string, maxBytes = 8 * 1024 * 1024) {
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#bytes = existsSync(path) ? statSync(path).size : 0;
    this.#file = openSync(path, "a", 0o600);
  }

  /** Appends; rotation falls between two writes, so a chunk stays whole. */
  write(chunk: string | Buffer): void {
    if (this.#closed) return; // last words may come after the end of the part
    const bytes = Buffer.byteLength(chunk);
    if (this.#bytes + bytes > this.#maxBytes && this.#bytes > 0) this.#rotate();
    writeSync(this.#file, typeof chunk === "string" ? Buffer.from(chunk) : chunk);
    this.#bytes += bytes;
    this.#tail = (this.#tail + chunk.toString()).slice(-4000);
  }

  /** The last lines written since the log was opened. */
  lastLines(count: number): string[] {
    return this.#tail.trimEnd().split("\n").slice(-count);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
  }

  #rotate(): void {
    closeSync(this.#file);
    if (existsSync(`${this.path}.1`)) renameSync(`${this.path}.1`, `${this.path}.2`);
    renameSync(this.path, `${this.path}.1`);
    this.#file = openSync(this.path, "a", 0o600);
    this.#bytes = 0;
  }
}
