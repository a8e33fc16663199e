import { expect, it } from "@jest/globals";
import { de, en } from "./areas.ts";

/** Each key with what is put into its text. */
function keysOf(texts: object, at = ""): string[] {
  return Object.entries(texts).flatMap(([name, value]) => {
    if (typeof value !== "string") return keysOf(value, `${at}${name}.`);
    expect(value.trim()).not.toBe("");
    return [`${at}${name} ${(value.match(/\{\{\w+\}\}/g) ?? []).sort().join()}`];
  });
}

it("says everything in both languages, with the same values put in", () => {
  expect(keysOf(en)).toEqual(keysOf(de));
  expect(keysOf(de).length).toBeGreaterThan(100);
});
