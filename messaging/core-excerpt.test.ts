import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { excerpt, HIT_END, HIT_START, hitsIn } from "./core-excerpt.ts";

const plain = (parts: ReturnType<typeof excerpt>) => parts.map(({ text }) => text).join("");

test.each([
  ["Der Bericht", ["bericht"], ["Der ", "*Bericht"]],
  ["a.b a+b", ["a.b"], ["*a.b", " a+b"]],
  ["ÄRGER", ["ärger"], ["*ÄRGER"]],
  ["Haushalt und Haus", ["haus"], ["Haushalt und ", "*Haus"]],
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
    fc.property(fc.string({ maxLength: 60 }), fc.array(fc.string({ minLength: 1, maxLength: 20 })), (text, words) => {
      expect(plain(excerpt(text, words))).toBe(text);
    }),
  );
});

test("the marked words are taken out once each", () => {
  const marked = (word: string) => `${HIT_START}${word}${HIT_END}`;
  expect(hitsIn(`Die ${marked("Sitzungen")} und ${marked("Sitzung")}, ${marked("Sitzung")}`)).toEqual([
    "Sitzungen",
    "Sitzung",
  ]);
  expect(hitsIn(`${marked("zu")} ${marked("U")}-${marked("Bahn")}`)).toEqual(["U-Bahn", "zu"]);
  expect(hitsIn("nichts")).toEqual([]);
});
