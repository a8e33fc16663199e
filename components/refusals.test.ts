import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import type { Log } from "../platform/log.ts";
import { oversizedStanzas } from "./refusals.ts";

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

function world() {
  const lines: unknown[] = [];
  const keep = (_message: string, fields?: object) => {
    lines.push(fields);
  };
  const log: Log = { error: keep, warn: keep, info: keep, debug: keep, with: () => log };
  const taken = () => lines.splice(0);
  return { refusals: oversizedStanzas("rooms.amt.example", log), taken };
}

const line = (from: string, count: number) => ({ domain: "rooms.amt.example", from, count });

test("a flood of one client is two lines in a minute, with its number", () => {
  const { refusals, taken } = world();
  for (let n = 0; n < 5_000; n += 1) refusals.note("eva@amt.example/phone");
  expect(taken()).toEqual([line("amt.example", 1)]);
  jest.advanceTimersByTime(60_000);
  expect(taken()).toEqual([line("amt.example", 4_999)]);
  refusals.note("fox@amt.example/x");
  expect(taken()).toEqual([]);
  jest.advanceTimersByTime(60_000);
  expect(taken()).toEqual([line("amt.example", 1)]);
  // A minute of silence, and the next one is news again.
  jest.advanceTimersByTime(60_000);
  refusals.note("amt.example");
  expect(taken()).toEqual([line("amt.example", 1)]);
});

test("domains are told apart, a hundred of them; what has no sender counts as others", () => {
  const { refusals, taken } = world();
  for (let n = 0; n < 250; n += 1) refusals.note(`eva@d${n}.example`);
  refusals.note(undefined);
  expect(taken()).toHaveLength(101);
  jest.advanceTimersByTime(60_000);
  expect(taken()).toEqual([line("others", 150)]);
});

test("the end tells what was gathered, and leaves nothing behind", () => {
  const { refusals, taken } = world();
  for (let n = 0; n < 3; n += 1) refusals.note("eva@amt.example");
  refusals.close();
  expect(taken()).toEqual([line("amt.example", 1), line("amt.example", 2)]);
  expect(jest.getTimerCount()).toBe(0);
});
