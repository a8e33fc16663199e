import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { DateTime } from "luxon";
import { cutoffOf, type Period, periodStart, units } from "./core-period.ts";

const zone = "Europe/Berlin";
const at = (text: string) => DateTime.fromISO(text, { zone }).toJSDate();
const shown = (date: Date) => DateTime.fromJSDate(date, { zone }).toISO({ suppressMilliseconds: true });

test.each<[string, number, Period["unit"], string, string]>([
  ["a day of winter", 10, "day", "2026-01-20T01:00:00", "2026-01-10T01:00:00+01:00"],
  ["days over the start of summer time", 10, "day", "2026-04-02T12:00:00", "2026-03-23T12:00:00+01:00"],
  ["days over its end", 10, "day", "2026-10-30T12:00:00", "2026-10-20T12:00:00+02:00"],
  ["days over the end of February in a leap year", 10, "day", "2028-03-05T00:00:00", "2028-02-24T00:00:00+01:00"],
  ["back into the hour that spring skips", 1, "day", "2026-03-30T02:30:00", "2026-03-29T03:00:00+02:00"],
  ["back into the hour that autumn repeats", 1, "day", "2026-10-26T02:30:00", "2026-10-25T02:30:00+01:00"],
  ["from the first pass of that hour", 1, "day", "2026-10-25T02:30:00+02:00", "2026-10-24T02:00:00+02:00"],
  ["from its second pass", 1, "day", "2026-10-25T02:30:00+01:00", "2026-10-24T02:30:00+02:00"],
  ["a month in its middle", 1, "month", "2026-03-15T08:00:00", "2026-02-15T08:00:00+01:00"],
  ["31 Jan + 1 month = 28 Feb", 1, "month", "2026-02-28T08:00:00", "2026-01-31T08:00:00+01:00"],
  ["31 Jan + 1 month = 29 Feb", 1, "month", "2028-02-29T08:00:00", "2028-01-31T08:00:00+01:00"],
  ["28 Jan + 1 month = 28 Feb of a leap year", 1, "month", "2028-02-28T08:00:00", "2028-01-28T08:00:00+01:00"],
  ["all of February is over on 29 March", 1, "month", "2026-03-29T10:00:00", "2026-03-01T00:00:00+01:00"],
  ["31 March + 1 month = 30 April", 1, "month", "2026-04-30T10:00:00", "2026-03-31T10:00:00+02:00"],
  ["twelve months", 12, "month", "2026-11-03T10:00:00", "2025-11-03T10:00:00+01:00"],
  ["a year to 28 Feb takes 29 Feb along", 1, "year", "2025-02-28T10:00:00", "2024-02-29T10:00:00+01:00"],
  ["a year to 29 Feb", 1, "year", "2028-02-29T10:00:00", "2027-03-01T00:00:00+01:00"],
  ["two years", 2, "year", "2026-07-01T10:00:00", "2024-07-01T10:00:00+02:00"],
])("%s", (_name, amount, unit, now, start) => {
  expect(shown(periodStart(at(now), { amount, unit }))).toBe(start);
});

const hour = 3_600_000;
// Also close to the changes of the clocks and to the ends of months, where the mistakes are.
const edges = ["2026-03-29T01:00Z", "2026-10-25T01:00Z", "2028-02-29T00:00Z", "2027-03-01T00:00Z", "2026-12-31T23:00Z"];
const anInstant = fc.oneof(
  fc.date({ min: new Date("2000-01-01"), max: new Date("2040-01-01"), noInvalidDate: true }),
  fc
    .tuple(fc.constantFrom(...edges), fc.integer({ min: -48 * hour, max: 48 * hour }))
    .map(([edge, ms]) => new Date(Date.parse(edge) + ms)),
);
const aPeriod = fc.record({ amount: fc.integer({ min: 1, max: 40 }), unit: fc.constantFrom(...units) });

describe("for every instant and period", () => {
  /** When a row ends, calculated forwards and without the code under test; an end in the repeated hour is in its second pass. */
  const endOf = (start: Date, { amount, unit }: Period) => {
    const end = DateTime.fromJSDate(start, { zone }).plus({ [`${unit}s`]: amount });
    return end.getPossibleOffsets().at(-1)?.toMillis() ?? end.toMillis();
  };

  test("nothing outlives its period", () => {
    fc.assert(
      fc.property(anInstant, aPeriod, fc.integer({ min: -72 * hour, max: 72 * hour }), (now, period, ms) => {
        const cutoff = periodStart(now, period);
        const start = new Date(cutoff.getTime() + ms);
        if (start.getTime() > cutoff.getTime()) expect(endOf(start, period)).toBeGreaterThan(now.getTime());
      }),
      { numRuns: 2_000 },
    );
  });

  test("nothing goes more than an hour early by days, a day and an hour by months", () => {
    fc.assert(
      fc.property(anInstant, aPeriod, fc.integer({ min: 1, max: 72 * hour }), (now, period, ms) => {
        const start = new Date(periodStart(now, period).getTime() - ms);
        const grace = period.unit === "day" ? hour : 25 * hour;
        expect(endOf(start, period) - now.getTime()).toBeLessThanOrEqual(grace);
      }),
      { numRuns: 2_000 },
    );
  });

  test("the cutoff never falls while time goes on", () => {
    fc.assert(
      fc.property(anInstant, aPeriod, fc.integer({ min: 0, max: 72 * hour }), (now, period, ms) => {
        const later = new Date(now.getTime() + ms);
        expect(periodStart(later, period).getTime()).toBeGreaterThanOrEqual(periodStart(now, period).getTime());
      }),
      { numRuns: 2_000 },
    );
  });
});

test("the earliest end wins of the operator's rule, the tenant's and what is hidden", () => {
  const now = at("2026-07-20T12:00:00");
  const rules: Period[] = [
    { amount: 10, unit: "day" },
    { amount: 3, unit: "day" },
  ];
  expect(shown(cutoffOf(rules, undefined, now))).toBe("2026-07-17T12:00:00+02:00");
  expect(shown(cutoffOf(rules, at("2026-07-01T00:00:00"), now))).toBe("2026-07-17T12:00:00+02:00");
  expect(shown(cutoffOf(rules, at("2026-07-18T00:00:00"), now))).toBe("2026-07-18T00:00:00+02:00");
});
