import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { contentRange, noneMatch, parseRange, rangeCounts } from "./core-range.ts";

const unmet = expect.objectContaining({ code: "range-not-satisfiable" });

describe("ranges of a file of 100 bytes", () => {
  test.each([
    ["bytes=0-0", { start: 0, length: 1 }],
    ["bytes=0-99", { start: 0, length: 100 }],
    ["bytes=10-19", { start: 10, length: 10 }],
    ["bytes=90-", { start: 90, length: 10 }],
    ["bytes=90-1000", { start: 90, length: 10 }],
    ["bytes=-5", { start: 95, length: 5 }],
    ["bytes=-1000", { start: 0, length: 100 }],
    ["Bytes= 1-2 ", { start: 1, length: 2 }],
    ["bytes=0-99999999999999999999999", { start: 0, length: 100 }],
    // To be ignored: the whole file.
    [undefined, undefined],
    ["", undefined],
    ["bytes", undefined],
    ["bytes=", undefined],
    ["bytes=-", undefined],
    ["bytes=20-10", undefined],
    ["bytes=a-b", undefined],
    ["bytes=1.5-2", undefined],
    ["bytes=0-1,5-6", undefined],
    ["lines=0-1", undefined],
  ])("%j gives %j", (header, range) => expect(parseRange(header, 100)).toEqual(range));

  test.each(["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"])(
    "%j lies outside",
    (header) => {
      expect(() => parseRange(header, 100)).toThrow(unmet);
    },
  );
});

test("an empty file has no first byte, and its end is the whole of it", () => {
  expect(() => parseRange("bytes=0-", 0)).toThrow(unmet);
  expect(parseRange("bytes=-5", 0)).toBeUndefined();
});

test("a satisfiable range gives the bytes that slicing gives", () => {
  const header = fc.record({ first: fc.option(fc.nat(30)), last: fc.option(fc.nat(30)), size: fc.nat(25) });
  fc.assert(
    fc.property(header, ({ first, last, size }) => {
      const bytes = Array.from({ length: size }, (_, index) => index);
      let range: ReturnType<typeof parseRange>;
      try {
        range = parseRange(`bytes=${first ?? ""}-${last ?? ""}`, size);
      } catch (error) {
        expect(error).toEqual(unmet);
        expect(first === null ? last : (first ?? 0) >= size).toBe(first === null ? 0 : true);
        return;
      }
      if (!range) return;
      const wanted =
        first === null ? bytes.slice(-(last ?? 0)) : bytes.slice(first, last === null ? undefined : last + 1);
      expect(bytes.slice(range.start, range.start + range.length)).toEqual(wanted);
      expect(range.length).toBeGreaterThan(0);
      expect(contentRange(range, size)).toBe(`bytes ${wanted.at(0)}-${wanted.at(-1)}/${size}`);
    }),
    { numRuns: 500 },
  );
});

describe("conditions", () => {
  const etag = '"abc"';
  test.each([
    [undefined, false],
    ["*", true],
    ['"abc"', true],
    ['W/"abc"', true],
    ['"x", "abc"', true],
    ['"x"', false],
    ["abc", false],
  ])("If-None-Match %j: %s", (header, matches) => expect(noneMatch(header, etag)).toBe(matches));
  test.each([
    [undefined, true],
    ['"abc"', true],
    ['W/"abc"', false],
    ['"x"', false],
    ["Sat, 01 Aug 2026 10:00:00 GMT", false],
  ])("If-Range %j: %s", (header, counts) => expect(rangeCounts(header, etag)).toBe(counts));
});
