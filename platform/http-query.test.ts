import { describe, expect, it } from "@jest/globals";
import { sortBy, startingWith } from "./http-query.ts";

describe("sortBy", () => {
  const sort = sortBy(["name", "created-at"]);
  it.each([
    [undefined, { by: "name", descending: false }],
    ["name", { by: "name", descending: false }],
    ["-name", { by: "name", descending: true }],
    ["created-at", { by: "created-at", descending: false }],
    ["-created-at", { by: "created-at", descending: true }],
  ])("%s gives %j", (text, sorting) => {
    expect(sort.parse(text)).toEqual(sorting);
  });

  it.each(["", "-", "--name", "Name", "name,created-at", "password", "name; drop table person"])(
    "refuses '%s'",
    (text) => {
      expect(sort.safeParse(text).success).toBe(false);
    },
  );
});

it.each([
  ["an", false, "an%"],
  ["an", true, "%an%"],
  ["100%", false, "100\\%%"],
  ["a_b", true, "%a\\_b%"],
  ["a\\b", false, "a\\\\b%"],
  ["", false, "%"],
])("like '%s' (anywhere: %s) is %s", (text, anywhere, pattern) => {
  expect(startingWith(text, anywhere)).toBe(pattern);
});
