/** For tests: two tenants that federate, in a database of their own, a Redis of their own, and the API as people have it. */
import { createServer, type Server } from "node:http";
import { isDeepStrictEqual } from "node:util";
import express from "express";
import type { Redis } from "ioredis";
import { sql } from "kysely";
import request from "supertest";
import { addTenant } from "../../identity/index.ts";
import { apiRouter, type Principal, problemHandler, type Scope } from "../../platform/http.ts";
import { newId, newRequestId } from "../../platform/ids.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { contactsKey, contactsTold, openContacts } from "../../presence/contacts.ts";
import type { LivePerson } from "../../presence/core.ts";
import type { Audience, PresenceRules } from "../../presence/core-visibility.ts";
import { presenceChanged } from "../../presence/events.ts";
import { presenceRoutes } from "../../presence/index.ts";
import { listenAnywhere, redisUnderTest, until } from "../../presence/redis-under-test.ts";
import { presenceReader } from "../../presence/store.ts";
import { presenceWriter } from "../../presence/writer.ts";
import { readEvents } from "./event-reader.ts";
import { tokenFor } from "./principal.ts";
import { silentLog } from "./real.ts";
import { scratchDatabase } from "./scratch-database.ts";

export const home = "amt";
export const partner = "schule";
export const domainOf = (tenant: string): string => `${tenant}.example`;

const everyScope: Scope[] = [
  "presence:read",
  "presence:change",
  "presence:usage",
  "person:read",
  "person:change",
  "own:read",
  "own:change",
];

/** A device as most clients show it. */
export const device = {
  resource: "desk",
  kind: "pc",
  show: "online",
  status: null,
  priority: 0,
  idleSince: null,
  at: 1_700_000_000_000,
} as const;

