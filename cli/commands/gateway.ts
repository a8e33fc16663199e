import { readFileSync } from "node:fs";
import { Command } from "commander";
import express from "express";
import { z } from "zod";
import { closeGently, createApp, failureLimiter, rememberedTenants, setLimits } from "../../gateway/http/index.ts";
import { bearerAuthentication, listTenants } from "../../identity/index.ts";
import { listen, onShutdown } from "../../platform/health.ts";
import type { Route } from "../../platform/http.ts";
import { newId } from "../../platform/ids.ts";
import { startProcess } from "../process.ts";

/** The gateway: HTTP door and bridges. Starts and stays up while PostgreSQL or Redis are away; /readyz says so. */
export function command(): Command {
  return new Command("gateway").description("run the gateway: HTTP door and bridges").action(run);
}

async function run(): Promise<void> {
  const base = startProcess("gateway");
  const { settings, log, metrics, db, redis, clock, checks } = base;
  const routes: Route[] = [];
  const app = createApp({
    routes,
    fileRouter: express.Router(),
    authenticate: bearerAuthentication(db, clock),
    failedSignIns: failureLimiter(redis),
    chat: {
      websocketUrl: settings.xmpp.websocketUrl,
      publicUrl: settings.http.publicUrl,
      tenants: rememberedTenants(() => listTenants(db), clock),
    },
    checks,
    metrics,
    log,
    clock,
    newId,
    version: ownVersion(),
  });
  const server = await listen(app, settings.http);
  setLimits(server);
  log.info("Listening", { class: "system", host: settings.http.host, port: settings.http.port });
  onShutdown(log, async () => {
    await closeGently(server, 10_000);
    await base.close();
  });
}

function ownVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return z.object({ version: z.string() }).parse(manifest).version;
}
