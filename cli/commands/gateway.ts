import { readFileSync } from "node:fs";
import { Command } from "commander";
import { z } from "zod";
import { diskBytes, fileRouter, sweepFiles } from "../../filetransfer/index.ts";
import { linkRoutes, startBridges } from "../../gateway/bridge/index.ts";
import { closeGently, createApp, failureLimiter, rememberedTenants, setLimits } from "../../gateway/http/index.ts";
import { bearerAuthentication, listTenants } from "../../identity/index.ts";
import { listen, onShutdown } from "../../platform/health.ts";
import type { Route } from "../../platform/http.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import { presenceReader, presenceRoutes } from "../../presence/index.ts";
import { retentionRoutes } from "../../retention/index.ts";
import { startProcess } from "../process.ts";

const SWEEP_MS = 3_600_000;

/** The gateway: HTTP door and bridges. Starts and stays up while PostgreSQL or Redis are away; /readyz says so. */
export function command(): Command {
  return new Command("gateway").description("run the gateway: HTTP door and bridges").action(run);
}

async function run(): Promise<void> {
  const base = startProcess("gateway");
  const { settings, log, metrics, db, redis, patientRedis, clock } = base;
  const bridges = startBridges({ db, redis, patientRedis, settings, log, metrics, clock, newId });
  const routes: Route[] = [
    ...presenceRoutes({ db, reader: presenceReader(redis) }),
    ...linkRoutes({ db, redis, clock, newId, log }),
    ...retentionRoutes({ db, redis, clock, newId, log, allowAsOf: settings.retention.allowAsOf }),
  ];
  const files = { db, bytes: diskBytes(settings.files.folder), settings, clock, newId, log };
  const app = createApp({
    routes,
    fileRouter: fileRouter(files),
    authenticate: bearerAuthentication(db, clock),
    failedSignIns: failureLimiter(redis),
    chat: {
      websocketUrl: settings.xmpp.websocketUrl,
      publicUrl: settings.http.publicUrl,
      tenants: rememberedTenants(() => listTenants(db), clock),
    },
    checks: { ...base.checks, bridges: () => bridges.check() },
    metrics,
    log,
    clock,
    newId,
    version: ownVersion(),
  });
  const server = await listen(app, settings.http);
  setLimits(server);
  log.info("Listening", { class: "system", host: settings.http.host, port: settings.http.port });
  const sweeping = every(SWEEP_MS, () => sweepFiles(files), log);
  onShutdown(log, async () => {
    clearInterval(sweeping);
    await Promise.all([closeGently(server, 10_000), bridges.stop()]);
    await base.close();
  });
}

/** Runs a chore now and again and again; one that fails (PostgreSQL is away) has its next turn. */
function every(ms: number, chore: () => Promise<unknown>, log: Log): NodeJS.Timeout {
  const run = () => {
    chore().catch((error: unknown) =>
      log.warn("Leftovers of uploads could not be swept; tried again later", { error }),
    );
  };
  run();
  return setInterval(run, ms);
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return z.object({ version: z.string() }).parse(manifest).version;
}
