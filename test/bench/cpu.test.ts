import { describe, expect, test } from "@jest/globals";
import { cpuSeconds, machineSeconds } from "./cpu.ts";

describe("processor time", () => {
  test("grows with work, and agrees with what the process says of itself", () => {
    const before = process.cpuUsage();
    const measured = cpuSeconds(process.pid);
    const worked = () => {
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1e6;
    };
    for (let sum = 0; worked() < 0.2; sum += 1) Math.sqrt(sum);
    expect(cpuSeconds(process.pid) - measured).toBeGreaterThanOrEqual(0.15);
  });

  test("of the machine grows at least as much as that of one process", () => {
    const [machine, own] = [machineSeconds(), cpuSeconds(process.pid)];
    for (let sum = 0; cpuSeconds(process.pid) - own < 0.1; sum += 1) Math.sqrt(sum);
    expect(machineSeconds() - machine).toBeGreaterThanOrEqual(0.05);
  });

  test("a process that is not there has used none", () => expect(cpuSeconds(2 ** 30)).toBe(0));
});
