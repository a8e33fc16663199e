/** Figures of presence by days. Pure. */
import * as z from "zod/mini";

export const usageShape = z.object({
  from: z.string(),
  to: z.string(),
  days: z.array(z.object({ day: z.string(), peak: z.number(), active: z.number() })),
});
export type PresenceUsage = z.infer<typeof usageShape>;

const DAY_MS = 24 * 3_600_000;

/** All days from the first to the last: those without figures had nobody. */
export function everyDay({ from, to, days }: PresenceUsage): PresenceUsage["days"] {
  const known = new Map(days.map((each) => [each.day, each]));
  const count = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1;
  return Array.from({ length: count }, (_, at) => {
    const day = new Date(Date.parse(from) + at * DAY_MS).toISOString().slice(0, 10);
    return known.get(day) ?? { day, peak: 0, active: 0 };
  });
}
