import { createServer } from "node:net";
import { StackError } from "./error.ts";
import type { Home } from "./home.ts";
import { listener } from "./processes.ts";

function free(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Throws StackError naming each port of this home that is taken, and by which process. */
export async function checkPorts(home: Home, unused: readonly string[]): Promise<void> {
  const wanted = Object.entries(home.ports).filter(([name]) => !unused.includes(name));
  const looks = await Promise.all(wanted.map(async ([name, port]) => ({ name, port, free: await free(port) })));
  const taken = looks.filter((look) => !look.free);
  if (taken.length === 0) return;
  const lines = taken.map(({ name, port }) => {
    const holder = listener(port);
    const who = holder?.pid
      ? `pid ${holder.pid} (${holder.command?.slice(0, 100)})`
      : "a process that cannot be seen from here";
    return `  port ${port} (${name}) is held by ${who}`;
  });
  const advice = "Stop it, or choose other ports with --port-base or KONTOR_PORT_BASE.";
  throw new StackError(["ports are taken:", ...lines, advice].join("\n"));
}
