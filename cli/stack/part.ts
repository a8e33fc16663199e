import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, StackError } from "./error.ts";
import { signal, startTime, stopProcess } from "./processes.ts";
import type { RotatingLog } from "./rotating-log.ts";

/** One server or process of the service: how to run it and how to see that it is ready. */
export interface PartSpec {
  readonly name: string;
  readonly port: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  readonly stopSignal: NodeJS.Signals;
  readonly stopSeconds: number;
  /** Prepares what a start after a crash may need. */
  readonly prepare?: () => void;
  /** One look at whether it serves: resolves when it does, rejects or gives false when not yet. */
  readonly ready: () => Promise<boolean>;
}

export type PartState = "starting" | "up" | "restarting" | "stopped";

const READY_SECONDS = 60;
const STEADY_MS = 20_000;

/** Keeps one part running: starts it, waits until it serves, starts it again with backoff when it ends by itself. */
export class Part {
  readonly spec: PartSpec;
  state: PartState = "stopped";
  pid: number | undefined;
  startTime: string | undefined;
  restarts = 0;
  since = new Date();
  readonly #log: RotatingLog;
  readonly #report: (line: string) => void;
  readonly #changed: () => void;
  readonly #waiting = new Set<() => void>();
  #stopping = new AbortController();
  #delay = 200;
  #exit: Promise<void> = Promise.resolve();

  constructor(spec: PartSpec, log: RotatingLog, report: (line: string) => void, changed: () => void) {
    this.spec = spec;
    this.#log = log;
    this.#report = report;
    this.#changed = changed;
  }

  /** Starts and waits until it serves. Throws StackError with its last words when it ends first or takes too long. */
  async start(): Promise<void> {
    this.#stopping = new AbortController();
    const { ended } = this.#spawn("starting");
    await this.#untilReady(ended);
    this.#supervise(ended).catch((error: unknown) => this.#report(`${this.spec.name}: ${messageOf(error)}`));
  }

  /** Resolves as soon as it serves (at once when it does). */
  whenUp(): Promise<void> {
    if (this.state === "up") return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  /** Sends a signal; for one that ends it, resolves when it has ended, so that whenUp() then means the next run. */
  async kill(name: NodeJS.Signals): Promise<void> {
    if (!this.pid) throw new StackError(`${this.spec.name} is not running`);
    const exit = this.#exit;
    signal(this.pid, name);
    if (!["SIGSTOP", "SIGCONT", "SIGHUP", "SIGUSR1", "SIGUSR2"].includes(name)) await exit;
  }

  /** Stops it for good: its own stop signal first, after its time by force. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const { pid, startTime: started, spec } = this;
    if (pid && started) await stopProcess(pid, started, spec.stopSignal, spec.stopSeconds);
    await this.#exit;
    this.#become("stopped");
    this.#log.close();
  }

  #become(state: PartState): void {
    this.state = state;
    this.since = new Date();
    this.#changed();
    if (state !== "up") return;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #spawn(state: PartState): { ended: Promise<string> } {
    const { command, args, cwd, env, uid, gid, prepare } = this.spec;
    prepare?.();
    const ids = uid === undefined ? {} : { uid, gid };
    // A session of its own: Ctrl-C at the terminal must reach the supervisor alone, which then stops all in order.
    const child = spawn(command, args, { cwd, env, ...ids, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.pid = child.pid;
    this.startTime = child.pid ? startTime(child.pid) : undefined;
    this.#become(state);
    const ended = this.#watch(child);
    this.#exit = ended.then(() => undefined);
    return { ended };
  }

  #watch(child: ChildProcess): Promise<string> {
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => this.#log.write(chunk));
    return new Promise((resolve) => {
      const over = (how: string): void => {
        // What it left behind in its process group would keep ports and files.
        if (child.pid) signal(-child.pid, "SIGKILL");
        this.pid = undefined;
        this.startTime = undefined;
        if (!this.#stopping.signal.aborted) this.#become("restarting");
        resolve(how);
      };
      child.once("error", (error) => over(error.message));
      child.once("exit", (code, by) => over(by ? `killed by ${by}` : `exit code ${code}`));
    });
  }

  async #untilReady(ended: Promise<string>): Promise<void> {
    let how: string | undefined;
    ended.then((text) => {
      how = text;
    });
    let last = "";
    const deadline = Date.now() + READY_SECONDS * 1000;
    while (how === undefined && Date.now() < deadline && !this.#stopping.signal.aborted) {
      const serves = await this.spec.ready().catch((error: unknown) => {
        last = messageOf(error);
        return false;
      });
      if (serves && how === undefined) return this.#become("up");
      await sleep(40);
    }
    const why = how ? `ended (${how})` : `is not ready on port ${this.spec.port} after ${READY_SECONDS} s (${last})`;
    throw new StackError(
      [`${this.spec.name} ${why}; ${this.#log.path} ends with:`, ...this.#log.lastLines(8)].join("\n  "),
    );
  }

  async #supervise(first: Promise<string>): Promise<void> {
    for (let ended = first; ; ) {
      const how = await ended;
      if (this.#stopping.signal.aborted) return;
      if (Date.now() - this.since.getTime() > STEADY_MS) this.#delay = 200;
      this.#report(`${this.spec.name}: ${how}, starting again in ${this.#delay} ms`);
      await sleep(this.#delay, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      this.#delay = Math.min(this.#delay * 2, 10_000);
      if (this.#stopping.signal.aborted) return;
      this.restarts += 1;
      ended = this.#spawn("restarting").ended;
      try {
        await this.#untilReady(ended);
        this.#report(`${this.spec.name}: up again`);
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        this.#report(messageOf(error));
        // It runs without serving: ended by force, it gets its next turn.
        if (this.pid) await this.kill("SIGKILL");
      }
    }
  }
}
