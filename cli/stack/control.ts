import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { z } from "zod";
import { type Home, lockName, socketPath } from "./home.ts";

const partStatus = z.object({
  name: z.string(),
  pid: z.int().nullable(),
  state: z.enum(["starting", "up", "restarting", "stopped"]),
  restarts: z.int(),
  since: z.string(),
  port: z.int(),
});
const reply = z.object({
  pid: z.int(),
  portBase: z.int(),
  /** All parts have been up once and the demo is written. */
  ready: z.boolean(),
  parts: z.array(partStatus),
});

/** What a running supervisor says about itself. */
export type Status = z.infer<typeof reply>;
const request = z.enum(["status", "stop"]);

const controlSocket = (home: Home): string => socketPath(home, "control.sock");

/** Holds the lock of this home until the process ends, however it ends; undefined when another process holds it. */
export function takeLock(home: Home): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const lock = createServer((socket) => socket.destroy());
    lock.once("error", (error) =>
      "code" in error && error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    // Names of Linux' abstract namespace vanish with their process, so no stale lock can be left behind.
    const path = process.platform === "linux" ? lockName(home) : socketPath(home, "lock.sock");
    lock.listen(path, () => resolve(lock));
  });
}

/** Answers `status` and `stop` on the control socket; the holder of the lock may remove a stale one. */
export function serveControl(home: Home, status: () => Status, stop: () => Promise<void>): Promise<Server> {
  const path = controlSocket(home);
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", async (data) => {
      const asked = request.safeParse(data.toString().trim());
      if (!asked.success) return socket.destroy();
      if (asked.data === "stop") await stop();
      socket.end(`${JSON.stringify(status())}\n`);
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => resolve(server));
  });
}

/** Asks the supervisor of this home; undefined when none answers. `stop` answers when all has stopped. */
export function ask(home: Home, what: z.infer<typeof request>): Promise<Status | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(controlSocket(home), () => socket.write(`${what}\n`));
    socket.on("data", (chunk) => {
      text += chunk.toString();
    });
    socket.once("error", () => resolve(undefined));
    socket.once("close", () => {
      const read = text ? reply.safeParse(JSON.parse(text)) : undefined;
      resolve(read?.success ? read.data : undefined);
    });
  });
}
