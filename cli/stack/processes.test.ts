import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it } from "@jest/globals";
import { listener, startTime, stopProcess } from "./processes.ts";

it("names the process that holds a port", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  expect(listener(port)).toMatchObject({ pid: process.pid });
  server.close();
  await once(server, "close");
  expect(listener(port)).toBeUndefined();
});

it("stops a process that ignores the kind signal, but never another one with its pid", async () => {
  const child = spawn(process.execPath, [
    "-e",
    "process.on('SIGTERM', () => {}); console.log(1); setInterval(() => {}, 1e6)",
  ]);
  await once(child.stdout, "data");
  const pid = child.pid ?? 0;
  const started = startTime(pid) ?? "";
  await stopProcess(pid, "another start", "SIGTERM", 0);
  expect(startTime(pid)).toBe(started);
  const exit = once(child, "exit");
  await stopProcess(pid, started, "SIGTERM", 0.1);
  expect((await exit)[1]).toBe("SIGKILL");
});
