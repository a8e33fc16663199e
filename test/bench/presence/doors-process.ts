import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { repository } from "../../../cli/stack/home.ts";
import { type Order, type Stats, stats } from "./protocol.ts";

/** The process that reads presence, as the benchmark sees it. */
export interface DoorsProcess {
  stats(): Promise<Stats>;
  /** Ends without a word. */
  kill(): Promise<void>;
}

export function startDoors(order: Order): DoorsProcess {
  const child = fork(fileURLToPath(new URL("doors.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    // What lies in memory is counted without garbage.
    execArgv: ["--expose-gc", "--import", `${repository}node_modules/tsx/dist/loader.mjs`],
  });
  child.send(order);
  return {
    stats: async () => {
      const answer = once(child, "message");
      child.send("stats");
      return stats.parse((await answer)[0]);
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
