/** The load processes of the benchmark of groups, as it sees them. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { repository } from "../../../cli/stack/home.ts";
import { type WatcherAnswer, type WatcherCommand, watcherAnswer } from "./protocol.ts";

/** Has one command at a time carried out; rejects with what went wrong. */
export type Asking = (command: WatcherCommand) => Promise<WatcherAnswer & { ok: true }>;

/** Starts a process; it is among `children` from then on, and ends with this one. */
export function startWatchers(children: ChildProcess[]): Asking {
  const child = fork(fileURLToPath(new URL("watchers.ts", import.meta.url)), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: ["--import", `${repository}node_modules/tsx/dist/loader.mjs`],
  });
  children.push(child);
  const ended = once(child, "exit").then(() => {
    throw new Error("a load process ended");
  });
  ended.catch(() => undefined);
  return async (command) => {
    const answered = once(child, "message");
    child.send(command);
    const [data] = await Promise.race([answered, ended]);
    const answer = watcherAnswer.parse(data);
    if (!answer.ok) throw new Error(answer.error);
    return answer;
  };
}
