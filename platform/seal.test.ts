import { expect, test } from "@jest/globals";
import { seal, unseal } from "./seal.ts";

const master = "0123456789abcdef0123456789abcdef";
const key = { master, purpose: "account-task" } as const;

test("what is sealed opens in its own place and for its own purpose only", () => {
  const sealed = seal(key, "amt/task-1", "wölke tisch ampel");
  expect(sealed).not.toContain("ampel");
  expect(unseal(key, "amt/task-1", sealed)).toBe("wölke tisch ampel");
  expect(() => unseal(key, "amt/task-2", sealed)).toThrow();
  expect(() => unseal(key, "schule/task-1", sealed)).toThrow();
  expect(() => unseal({ ...key, purpose: "sign-in-provider" }, "amt/task-1", sealed)).toThrow();
  expect(() => unseal({ ...key, master: `${master}x` }, "amt/task-1", sealed)).toThrow();
});

test("the same text is sealed differently each time, and a changed one does not open", () => {
  const [one, two] = [1, 2].map(() => seal(key, "amt/task-1", "wolke tisch ampel"));
  expect(one).not.toBe(two);
  const broken = Buffer.from(one ?? "", "base64url");
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
  expect(() => unseal(key, "amt/task-1", broken.toString("base64url"))).toThrow();
});
