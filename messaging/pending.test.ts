import { expect, test } from "@jest/globals";
import { pending } from "./pending.ts";

test("waits for what is under way, however it ends, and not for what comes after", async () => {
  const work = pending();
  const order: string[] = [];
  let good = (): void => undefined;
  let bad = (): void => undefined;
  const first = work.track(
    new Promise<void>((resolve) => {
      good = resolve;
    }),
  );
  const second = work.track(
    new Promise<void>((_resolve, reject) => {
      bad = () => reject(new Error("no"));
    }),
  );
  const idle = work.idle().then(() => order.push("idle"));
  work.track(new Promise<void>(() => undefined));
  second.catch(() => order.push("failed"));
  void first.then(() => order.push("done"));
  bad();
  await second.catch(() => undefined);
  expect(order).toEqual(["failed"]);
  good();
  await idle;
  expect(order).toEqual(["failed", "done", "idle"]);
});
