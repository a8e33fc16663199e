import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { openPace } from "./pace.ts";

const passed: string[] = [];
const pace = () => openPace(Date.now, { burst: 3, everyMs: 500 }, (key) => passed.push(key));

beforeEach(() => {
  jest.useFakeTimers({ now: 0 });
  passed.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

test("a few come through at once, of a flood one each half second, and the last always", () => {
  const { touch } = pace();
  for (let index = 0; index < 1_000; index += 1) touch("anna");
  expect(passed).toHaveLength(3);
  jest.advanceTimersByTime(500);
  expect(passed).toHaveLength(4);
  jest.advanceTimersByTime(60_000);
  expect(passed).toHaveLength(4);
});

test("a flood that goes on for a minute", () => {
  const { touch } = pace();
  for (let ms = 0; ms < 60_000; ms += 10) {
    touch("anna");
    jest.advanceTimersByTime(10);
  }
  expect(passed.length).toBeLessThanOrEqual(3 + 120 + 1);
  expect(passed.length).toBeGreaterThanOrEqual(120);
});

test("others do not wait for one who floods, and he may do as all when he has rested", () => {
  const { touch } = pace();
  for (let index = 0; index < 100; index += 1) touch("anna");
  touch("bert");
  expect(passed).toEqual(["anna", "anna", "anna", "bert"]);
  jest.advanceTimersByTime(10_000);
  passed.length = 0;
  for (let index = 0; index < 3; index += 1) touch("anna");
  expect(passed).toHaveLength(3);
});

test("what waited when all was cleared does not come through", () => {
  const { touch, clear } = pace();
  for (let index = 0; index < 10; index += 1) touch("anna");
  clear();
  jest.advanceTimersByTime(10_000);
  expect(passed).toHaveLength(3);
});

test("many people of whom each does little come through at once", () => {
  const { touch } = pace();
  for (let index = 0; index < 50_000; index += 1) touch(`p${index}`);
  expect(passed).toHaveLength(50_000);
});
