import { expect, it } from "@jest/globals";
import { z } from "zod";
import { cursor, pageOf } from "./http-cursor.ts";

const place = cursor(z.strictObject({ at: z.iso.datetime(), id: z.uuid() }));
const here = { at: "2026-07-20T10:00:00Z", id: "019b0000-0000-7000-8000-00000000000a" };
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

it("comes back as what was written, in letters that need no escape", () => {
  const text = place.write(here);
  expect(text).toMatch(/^[\w-]+$/);
  expect(place.schema.parse(text)).toEqual(here);
});

it.each([
  ["nothing", ""],
  ["no base64url", "a b+/="],
  ["no JSON", "AAAA"],
  ["a place of another list", encoded({ name: "a" })],
  ["a member too many", encoded({ ...here, tenant: "other" })],
  ["a value of another type", encoded({ ...here, id: 7 })],
  ["too long a text", encoded({ ...here, at: "x".repeat(1_000) })],
])("%s is refused", (_name, text) => {
  expect(place.schema.safeParse(text).success).toBe(false);
});

it.each([
  { rows: [], items: [], next: null },
  { rows: [1], items: ["1"], next: null },
  { rows: [1, 2], items: ["1", "2"], next: null },
  { rows: [1, 2, 3], items: ["1", "2"], next: "after 2" },
])("a page of two from rows $rows", ({ rows, items, next }) => {
  expect(pageOf(rows, 2, String, (last) => `after ${last}`)).toEqual({ items, next });
});
