import { expect, it } from "@jest/globals";
import fc from "fast-check";
import { newMinute } from "./core-minute.ts";

const times = fc.array(fc.nat({ max: 20_000 }), { minLength: 1, maxLength: 200 }).map((steps) => {
  let now = 1_700_000_000_000;
  return steps.map((step) => {
    now += step;
    return now;
  });
});
const limits = fc.integer({ min: 1, max: 12 });

it("never takes more than the limit within any 60 seconds, and takes all that come slower", () => {
  fc.assert(
    fc.property(times, limits, (all, limit) => {
      const minute = newMinute();
      const taken: number[] = [];
      for (const now of all) {
        const lately = taken.filter((at) => at > now - 62_000).length;
        if (minute.take(limit, now) === undefined) taken.push(now);
        else expect(lately).toBeGreaterThanOrEqual(limit);
      }
      for (const at of taken)
        expect(taken.filter((other) => other >= at && other < at + 60_000).length <= limit).toBe(true);
    }),
  );
});

it("says when one is taken again: then and not much before", () => {
  fc.assert(
    fc.property(times, limits, (all, limit) => {
      const minute = newMinute();
      for (const now of all) {
        const wait = minute.take(limit, now);
        if (wait === undefined) continue;
        expect(wait).toBeLessThanOrEqual(61);
        // What is refused takes nothing: asking a second too early changes nothing.
        if (wait > 1) expect(minute.take(limit, now + (wait - 1) * 1_000 - 1)).toBeDefined();
        expect(minute.take(limit, now + wait * 1_000)).toBeUndefined();
        return;
      }
    }),
  );
});

it("counts what it took, follows a limit that changes, and stands still when the clock goes back", () => {
  const minute = newMinute();
  const now = 1_700_000_000_500;
  for (let n = 0; n < 3; n += 1) expect(minute.take(3, now)).toBeUndefined();
  expect(minute.take(3, now)).toBe(61);
  expect(minute.take(4, now)).toBeUndefined();
  expect(minute.take(3, now - 3_600_000)).toBeGreaterThan(0);
  expect(minute.used(now - 3_600_000)).toBe(4);
  expect(minute.used(now + 60_000)).toBe(4);
  expect(minute.used(now + 61_000)).toBe(0);
  expect(minute.take(0, now + 200_000)).toBe(60);
});

it("forgets everything after a long silence", () => {
  const minute = newMinute();
  for (let n = 0; n < 50; n += 1) minute.take(50, 1_000 * n);
  expect(minute.used(10 ** 9)).toBe(0);
  expect(minute.take(1, 10 ** 9)).toBeUndefined();
});
