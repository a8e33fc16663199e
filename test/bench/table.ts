import type { Row } from "./benchmark.ts";

/** Rows for a reader at a terminal: a table, then the processor time behind each figure. Pure. */
export function tableOf(rows: readonly Row[]): string {
  const head = ["", "ours", "peer", "ours / peer", "unit", "better is"];
  const body = rows.map(({ name, ours, peer, ratio, unit, detail }) => [
    ...[name, ours, peer, ratio].map(String),
    unit,
    detail.better,
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        /^[\d.]+$/.test(cell) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd();
  return [line(head), ...body.map(line)].join("\n");
}
