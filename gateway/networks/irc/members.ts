import type { FarOccupant } from "../../bridge/network.ts";

/** Who is in the channel. IRC compares nicks without case; `lower` is the server's way of it (CASEMAPPING). */
export class Members {
  readonly #people = new Map<string, Omit<FarOccupant, "id">>();
  readonly #lower: (nick: string) => string;
  readonly #changed: (members: readonly FarOccupant[]) => void;

  constructor(lower: (nick: string) => string, changed: (members: readonly FarOccupant[]) => void) {
    this.#lower = lower;
    this.#changed = changed;
  }

  idOf(nick: string): string {
    return this.#lower(nick);
  }

  get size(): number {
    return this.#people.size;
  }

  reset(nicks: readonly string[]): void {
    this.#people.clear();
    for (const nick of nicks) this.#people.set(this.#lower(nick), { nick, away: null });
    this.#tell();
  }

  add(nick: string): void {
    this.#people.set(this.#lower(nick), { nick, away: null });
    this.#tell();
  }

  remove(nick: string): void {
    if (this.#people.delete(this.#lower(nick))) this.#tell();
  }

  rename(from: string, to: string): void {
    const known = this.#people.get(this.#lower(from));
    if (!known) return;
    this.#people.delete(this.#lower(from));
    this.#people.set(this.#lower(to), { ...known, nick: to });
    this.#tell();
  }

  /** Who is away, as its own words; null: back. Whoever is not in the channel is none of it. */
  away(nick: string, words: string | null): void {
    if (this.#setAway(nick, words)) this.#tell();
  }

  /** Who is away of all: the server knows no words. Those that are known stay. */
  allAway(people: readonly { readonly nick: string; readonly away: boolean }[]): void {
    const changes = people.filter(({ nick, away }) => {
      const known = this.#people.get(this.#lower(nick));
      return known !== undefined && (known.away !== null) !== away && this.#setAway(nick, away ? "" : null);
    });
    if (changes.length > 0) this.#tell();
  }

  #setAway(nick: string, words: string | null): boolean {
    const known = this.#people.get(this.#lower(nick));
    if (!known || known.away === words) return false;
    this.#people.set(this.#lower(nick), { ...known, away: words });
    return true;
  }

  #tell(): void {
    this.#changed([...this.#people].map(([id, person]) => ({ id, ...person })));
  }
}
