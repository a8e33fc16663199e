import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { excerpt, wordsOf } from "./core-excerpt.ts";

const plain = (parts: ReturnType<typeof excerpt>) => parts.map(({ text }) => text).join("");

test.each([
  ["Der Bericht", ["bericht"], ["Der ", "*Bericht"]],
  ["a.b a+b", ["a.b"], ["*a.b", " a+b"]],
  ["ÄRGER", ["ärger"], ["*ÄRGER"]],
  ["nichts", [], ["nichts"]],
])("%s, looked for %j", (text, words, expected) => {
  expect(excerpt(text, words).map(({ text, hit }) => (hit ? `*${text}` : text))).toEqual(expected);
});

test("a long text is cut around its first hit", () => {
  const parts = excerpt(`${"x ".repeat(500)}Nadel${" y".repeat(500)}`, ["nadel"]);
  expect(parts.filter(({ hit }) => hit)).toEqual([{ text: "Nadel", hit: true }]);
  expect(parts[0]?.text).toBe("…");
  expect(plain(parts).length).toBeLessThan(310);
});

test("whatever is looked for, a short text stays whole", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.string({ maxLength: 20 }), (text, search) => {
      expect(plain(excerpt(text, wordsOf(search)))).toBe(text);
    }),
  );
});
