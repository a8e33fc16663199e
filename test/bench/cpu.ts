import { readdirSync, readFileSync } from "node:fs";

/** The kernel counts processor time in these (USER_HZ, 100 a second on every Linux that Node runs on). */
const TICKS_PER_SECOND = 100;

interface Usage {
  readonly parent: number;
  /** Own ticks, and those of children that ended and were waited for. */
  readonly ticks: number;
}

function usage(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in brackets may hold spaces; what is counted begins behind it with field 3 (proc(5)).
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
    return { parent: fields[1] ?? 0, ticks: utime + stime + cutime + cstime };
  } catch {
    return undefined; // it ended meanwhile
  }
}

/**
 * Seconds of processor time that a process and its children have used since they started. Linux only; 0 for a process
 * that is gone.
 */
export function cpuSeconds(pid: number): number {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => usage(Number(name)))
    .filter((each) => each?.parent === pid);
  const all = [usage(pid), ...children];
  return all.reduce((sum, each) => sum + (each?.ticks ?? 0), 0) / TICKS_PER_SECOND;
}

/** Seconds of processor time that the whole machine has spent since it started, on all cores, also on other guests. */
export function machineSeconds(): number {
  const [first = ""] = readFileSync("/proc/stat", "utf8").split("\n", 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = first.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}
