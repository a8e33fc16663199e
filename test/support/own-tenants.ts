/** Tenants of a test's own in the running service, so that whatever it leaves is nobody else's; closed at the end. */
import { randomUUID } from "node:crypto";
import { homeOf } from "../../cli/stack/home.ts";
import { adminSocket } from "../../cli/stack/parts/prosody.ts";
import { prosodyShell } from "../../cli/stack/prosody-shell.ts";
import { serviceUser } from "../../cli/stack/service-user.ts";
import { runningServer } from "../../cli/stack/xmpp-server.ts";
import { localActor } from "../../identity/audit.ts";
import { tenantChanged } from "../../identity/tenant-events.ts";
import { stepTenant, type TenantStep } from "../../identity/tenant-life.ts";
import { readTenant } from "../../identity/tenant-reads.ts";
import { createTenant, setPartners } from "../../identity/tenant-store.ts";
import { newId } from "../../platform/ids.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { eventually, openTestDatabase, realStack, silentLog } from "./real.ts";

interface OwnTenant {
  readonly id: string;
  readonly domain: string;
}

export interface OwnTenants {
  /** Resolves when the XMPP server serves it. */
  create(name: string): Promise<OwnTenant>;
  step(tenant: OwnTenant, step: TenantStep): Promise<void>;
  /** From now on it agrees to talk to these domains. */
  consent(tenant: OwnTenant, ...domains: string[]): Promise<void>;
  /** An account in the XMPP server alone; gives its password. */
  account(jid: string): Promise<string>;
  /** Lines in the shell of Prosody, and what it says to each. */
  shell(...lines: string[]): Promise<string[]>;
  close(): Promise<void>;
}

export async function ownTenants(): Promise<OwnTenants> {
  const { home, settings } = realStack();
  const db = openTestDatabase();
  const redis = openRedis(settings.redis.url, silentLog);
  await redisReady(redis, 5_000);
  const server = runningServer(homeOf({ home }));
  const run = randomUUID().slice(0, 6);
  const made: OwnTenant[] = [];
  const change = () => ({ actor: localActor("cli", "test"), now: new Date(), newId });
  const tell = (tenant: OwnTenant) => wake(redis, tenantChanged, { tenant: tenant.id }, silentLog);
  const step: OwnTenants["step"] = async (tenant, name) => {
    await stepTenant(db, tenant.id, name, change());
    await tell(tenant);
  };
  const shell = (...lines: string[]) => {
    const socket = adminSocket(
      homeOf({ home }),
      serviceUser(() => undefined),
    );
    return prosodyShell(socket, lines);
  };
  return {
    create: async (name) => {
      const tenant = { id: `${name}-${run}`, domain: `${name}-${run}.localhost` };
      const record = { ...tenant, name, contact: "Ina Ohm", deputy: "Uwe Volt", quotas: {} };
      await createTenant(db, record, change());
      made.push(tenant);
      await tell(tenant);
      await eventually(
        async () => ((await server.serves(tenant.domain)) ? true : undefined),
        `the server serves ${tenant.domain}`,
      );
      return tenant;
    },
    step,
    consent: async (tenant, ...partners) => {
      const { version } = await readTenant(db, tenant.id);
      await setPartners(db, tenant.id, { partners, version }, change());
      await tell(tenant);
    },
    account: async (jid) => {
      const password = randomUUID();
      await server.createAccounts(new Map([[jid, password]]));
      return password;
    },
    shell,
    close: async () => {
      for (const tenant of made) await step(tenant, "close");
      redis.disconnect();
      await db.close();
    },
  };
}
