import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // the process ended while it was looked at, or this is no Linux
  }
}

/** When a process started, in kernel ticks since boot: with the pid it names a process for good. Undefined once gone. */
export function startTime(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The name in brackets may hold spaces; state is the first field behind it, start time the twentieth.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}

/** The command line of a process, or its name where it has none. */
export function commandLine(pid: number): string | undefined {
  const line = read(`/proc/${pid}/cmdline`)?.replaceAll("\0", " ").trim();
  return line || read(`/proc/${pid}/comm`)?.trim();
}

/** Sends a signal; false when there is no such process. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false; // gone already: what was wanted
  }
}

/** Stops the process that has this pid and start time: first kindly, after `seconds` by force. */
export async function stopProcess(
  pid: number,
  started: string,
  kindly: NodeJS.Signals,
  seconds: number,
): Promise<void> {
  const here = (): boolean => startTime(pid) === started;
  if (!here()) return;
  signal(pid, kindly);
  signal(pid, "SIGCONT"); // a paused process would never see the signal
  for (let waited = 0; waited < seconds * 1000 && here(); waited += 50) await sleep(50);
  if (!here()) return;
  signal(pid, "SIGKILL");
  for (let waited = 0; waited < 5000 && here(); waited += 50) await sleep(50);
}

function listeningInodes(port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) => (read(path) ?? "").split("\n").slice(1));
  const inodes = lines.flatMap((line) => {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    return state === "0A" && local.endsWith(`:${wanted}`) ? [inode] : [];
  });
  return new Set(inodes);
}

/** Which process listens on a TCP port: undefined when none, without pid when it cannot be seen. Linux only. */
export function listener(port: number): { pid?: number; command?: string } | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    if (holds(name, inodes)) return { pid: Number(name), command: commandLine(Number(name)) ?? "?" };
  }
  return {};
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && inodes.has(inode);
    });
  } catch {
    return false; // not ours to look into, or gone
  }
}
