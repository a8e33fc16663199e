import { expect, test } from "@jest/globals";
import { openPassword, sealPassword } from "./account-seal.ts";

const master = "0123456789abcdef0123456789abcdef";

test("a sealed password opens for its own task only", () => {
  const sealed = sealPassword(master, "amt", "task-1", "wölke tisch ampel");
  expect(sealed).not.toContain("ampel");
  expect(openPassword(master, "amt", "task-1", sealed)).toBe("wölke tisch ampel");
  expect(() => openPassword(master, "amt", "task-2", sealed)).toThrow();
  expect(() => openPassword(master, "schule", "task-1", sealed)).toThrow();
  expect(() => openPassword(`${master}x`, "amt", "task-1", sealed)).toThrow();
});

test("the same password is sealed differently each time, and a changed one does not open", () => {
  const [one, two] = [1, 2].map(() => sealPassword(master, "amt", "task-1", "wolke tisch ampel"));
  expect(one).not.toBe(two);
  const broken = Buffer.from(one ?? "", "base64url");
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
  expect(() => openPassword(master, "amt", "task-1", broken.toString("base64url"))).toThrow();
});
