import type { FarOccupant } from "../../bridge/network.ts";

/** Who is in the channel. IRC compares nicks without case; `lower` is the server's way of it (CASEMAPPING). */
export class Members {
  readonly #nicks = new Map<string, string>();
  readonly #lower: (nick: string) => string;
  readonly #changed: (members: readonly FarOccupant[]) => void;

  constructor(lower: (nick: string) => string, changed: (members: readonly FarOccupant[]) => void) {
    this.#lower = lower;
    this.#changed = changed;
  }

  idOf(nick: string): string {
    return this.#lower(nick);
  }

  reset(nicks: readonly string[]): void {
    this.#nicks.clear();
    for (const nick of nicks) this.#nicks.set(this.#lower(nick), nick);
    this.#tell();
  }

  add(nick: string): void {
    this.#nicks.set(this.#lower(nick), nick);
    this.#tell();
  }

  remove(nick: string): void {
    if (this.#nicks.delete(this.#lower(nick))) this.#tell();
  }

  rename(from: string, to: string): void {
    if (!this.#nicks.delete(this.#lower(from))) return;
    this.add(to);
  }

  #tell(): void {
    this.#changed([...this.#nicks].map(([id, nick]) => ({ id, nick })));
  }
}
