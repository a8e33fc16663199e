import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Partition, partitionsToDrop, remainders } from "./core-plan.ts";

const day = (number: number, hours = 0) => new Date(Date.UTC(2026, 0, number, hours));
const partition = (number: number, state: Partition["state"] = "attached"): Partition => ({
  name: `log_p202601${String(number).padStart(2, "0")}`,
  from: day(number),
  to: day(number + 1),
  state,
});
const names = (partitions: readonly Partition[]) => partitions.map(({ name }) => name);

describe("whole partitions", () => {
  const days = [partition(3), partition(1), partition(2)];
  test.each<[string, Date[], string[]]>([
    ["none without a tenant", [], []],
    ["none that a cutoff cuts", [day(1, 23)], []],
    ["up to the cutoff, oldest first", [day(3)], ["log_p20260101", "log_p20260102"]],
    ["only what is over for every tenant", [day(4), day(2, 12)], ["log_p20260101"]],
  ])("%s", (_name, cutoffs, dropped) => {
    expect(names(partitionsToDrop(days, cutoffs))).toEqual(dropped);
  });

  test("what a killed run left goes too, but not before its time", () => {
    const left = [partition(1, "detached"), partition(2, "leaving"), partition(9, "detached")];
    expect(names(partitionsToDrop(left, [day(5)]))).toEqual(["log_p20260101", "log_p20260102"]);
  });
});

test("row by row goes what is not dropped, up to the cutoff", () => {
  const days = [partition(1), partition(2), partition(3), partition(4), partition(5, "detached")];
  expect(remainders(days, days.slice(0, 1), day(3, 6))).toEqual([
    { segment: "log_p20260102", from: day(2), to: day(3) },
    { segment: "log_p20260103", from: day(3), to: day(3, 6) },
  ]);
});

test("for every set of cutoffs each expired instant of each tenant goes exactly once, no other goes", () => {
  const days = Array.from({ length: 12 }, (_, index) => partition(index + 1));
  const anHour = fc.integer({ min: 0, max: 12 * 24 - 1 });
  fc.assert(
    fc.property(fc.array(anHour, { minLength: 1, maxLength: 5 }), anHour, (hours, probe) => {
      const cutoffs = hours.map((hour) => day(1, hour));
      const dropped = partitionsToDrop(days, cutoffs);
      const when = day(1, probe);
      for (const cutoff of cutoffs) {
        const whole = dropped.filter(({ from, to }) => from <= when && when < to).length;
        const rows = remainders(days, dropped, cutoff).filter(({ from, to }) => from <= when && when < to).length;
        expect(whole + rows).toBe(when < cutoff ? 1 : 0);
      }
    }),
  );
});
