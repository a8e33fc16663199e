import { expect, test } from "@jest/globals";
import { residentBytes } from "./memory.ts";

test("memory of a process grows with what it holds", () => {
  const before = residentBytes(process.pid);
  const held = Buffer.alloc(64 * 1_048_576, 1);
  expect(residentBytes(process.pid) - before).toBeGreaterThan(held.length / 2);
});

test("a process that is not there has none", () => expect(residentBytes(2 ** 30)).toBe(0));
