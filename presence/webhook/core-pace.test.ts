import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { afterDelivery, GIVE_UP_MS, noTrouble, type Outcome, readRetryAfter, type Trouble } from "./core-pace.ts";

const taken: Outcome = { status: 204, problem: null, retryAfterMs: null };
const refused = (status: number, retryAfterMs: number | null = null): Outcome => ({
  status,
  problem: "status",
  retryAfterMs,
});
const silent: Outcome = { status: null, problem: "timeout", retryAfterMs: null };
const now = 1_800_000_000_000;

test("what was taken ends all trouble, and the next delivery comes a second later", () => {
  expect(afterDelivery({ failures: 40, since: 1 }, taken, now, 0.5)).toEqual({
    trouble: noTrouble,
    waitMs: 1_000,
    off: null,
  });
});

test("waits double from a second to an hour", () => {
  const waits: number[] = [];
  let trouble: Trouble = noTrouble;
  for (let turn = 0; turn < 15; turn += 1) {
    const next = afterDelivery(trouble, silent, now + turn, 0);
    waits.push(next.waitMs / 1_000);
    trouble = next.trouble;
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 3_600, 3_600, 3_600]);
  expect(trouble).toEqual({ failures: 15, since: now });
});

test.each([
  ["longer than the own wait", 90_000, 90_000],
  ["shorter", 1, 1_000],
  ["for ever", 1e12, 86_400_000],
])("a receiver that asks to be left alone %s", (_how, asked, waitMs) => {
  expect(afterDelivery(noTrouble, refused(429, asked), now, 0.9).waitMs).toBe(waitMs);
});

test("a receiver that is gone is left alone at once", () => {
  expect(afterDelivery(noTrouble, refused(410), now, 0).off).toBe("gone");
});

test("so is one that took nothing for three days, and no other", () => {
  const since = now - GIVE_UP_MS;
  expect(afterDelivery({ failures: 80, since }, refused(500), now, 0).off).toBe("failing");
  expect(afterDelivery({ failures: 80, since }, refused(500), now - 1, 0).off).toBeNull();
  expect(afterDelivery({ failures: 80, since }, taken, now, 0).off).toBeNull();
});

test("a wait lies between a second and a day, whatever happens", () => {
  const outcome = fc.record({
    status: fc.option(fc.integer({ min: 100, max: 599 })),
    problem: fc.constantFrom("status", "timeout", null),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 1e15 })),
  });
  const trouble = fc.record({ failures: fc.nat(), since: fc.option(fc.nat()) });
  fc.assert(
    fc.property(trouble, outcome, fc.double({ min: 0, max: 0.999, noNaN: true }), (before, came, random) => {
      const { waitMs } = afterDelivery(before, came as Outcome, now, random);
      expect(waitMs).toBeGreaterThanOrEqual(1_000);
      expect(waitMs).toBeLessThanOrEqual(86_400_000);
    }),
  );
});

describe("Retry-After", () => {
  test.each([
    ["120", 120_000],
    [" 0 ", 0],
    ["Fri, 15 Jan 2027 08:00:30 GMT", 30_000],
    ["Fri, 15 Jan 2027 07:59:59 GMT", null],
    ["-5", null],
    ["1.5", null],
    ["soon", null],
    ["2027", 2_027_000],
    ["", null],
  ])("%s", (header, ms) => {
    expect(readRetryAfter(header, now)).toBe(ms);
  });
  test("none", () => {
    expect(readRetryAfter(null, now)).toBeNull();
  });
});
