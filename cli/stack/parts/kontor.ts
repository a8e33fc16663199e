import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Home, repository } from "../home.ts";
import type { PartSpec } from "../part.ts";
import { readyz } from "../probe.ts";

/** Our own processes, as far as they are there, run as in production: one command each, settings from the environment. */
export function kontorParts(home: Home, env: Readonly<Record<string, string>>): PartSpec[] {
  const processes = [
    { name: "components", port: home.ports.componentsHealth, health: home.ports.componentsHealth },
    { name: "gateway", port: home.ports.http, health: home.ports.gatewayHealth },
    { name: "worker", port: home.ports.workerHealth, health: home.ports.workerHealth },
    { name: "server-agent", port: home.ports.serverAgentHealth, health: home.ports.serverAgentHealth },
  ];
  const loader = join(repository, "node_modules", "tsx", "dist", "loader.mjs");
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("NODE_OPTIONS"));
  return processes
    .filter(({ name }) => existsSync(join(repository, "cli", "commands", `${name}.ts`)))
    .map(({ name, port, health }) => ({
      name,
      port,
      command: process.execPath,
      args: ["--import", loader, join(repository, "cli", "main.ts"), name],
      cwd: home.folder,
      env: { ...Object.fromEntries(inherited), ...env },
      stopSignal: "SIGTERM",
      stopSeconds: 15,
      ready: () => readyz(health),
    }));
}
