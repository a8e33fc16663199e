import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { median, percentile } from "./statistics.ts";

const values = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 });

describe("statistics", () => {
  test.each([
    [[3], 3],
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
  ])("median of %j is %d", (given, expected) => expect(median(given)).toBe(expected));

  test("percentiles by the nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0, 0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([1, 50, 99, 100]);
  });

  test("without values there is none", () => {
    expect(() => median([])).toThrow(RangeError);
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });

  test("a percentile is one of the values, and enough of them do not exceed it", () =>
    fc.assert(
      fc.property(values, fc.double({ noNaN: true, min: 0, max: 1 }), (given, share) => {
        const found = percentile(given, share);
        expect(given).toContain(found);
        expect(given.filter((value) => value <= found).length).toBeGreaterThanOrEqual(share * given.length);
      }),
    ));
});
