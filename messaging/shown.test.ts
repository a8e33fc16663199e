import { expect, test } from "@jest/globals";
import { shownEvents } from "./shown.ts";

test("of many the first are the whole, and the others come after them, each once", () => {
  const people = Array.from({ length: 450 }, (_, n) => ({ nick: `N${n}`, occupantId: `id${n}` }));
  const [whole, ...after] = shownEvents(people);
  expect(whole).toEqual({ event: "occupants", data: { occupants: people.slice(0, 200) } });
  const there = people.slice(200).map((each) => ({ ...each, there: true }));
  expect(after).toEqual([
    { event: "presence", data: { changes: there.slice(0, 200) } },
    { event: "presence", data: { changes: there.slice(200) } },
  ]);
});

test("of nobody it says so", () => {
  expect(shownEvents([])).toEqual([{ event: "occupants", data: { occupants: [] } }]);
});
