/** What benchmarks have in common: each runs a peer beside us in one run and gives rows of figures. */

/** Figures behind a row: how it was measured and what else was seen. */
export type Detail = { readonly [name: string]: string | number | boolean | readonly number[] | Detail };

/** One comparison. `ratio` is always ours / peer; `detail.better` says whether more or less is better. */
export interface Row {
  readonly name: string;
  readonly ours: number;
  readonly peer: number;
  readonly ratio: number;
  readonly unit: string;
  readonly detail: Detail & { readonly better: "more" | "less" };
}

export interface Benchmark {
  readonly name: string;
  readonly description: string;
  /** Milliseconds after which it gives up, where it needs longer than others. */
  readonly limitMs?: number;
  /**
   * Measures. Takes lines of progress, and a signal upon which it gives up. Stops everything it started, however it
   * ends; rejects when what was measured did not do its work in full.
   */
  readonly run: (report: (line: string) => void, signal: AbortSignal) => Promise<Row[]>;
}

/** A row, with numbers as exact as they are worth. */
export function row(name: string, ours: number, peer: number, unit: string, detail: Row["detail"]): Row {
  return { name, ours: rounded(ours), peer: rounded(peer), ratio: rounded(ours / peer), unit, detail };
}

/** Three significant digits; whole numbers stay whole. */
export function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
