import { expect, test } from "@jest/globals";
import { createTurns } from "./turns.ts";

test("of one key so many run at once, others wait in order, too many are refused; keys don't wait for each other", async () => {
  const turns = createTurns({ running: 2, waiting: 2 });
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (key: string, name: string) =>
    turns.take(key, async () => {
      started.push(name);
      await new Promise<void>((end) => ends.set(name, end));
      return name;
    });
  const given = [start("a", "1"), start("a", "2"), start("a", "3"), start("a", "4")];
  await expect(start("a", "5")).rejects.toMatchObject({ code: "too-many" });
  const other = start("b", "6");
  expect(started).toEqual(["1", "2", "6"]);
  ends.get("2")?.();
  await given[1];
  expect(started).toEqual(["1", "2", "6", "3"]);
  ends.get("1")?.();
  await given[0];
  for (const end of ends.values()) end();
  await other;
  expect(await Promise.all(given)).toEqual(["1", "2", "3", "4"]);
});

test("work that fails gives its place away too", async () => {
  const turns = createTurns({ running: 1, waiting: 1 });
  const failing = turns.take("a", () => Promise.reject(new Error("no")));
  const next = turns.take("a", async () => "yes");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
});
