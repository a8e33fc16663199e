import { afterEach, beforeEach, expect, it, jest } from "@jest/globals";
import { silentLog } from "../test/support/real.ts";
import { createLogTidier, type LogTidier } from "./log-tidier.ts";

const now = Date.UTC(2026, 6, 20, 10);
let ends: (() => void)[];
let days: string[];
let tidier: LogTidier;
beforeEach(() => {
  jest.useFakeTimers();
  ends = [];
  days = [];
  const tidy = (day: Date) => {
    days.push(day.toISOString());
    return new Promise<void>((resolve, reject) =>
      ends.push(days.length === 2 ? () => reject(new Error("away")) : resolve),
    );
  };
  tidier = createLogTidier({ tidy, clock: () => now, log: silentLog });
});
afterEach(async () => {
  for (const end of ends) end();
  await tidier.stop();
  jest.useRealTimers();
});
const end = async () => {
  ends.shift()?.();
  await jest.advanceTimersByTimeAsync(0);
};

it("sorts in once for all that was committed within half a second, and never twice at a time", async () => {
  for (let n = 0; n < 10; n += 1) tidier.note();
  expect(days).toEqual([]);
  await jest.advanceTimersByTimeAsync(500);
  expect(days).toEqual(["2026-07-20T10:00:00.000Z"]);
  tidier.note();
  await jest.advanceTimersByTimeAsync(5_000);
  expect(days).toHaveLength(1);
  await end();
  await jest.advanceTimersByTimeAsync(500);
  expect(days).toHaveLength(2);
  await end();
  // A failure harms nobody: the next message tries again.
  await jest.advanceTimersByTimeAsync(5_000);
  expect(days).toHaveLength(2);
  tidier.note();
  await jest.advanceTimersByTimeAsync(500);
  expect(days).toHaveLength(3);
});

it("stops when what it is at is done", async () => {
  tidier.note();
  await jest.advanceTimersByTimeAsync(500);
  tidier.note();
  let stopped = false;
  void tidier.stop().then(() => {
    stopped = true;
  });
  await jest.advanceTimersByTimeAsync(5_000);
  expect(stopped).toBe(false);
  await end();
  expect(stopped).toBe(true);
  await jest.advanceTimersByTimeAsync(5_000);
  expect(days).toHaveLength(1);
});
