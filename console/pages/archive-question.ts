/** What somebody wants to read in the archive, and why. */
export interface ArchiveQuestion {
  readonly reason: string;
  /** Name of the room; empty: all of them. */
  readonly room: string;
  readonly text: string;
  readonly nick: string;
  /** ISO times; empty: any. */
  readonly from: string;
  readonly to: string;
  readonly order: "newest" | "oldest";
}

/** The fewest characters that say why. */
export const MIN_REASON = 10;

/** A day as somebody chose it, in their time zone, as the instant at which it begins, some days on. */
export function instantOf(day: string, plusDays: number): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return day === "" ? "" : new Date(year, month - 1, date + plusDays).toISOString();
}
