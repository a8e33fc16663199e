import { expect, it } from "@jest/globals";
import { everyDay } from "./day-usage.ts";

it("days without figures had nobody, over the end of a month and of summer time", () => {
  const days = everyDay({
    from: "2026-10-24",
    to: "2026-11-01",
    days: [
      { day: "2026-10-25", peak: 3, active: 5 },
      { day: "2026-11-01", peak: 1, active: 1 },
    ],
  });
  expect(days).toHaveLength(9);
  expect(days.map(({ peak }) => peak)).toEqual([0, 3, 0, 0, 0, 0, 0, 0, 1]);
  expect([days[0]?.day, days.at(-1)]).toEqual(["2026-10-24", { day: "2026-11-01", peak: 1, active: 1 }]);
});

it("one day is one day", () => {
  expect(everyDay({ from: "2026-02-28", to: "2026-02-28", days: [] })).toEqual([
    { day: "2026-02-28", peak: 0, active: 0 },
  ]);
});
