import type { Server } from "node:net";
import { join } from "node:path";
import { type Status, serveControl, takeLock } from "./control.ts";
import { type Demo, writeDemo } from "./demo-file.ts";
import { AlreadyRuns, StackError } from "./error.ts";
import { type Home, homeOf, makeHome } from "./home.ts";
import { Part, type PartSpec } from "./part.ts";
import { adminSocket } from "./parts/prosody.ts";
import { signal } from "./processes.ts";
import { prosodyShell } from "./prosody-shell.ts";
import { RotatingLog } from "./rotating-log.ts";
import { removeRunFile, writeRunFile } from "./run-file.ts";
import type { ServerName } from "./server-kind.ts";
import type { ServiceUser } from "./service-user.ts";
import { startInOrder } from "./start-order.ts";

export interface StackOptions {
  readonly home?: string | undefined;
  readonly portBase?: string | number | undefined;
  /** False starts the servers only, not our own processes. */
  readonly withKontor?: boolean;
  /** The XMPP server; Prosody when none is named. */
  readonly server?: ServerName;
  /** Takes lines of progress; silent by default. */
  readonly report?: (line: string) => void;
}

/** Starts the whole service in its home and resolves when all parts serve; what was begun is stopped if one does not. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await openStack(options);
  await stack.begin();
  return stack;
}

/** Takes the home and its control socket, but starts nothing yet: begin() does. Throws AlreadyRuns. */
export async function openStack(options: StackOptions = {}): Promise<Stack> {
  const home = homeOf(options);
  makeHome(home);
  const lock = await takeLock(home);
  if (!lock) throw new AlreadyRuns(`${home.folder} is run by another process already`);
  return new Stack(home, options, lock);
}

/** A running service: its parts, addresses and settings. */
export class Stack {
  readonly home: Home;
  /** Resolves when it was stopped, by whomever. */
  readonly stopped: Promise<void>;
  readonly #report: (line: string) => void;
  readonly #withKontor: boolean;
  readonly #server: ServerName;
  readonly #lock: Server;
  readonly #parts: Part[] = [];
  #user: ServiceUser | undefined;
  #env: Readonly<Record<string, string>> = {};
  #demo: Demo | undefined;
  #control: Server | undefined;
  #stopping: Promise<void> | undefined;
  #resolveStopped: () => void = () => undefined;

  constructor(home: Home, options: StackOptions, lock: Server) {
    this.home = home;
    this.#report = options.report ?? (() => undefined);
    this.#withKontor = options.withKontor ?? true;
    this.#server = options.server ?? "prosody";
    this.#lock = lock;
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
  }

  /** Settings for processes and commands that belong to it (KONTOR_*). */
  get env(): Readonly<Record<string, string>> {
    return this.#env;
  }

  /** Addresses and sign-ins. Throws before all parts were up once. */
  get demo(): Demo {
    if (!this.#demo) throw new StackError("the service is not up yet");
    return this.#demo;
  }

  /** Starts all parts and resolves when all serve. When one does not, stops what was begun and throws StackError. */
  async begin(): Promise<void> {
    try {
      this.#control = await serveControl(
        this.home,
        () => this.status(),
        () => this.stop(),
      );
      const started = await startInOrder({
        home: this.home,
        withKontor: this.#withKontor,
        server: this.#server,
        report: this.#report,
        start: (spec) => this.#start(spec),
      });
      this.#user = started.user;
      this.#env = started.env;
      this.#demo = writeDemo(this.home, started.secrets);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #start(spec: PartSpec): Promise<void> {
    if (this.#stopping) throw new StackError("stopped while starting");
    const began = Date.now();
    const log = new RotatingLog(join(this.home.folder, "logs", `${spec.name}.log`));
    const part = new Part(spec, log, this.#report, () => writeRunFile(this.home, this.#parts));
    this.#parts.push(part);
    await part.start();
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    this.#report(`${spec.name.padEnd(10)} up on port ${spec.port} (${seconds} s, pid ${part.pid})`);
  }

  #part(name: string): Part {
    const part = this.#parts.find(({ spec }) => spec.name === name);
    if (!part)
      throw new StackError(`no part ${name}; there are ${this.#parts.map(({ spec }) => spec.name).join(", ")}`);
    return part;
  }

  /** The pid of a part, undefined while it is down. */
  pid(name: string): number | undefined {
    return this.#part(name).pid;
  }

  /** Sends a signal to a part; for a signal that ends it, resolves when it has ended. */
  kill(name: string, signal: NodeJS.Signals): Promise<void> {
    return this.#part(name).kill(signal);
  }

  /** Resolves when a part serves: at once when it does. */
  whenUp(name: string): Promise<void> {
    return this.#part(name).whenUp();
  }

  /** Runs lines in the shell of the running Prosody and gives the result of each. */
  prosodyShell(lines: readonly string[]): Promise<string[]> {
    return prosodyShell(adminSocket(this.home, this.#user), lines);
  }

  status(): Status {
    const parts = this.#parts.map(({ spec, pid, state, restarts, since }) => ({
      ...{ name: spec.name, pid: pid ?? null, state, restarts, since: since.toISOString(), port: spec.port },
    }));
    return { pid: process.pid, portBase: this.home.portBase, ready: this.#demo !== undefined, parts };
  }

  /** Stops all parts, last started first, and gives the home free. Safe to call more than once. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  /** Ends all parts at once and by force. */
  killAll(): void {
    for (const { pid } of this.#parts) if (pid) signal(-pid, "SIGKILL");
  }

  async #stopAll(): Promise<void> {
    const layers = [
      ["components", "gateway", "worker", "server-agent"],
      ["prosody", "ejabberd", "irc"],
      ["redis"],
      ["postgres"],
    ];
    for (const layer of layers) {
      const parts = this.#parts.filter(({ spec }) => layer.includes(spec.name));
      await Promise.all(parts.map((part) => part.stop()));
    }
    removeRunFile(this.home);
    this.#control?.close();
    this.#lock.close();
    this.#resolveStopped();
  }
}
