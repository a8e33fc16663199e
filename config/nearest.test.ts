import { expect, it } from "@jest/globals";
import { nearest } from "./nearest.ts";

it.each([
  ["databse", "database"],
  ["dtabaase", "database"],
  ["LOG", "log"],
  ["componentprot", "componentPort"],
  ["kitchen", undefined],
])("%s means %s", (word, name) => {
  expect(nearest(word, ["database", "redis", "log", "componentPort"])).toBe(name);
});
