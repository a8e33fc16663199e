import { readFileSync } from "node:fs";

/** Bytes of a process that lie in memory (proc(5), VmRSS). Linux only; 0 for a process that is gone. */
export function residentBytes(pid: number): number {
  try {
    const [, kilobytes = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) * 1_024;
  } catch {
    return 0;
  }
}
