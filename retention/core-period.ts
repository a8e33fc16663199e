import { DateTime } from "luxon";

export const units = ["day", "month", "year"] as const;
type Unit = (typeof units)[number];

/** How long rows live, in calendar units of Europe/Berlin. */
export interface Period {
  readonly amount: number;
  readonly unit: Unit;
}

const zone = "Europe/Berlin";

/**
 * The latest start whose period is over at `now`: rows that began before it are over. A month ends on its last day
 * (31 Jan + 1 month = 28 or 29 Feb), so starts of the days that share an end go together: none is late, some are less
 * than a day early. Never falls while `now` goes on. The same as retention_before() in the database, which read paths
 * ask; a test holds the two together.
 */
export function periodStart(now: Date, period: Period): Date {
  const here = presentOf(now);
  if (period.unit === "day") return instantOf(here.minus({ days: period.amount }));
  const first = here.startOf("month").minus({ months: period.unit === "year" ? 12 * period.amount : period.amount });
  const last = first.daysInMonth ?? 28;
  if (here.day > last) return instantOf(first.plus({ months: 1 }));
  const time = { hour: here.hour, minute: here.minute, second: here.second, millisecond: here.millisecond };
  return instantOf(first.set({ day: here.day === here.daysInMonth ? last : here.day, ...time }));
}

/** Wall-clock time of Berlin, written down in UTC so that calculating with it meets no change of the clocks. */
function presentOf(now: Date): DateTime {
  const here = DateTime.fromJSDate(now, { zone });
  const passes = here.getPossibleOffsets();
  // The first pass of the hour that autumn repeats: what ends in that hour ends in its second pass.
  const firstPass = passes.length > 1 && passes[0]?.toMillis() === here.toMillis();
  return (firstPass ? here.startOf("hour") : here).setZone("utc", { keepLocalTime: true });
}

function instantOf(wall: DateTime): Date {
  const found = wall.setZone(zone, { keepLocalTime: true });
  // An hour that spring skips: no start lies in it.
  const skipped = found.hour !== wall.hour;
  const there = skipped ? wall.startOf("hour").setZone(zone, { keepLocalTime: true }) : found;
  return (there.getPossibleOffsets().at(-1) ?? there).toJSDate();
}

/** The cutoff of a tenant: the earliest end wins of all its rules and of what a run has hidden already. */
export function cutoffOf(periods: readonly Period[], hiddenBefore: Date | undefined, now: Date): Date {
  const starts = periods.map((period) => periodStart(now, period).getTime());
  return new Date(Math.max(...starts, hiddenBefore?.getTime() ?? Number.NEGATIVE_INFINITY));
}
