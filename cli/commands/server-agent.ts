import { Command } from "commander";
import { listTenants } from "../../identity/store.ts";
import { serverFollowed, tenantChanged } from "../../identity/tenant-events.ts";
import { finishClosing } from "../../identity/tenant-life.ts";
import { servedTenants } from "../../identity/tenant-reads.ts";
import { onShutdown, serveHealth } from "../../platform/health.ts";
import { newId } from "../../platform/ids.ts";
import { onWake, wake } from "../../platform/wake.ts";
import { type HomeOptions, withHome } from "../options.ts";
import { startProcess } from "../process.ts";
import { homeOf } from "../stack/home.ts";
import { startServerAgent } from "../stack/server-agent.ts";
import { runningServer } from "../stack/xmpp-server.ts";

/** The server agent: runs beside the XMPP server, where its files are, and keeps it in step with the table of tenants. */
export function command(): Command {
  return withHome(new Command("server-agent"))
    .description("run the agent that keeps the XMPP server in step with the tenants")
    .action(run);
}

async function run(options: HomeOptions): Promise<void> {
  const base = startProcess("server-agent");
  const { settings, log, metrics, db, redis, patientRedis, clock, checks } = base;
  const agent = startServerAgent({
    servedTenants: () => servedTenants(db),
    knownDomains: async () => (await listTenants(db)).map(({ domain }) => domain),
    server: runningServer(homeOf(options)).follower(),
    onFollowed: async (tenants, changed) => {
      await finishClosing(db, { now: new Date(clock()), newId });
      if (changed) await wake(redis, serverFollowed, { tenants: tenants.length }, log);
    },
    log,
  });
  const deaf = await onWake(patientRedis, tenantChanged, log, () => agent.look());
  const health = await serveHealth(
    { host: settings.health.host, port: settings.health.serverAgentPort },
    { ...checks, server: agent.check },
    metrics,
  );
  onShutdown(log, async () => {
    health?.close();
    agent.close();
    await deaf();
    await base.close();
  });
}
