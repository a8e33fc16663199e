import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Home } from "./home.ts";
import type { Part } from "./part.ts";
import { commandLine, startTime, stopProcess } from "./processes.ts";
import { writePrivate } from "./secrets.ts";

const entry = z.object({
  name: z.string(),
  pid: z.int(),
  /** Kernel ticks since boot; a pid alone may be another process by now. */
  startTime: z.string(),
  command: z.string(),
  port: z.int(),
  stopSignal: z.enum(["SIGTERM", "SIGINT"]),
});
const runFile = z.object({ supervisor: z.object({ pid: z.int(), startTime: z.string() }), parts: z.array(entry) });

const pathOf = (home: Home): string => join(home.folder, "run.json");

/** Writes which processes belong to this home; at once, as a crash may come right after a start. */
export function writeRunFile(home: Home, parts: readonly Part[]): void {
  writePrivate(pathOf(home), {
    supervisor: { pid: process.pid, startTime: startTime(process.pid) ?? "" },
    parts: parts.flatMap(({ pid, startTime: started, spec }) =>
      pid && started
        ? [
            {
              name: spec.name,
              pid,
              startTime: started,
              command: spec.command,
              port: spec.port,
              stopSignal: spec.stopSignal,
            },
          ]
        : [],
    ),
  });
}

export function removeRunFile(home: Home): void {
  rmSync(pathOf(home), { force: true });
}

/** Stops what a supervisor of this home left running when it was killed: last started first. */
export async function stopOrphans(home: Home, report: (line: string) => void): Promise<void> {
  if (!existsSync(pathOf(home))) return;
  const read = runFile.safeParse(JSON.parse(readFileSync(pathOf(home), "utf8")));
  const parts = read.success ? read.data.parts.reverse() : [];
  const left = parts.filter(({ pid, startTime: started }) => startTime(pid) === started);
  for (const { name, pid, startTime: started, stopSignal } of left) {
    report(`stopping ${name} (pid ${pid}: ${(commandLine(pid) ?? "").slice(0, 60)}), left by a start that was killed`);
    await stopProcess(pid, started, stopSignal, 10);
  }
  removeRunFile(home);
}