export async function presenceWorld() {
  const scratch = await scratchDatabase();
  const { db, owner } = scratch;
  const redisServer = await redisUnderTest();
  redisServer.start();
  const redis: Redis = openRedis(redisServer.url, silentLog);
  await redisReady(redis, 20_000);
  const now = new Date();
  const partners = { [home]: [domainOf(partner)], [partner]: [domainOf(home)] };
  for (const [id, agreed] of Object.entries(partners)) {
    const record = { id, domain: domainOf(id), name: id, contact: "C", deputy: "D", partners: agreed };
    await addTenant(owner, record, now);
  }
  const ids = new Map<string, string>();
  const at = (tenant: string, localpart: string) => `${localpart}@${domainOf(tenant)}`;
  const idOf = (tenant: string, localpart: string): string => {
    const id = ids.get(at(tenant, localpart));
    if (!id) throw new Error(`there is no ${localpart} in ${tenant}`);
    return id;
  };

  const live = new Map<string, LivePerson>();
  const writers = new Map(
    [home, partner].map((tenant) => {
      const writer = presenceWriter({
        redis,
        tenant,
        clock: Date.now,
        log: silentLog,
        beatMs: 200,
        personOf: (localpart) => live.get(at(tenant, localpart)) ?? { devices: [], meetingSince: null },
        everybody: () =>
          [...live.keys()].filter((jid) => jid.endsWith(`@${domainOf(tenant)}`)).map((jid) => jid.split("@")[0] ?? ""),
        onLost: () => writer.start(),
        onWritten: () => void wake(redis, presenceChanged, { tenant }, silentLog),
      });
      return [tenant, writer] as const;
    }),
  );
  const contacts = await openContacts(redis, silentLog);
  /** As the presence domain does when a roster has changed and somebody asks. */
  const setContacts = async (tenant: string, localpart: string, ...jids: string[]) => {
    await redis.set(contactsKey(tenant, localpart), JSON.stringify(jids));
    await wake(redis, contactsTold, { tenant, localparts: [localpart], known: false }, silentLog);
  };
  const reader = presenceReader(redis);
  const deps = {
    ...{ db, redis, reader, contacts, log: silentLog, clock: Date.now, newId, newBadge: newRequestId },
    publicUrl: "https://kontor.example/",
    secret: "test",
  };
  const routes = presenceRoutes(deps);

  const personal = (tenant: string, localpart: string, scopes: readonly Scope[] = everyScope): Principal => {
    const id = idOf(tenant, localpart);
    return {
      ...tokenFor(tenant, ...scopes),
      id,
      name: localpart,
      person: { tenant, id, localpart },
      may: (action, of) => scopes.includes(action) && (action.startsWith("own:") || of === tenant),
    };
  };
  const appOf = (who: Principal) =>
    express().use(
      "/api/v1",
      apiRouter(routes, async () => who),
      problemHandler(silentLog),
    );
  const servers = new Set<Server>();
  const query = (text: ReturnType<typeof sql>) => text.execute(owner.common());

  return {
    ...{ db, owner, redis, redisServer, deps, idOf, personal, query, setContacts },
    token: tokenFor(home, "presence:read"),
    addPerson: async (tenant: string, localpart: string, name = `Person ${localpart}`): Promise<string> => {
      const id = newId();
      ids.set(at(tenant, localpart), id);
      await query(sql`insert into person (tenant_id, id, localpart, name, created_at)
        values (${tenant}, ${id}, ${localpart}, ${name}, ${now})`);
      await setContacts(tenant, localpart);
      return id;
    },
    addGroup: async (tenant: string, name: string, roster: boolean, ...members: string[]): Promise<string> => {
      const id = newId();
      await query(sql`insert into person_group (tenant_id, id, name, roster, created_at)
        values (${tenant}, ${id}, ${name}, ${roster}, ${now})`);
      for (const each of members) {
        await query(sql`insert into group_member values (${tenant}, ${id}, ${idOf(tenant, each)})`);
      }
      return id;
    },
    /** The server can be heard from now on, and tells this of its people. */
    hear: async (tenant: string) => {
      writers.get(tenant)?.start();
      await until(
        () => reader.read(tenant, []),
        (view) => view.since !== undefined,
      );
    },
    /** The server cannot be heard any more. */
    deafen: async (tenant: string) => {
      writers.get(tenant)?.stop();
      await until(
        () => reader.read(tenant, []),
        (view) => view.since === undefined,
      );
    },
    show: async (tenant: string, localpart: string, person: LivePerson) => {
      live.set(at(tenant, localpart), person);
      writers.get(tenant)?.changed(localpart);
      await until(
        async () => (await reader.read(tenant, [localpart])).people.get(localpart),
        (found) => isDeepStrictEqual(found ?? { devices: [], meetingSince: null }, person),
      );
    },
    /** Asks the API as somebody. */
    ask: (who: Principal, method: "get" | "put" | "delete", path: string, body?: object, headers = {}) => {
      const sent = request(appOf(who))[method](`/api/v1${path}`).set(headers);
      return body === undefined ? sent : sent.send(body);
    },
    /** Follows presence as somebody, on a port of its own. */
    follow: async (who: Principal, path: string, headers: Record<string, string> = {}) => {
      const server = createServer(appOf(who));
      const port = await listenAnywhere(server);
      const events = await readEvents(`http://127.0.0.1:${port}/api/v1${path}`, headers);
      servers.add(server);
      return {
        ...events,
        stop: () => {
          events.stop();
          server.close();
          servers.delete(server);
        },
      };
    },
    setRules: (tenant: string, rules: Partial<PresenceRules>) =>
      request(appOf(tokenFor(tenant, "presence:change")))
        .put(`/api/v1/tenants/${tenant}/presence-rules`)
        .send(rules)
        .expect(200),
    setOwn: (
      tenant: string,
      localpart: string,
      own: { audience?: Audience | null; hideTimes?: boolean; outOfOffice?: object | null; badge?: boolean },
    ) =>
      request(appOf(personal(tenant, localpart)))
        .put("/api/v1/own/presence")
        .send({ audience: null, hideTimes: false, outOfOffice: null, badge: false, ...own })
        .expect(200),
    close: async () => {
      for (const server of servers) server.closeAllConnections();
      for (const server of servers) server.close();
      await contacts.close();
      await Promise.all([...writers.values()].map((writer) => writer.close()));
      redis.disconnect();
      await redisServer.kill();
      await scratch.drop();
    },
  };
}
export type PresenceWorld = Awaited<ReturnType<typeof presenceWorld>>;
