import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { repository } from "../../../cli/stack/home.ts";
import { type Answer, type Command, reply } from "./protocol.ts";

/** The process in which the occupants live, as the benchmark sees it. */
export interface LoadProcess {
  readonly pid: number;
  /** Carries out one command at a time. Rejects with what went wrong, also when the process ends. */
  ask(command: Command): Promise<Answer>;
  /** Ends the process. */
  stop(): void;
}

/** Starts the load process. */
export function startLoad(): LoadProcess {
  const child = fork(fileURLToPath(new URL("load.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    // Also when whoever starts it is not run by tsx itself.
    execArgv: ["--import", `${repository}node_modules/tsx/dist/loader.mjs`],
  });
  if (child.pid === undefined) throw new Error("the load process did not start");
  let ended = false;
  child.once("exit", () => {
    ended = true;
  });
  return {
    pid: child.pid,
    ask: (command) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(new Error("the load process has ended"));
        const onExit = () => reject(new Error("the load process ended"));
        child.once("exit", onExit);
        child.once("message", (data) => {
          child.off("exit", onExit);
          const answer = reply.parse(data);
          if (answer.ok) resolve(answer);
          else reject(new Error(answer.error));
        });
        child.send(command);
      }),
    stop: () => void (ended || child.kill()),
  };
}
