import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { splitUtf8 } from "./core-split.ts";

test.each([
  ["", 10, []],
  ["kurz", 10, ["kurz"]],
  ["genau zehn", 10, ["genau zehn"]],
  ["eins zwei drei", 10, ["eins zwei ", "drei"]],
  ["a ohneleerzeichen", 8, ["a ohnele", "erzeiche", "n"]],
  ["äääää", 4, ["ää", "ää", "ä"]],
  ["a\u0308b", 4, ["a\u0308b"]],
  ["👩‍👩‍👧x", 18, ["👩‍👩‍👧", "x"]],
  ["👩‍👩‍👧x", 8, ["👩\u200d", "👩\u200d", "👧x"]],
])("%j in pieces of %i bytes", (text, maxBytes, pieces) => {
  expect(splitUtf8(text, maxBytes)).toEqual(pieces);
});

const text = fc
  .array(fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom(" ", "🏳️‍🌈", "ß", "\u0301")))
  .map((all) => all.join(""));

test("pieces are short enough, whole in their code points, not empty, and joined the text again", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 4, max: 60 }), (whole, maxBytes) => {
      const pieces = splitUtf8(whole, maxBytes);
      expect(pieces.join("")).toBe(whole);
      for (const piece of pieces) {
        expect(piece).not.toBe("");
        expect(Buffer.byteLength(piece)).toBeLessThanOrEqual(maxBytes);
        expect(piece).not.toMatch(/\p{Surrogate}/u);
      }
    }),
  );
});
