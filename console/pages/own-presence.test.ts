import { describe, expect, it } from "@jest/globals";
import { choiceOf, dayOf, endOfDay, lastDayOf, narrowed } from "./own-presence.ts";

describe("the last day of an absence", () => {
  it.each(["2026-12-31", "2027-02-28", "2028-02-29", "2026-03-29", "2026-10-25"])(
    "%s ends at the midnight after it, and is read back as it was entered",
    (day) => {
      const end = endOfDay(day);
      expect([end?.getHours(), end?.getMinutes()]).toEqual([0, 0]);
      expect(lastDayOf(end?.toISOString() ?? "")).toBe(day);
    },
  );

  it("of one that ends within a day is that day", () => {
    const noon = new Date(2026, 11, 24, 12);
    expect(lastDayOf(noon.toISOString())).toBe("2026-12-24");
    expect(dayOf(noon)).toBe("2026-12-24");
  });

  it.each(["", "morgen", "2026-1-1", "20260-01-01"])("%j is no day", (day) => {
    expect(endOfDay(day)).toBeUndefined();
  });
});

it("who may see one: the choice that is shown, and whether the tenant hides more", () => {
  expect(([null, "everyone", "contacts", "nobody"] as const).map(choiceOf)).toEqual([
    "tenant",
    "tenant",
    "contacts",
    "nobody",
  ]);
  expect(narrowed({ audience: null, effective: "groups" })).toBe(false);
  expect(narrowed({ audience: "contacts", effective: "contacts" })).toBe(false);
  expect(narrowed({ audience: "contacts", effective: "groups" })).toBe(true);
  expect(narrowed({ audience: "nobody", effective: "nobody" })).toBe(false);
});
