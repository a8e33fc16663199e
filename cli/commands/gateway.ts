import { readFileSync } from "node:fs";
import { Command } from "commander";
import express from "express";
import type { Redis } from "ioredis";
import { z } from "zod";
import { countBytes, diskBytes, fileRouter, sweepFiles } from "../../filetransfer/index.ts";
import { countLinks, linkRoutes, startBridges } from "../../gateway/bridge/index.ts";
import {
  closeGently,
  createApp,
  failureLimiter,
  languageOf,
  rememberedTenants,
  setLimits,
} from "../../gateway/http/index.ts";
import {
  type AccessReader,
  accessReader,
  auditRoutes,
  bearerAuthentication,
  csvBody,
  type DomainUsage,
  emergencyRoutes,
  followAccess,
  invitationRoutes,
  invitationThrottle,
  oidcCallback,
  oidcClient,
  oidcDoors,
  peopleRoutes,
  roleRoutes,
  sessionAuthentication,
  sessionRoutes,
  sessionStore,
  signInProviderRoutes,
  signInThrottle,
  type TokenReader,
  tenantExportRoutes,
  tenantRoutes,
  tokenReader,
  tokenRoutes,
  usageRoutes,
  xmppPasswordCheck,
} from "../../identity/index.ts";
import { servedTenants } from "../../identity/tenant-reads.ts";
import {
  countMinute,
  countRooms,
  exportRooms,
  openPersonalArchive,
  personalRoutes,
  roomExportRoutes,
  roomRoutes,
} from "../../messaging/index.ts";
import { listen, onShutdown, serveHealth } from "../../platform/health.ts";
import type { Route } from "../../platform/http.ts";
import { idempotency } from "../../platform/idempotency.ts";
import { newId, newRequestId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { Database } from "../../platform/postgres.ts";
import {
  badgeRouter,
  type Contacts,
  openContacts,
  presenceReader,
  presenceRoutes,
  webhookRoutes,
} from "../../presence/index.ts";
import { retentionRoutes } from "../../retention/index.ts";
import { exportStore } from "../export-store.ts";
import { type ProcessBase, startProcess } from "../process.ts";

export interface ApiDeps extends Pick<ProcessBase, "settings" | "log" | "db" | "redis" | "clock"> {
  readonly access: AccessReader;
  readonly tokens: TokenReader;
  /** People's own archives; without them their routes answer that this is not offered. */
  readonly archive?: Database | undefined;
  /** Without them nobody is known to be anybody's contact. */
  readonly contacts?: Contacts;
}

const SWEEP_MS = 3_600_000;

/** The gateway: HTTP door and bridges. Starts and stays up while PostgreSQL or Redis are away; /readyz says so. */
export function command(): Command {
  return new Command("gateway").description("run the gateway: HTTP door and bridges").action(run);
}

async function run(): Promise<void> {
  const base = startProcess("gateway");
  const { settings, log, metrics, db, redis, patientRedis, clock } = base;
  const bridges = startBridges({ db, redis, patientRedis, settings, log, metrics, clock, newId });
  const access = accessReader(db, clock);
  const tokens = tokenReader(db, clock);
  const unfollow = await followAccess(patientRedis, log, [access, tokens]);
  const archive = openPersonalArchive(settings.archive, log);
  const contacts = await openContacts(redis, log);
  const files = { db, bytes: diskBytes(settings.files.folder), settings, clock, newId, log };
  const closing = new AbortController();
  const app = createApp({
    ...apiParts({ settings, log, db, redis, clock, access, tokens, archive, contacts }),
    fileRouter: fileRouter(files),
    badges: badgeRouter({ db, redis, reader: presenceReader(redis), clock, languageOf }),
    idempotency: idempotency(db, clock),
    failedSignIns: failureLimiter(redis),
    closing: closing.signal,
    trustedProxies: [...settings.http.trustedProxies],
    chat: {
      websocketUrl: settings.xmpp.websocketUrl,
      publicUrl: settings.http.publicUrl,
      tenants: rememberedTenants(() => servedTenants(db), clock),
    },
    metrics,
    log,
    clock,
    newId: newRequestId,
    version: ownVersion(),
  });
  const server = await listen(app, settings.http);
  setLimits(server);
  const { host, gatewayPort } = settings.health;
  const checks = { ...base.checks, bridges: () => bridges.check() };
  const health = await serveHealth({ host, port: gatewayPort }, checks, metrics);
  log.info("Listening", { class: "system", host: settings.http.host, port: settings.http.port });
  const sweeping = every(SWEEP_MS, () => sweepFiles(files), log);
  onShutdown(log, async () => {
    clearInterval(sweeping);
    health?.close();
    closing.abort();
    await Promise.all([closeGently(server, 10_000), bridges.stop(), unfollow(), contacts.close()]);
    await archive?.close();
    await base.close();
  });
}

const noContacts: Contacts = { of: async () => new Set(), close: async () => undefined };

/** The API as all domains make it: its routes, its doors, and who may use them. */
export function apiParts({ settings, log, db, redis, clock, access, tokens, archive, contacts = noContacts }: ApiDeps) {
  const { quotas } = settings;
  const deps = { db, redis, clock, newId, log, quotas };
  const { publicUrl } = settings.http;
  const sessions = { sessions: sessionStore(redis, clock), access, publicUrl };
  const { c2sHost: host, c2sPort: port } = settings.xmpp;
  const people = { ...deps, publicUrl, secret: settings.xmpp.secret };
  const { allowLocalProviders: allowLocal } = settings.signIn;
  const throttle = signInThrottle(redis);
  const providers = { db, throttle, publicUrl, secret: settings.xmpp.secret, oidc: oidcClient(clock, allowLocal) };
  const oidc = { ...providers, ...sessions, redis, log };
  const signIn = { throttle, checkPassword: xmppPasswordCheck({ host, port }) };
  const routes: Route[] = [
    ...sessionRoutes({ ...sessions, ...signIn, db, log }),
    ...invitationRoutes({ ...people, throttle: invitationThrottle(redis) }),
    ...oidcDoors(oidc),
    ...signInProviderRoutes({ ...providers, clock, newId, allowLocal }),
    ...tenantRoutes(deps),
    ...usageRoutes({ db, quotas, usage: usageCounters(db, redis) }),
    ...peopleRoutes(people),
    ...roleRoutes({ ...deps, access }),
    ...tokenRoutes({ ...deps, tokens }),
    ...emergencyRoutes({ ...deps, access }),
    ...tenantExportRoutes({ ...deps, parts: [{ kind: "room", pages: (tenant) => exportRooms(db, tenant) }] }),
    ...auditRoutes(deps),
    ...webhookRoutes({ ...deps, secret: settings.xmpp.secret, allowLocal }),
    ...presenceRoutes({ ...people, newBadge: newRequestId, reader: presenceReader(redis), contacts }),
    ...roomRoutes(deps),
    ...roomExportRoutes({ ...deps, bytes: exportStore(settings).bytes, limits: settings.exports }),
    ...personalRoutes({ ...deps, archive }),
    ...linkRoutes({ ...deps, secret: settings.xmpp.secret }),
    ...retentionRoutes({ ...deps, allowAsOf: settings.retention.allowAsOf }),
  ];
  return {
    routes,
    doors: [oidcCallback(oidc), express.Router().use("/tenants/:tenant/people/import", csvBody)],
    authenticate: sessionAuthentication(sessions, bearerAuthentication(db, clock, access, tokens)),
  };
}

/** Each domain counts what it keeps. */
const usageCounters = (db: Database, redis: Redis): DomainUsage => ({
  rooms: (tenant) => countRooms(db, tenant),
  storageBytes: (tenant) => countBytes(db, tenant),
  links: (tenant) => countLinks(db, tenant),
  messagesPerMinute: (tenant) => countMinute(redis, tenant),
});

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
