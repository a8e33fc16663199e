/** Tenants, their administrators' API and a Redis of a test's own, for webhooks. */
import express from "express";
import type { Redis } from "ioredis";
import { sql } from "kysely";
import request from "supertest";
import { addTenant } from "../../identity/index.ts";
import { apiRouter, problemHandler } from "../../platform/http.ts";
import { newId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { type RedisUnderTest, redisUnderTest } from "../../presence/redis-under-test.ts";
import { webhookRoutes } from "../../presence/webhook/http.ts";
import { tokenFor } from "./principal.ts";
import { type ScratchDatabase, scratchDatabase } from "./scratch-database.ts";

export const SECRET = "a secret of the test's own, long enough for all";

export interface WebhookWorld {
  readonly scratch: ScratchDatabase;
  readonly server: RedisUnderTest;
  readonly redis: Redis;
  /** What is logged. */
  readonly lines: string[];
  readonly log: Log;
  /** Milliseconds by which the clock of the doors is ahead. */
  ahead: number;
  readonly clock: () => number;
  addTenant(id: string): Promise<void>;
  /** Adds people and gives their ids. */
  addPeople(tenant: string, localparts: readonly string[]): Promise<string[]>;
  addGroup(tenant: string, name: string, members: readonly string[]): Promise<string>;
  /** Asks the API below a tenant's webhooks as its administrator. */
  ask(
    tenant: string,
    method: "get" | "post" | "patch" | "delete",
    path?: string,
    body?: object,
    headers?: Record<string, string>,
  ): request.Test;
  close(): Promise<void>;
}

export async function webhookWorld(allowLocal = true): Promise<WebhookWorld> {
  const scratch = await scratchDatabase();
  const server = await redisUnderTest();
  server.start();
  const lines: string[] = [];
  const write = (message: string, fields = {}) => void lines.push(JSON.stringify([message, fields, String(fields)]));
  const log: Log = { error: write, warn: write, info: write, debug: write, with: () => log };
  const redis = openRedis(server.url, log);
  await redisReady(redis, 20_000);
  let ahead = 0;
  const clock = () => Date.now() + ahead;
  const routes = webhookRoutes({ db: scratch.db, redis, log, clock, newId, secret: SECRET, allowLocal });
  const apps = new Map<string, express.Express>();
  const appOf = (tenant: string) => {
    const who = { ...tokenFor(tenant, "presence:webhooks"), id: newId() };
    const made =
      apps.get(tenant) ??
      express().use(
        "/api/v1",
        apiRouter(routes, async () => who),
        problemHandler(log),
      );
    apps.set(tenant, made);
    return made;
  };
  const insert = (tenant: string, query: ReturnType<typeof sql>) =>
    scratch.owner.withTenants([tenant], async (trx) => void (await query.execute(trx)));
  return {
    ...{ scratch, server, redis, lines, log, clock },
    get ahead() {
      return ahead;
    },
    set ahead(ms: number) {
      ahead = ms;
    },
    addTenant: (id) => {
      const people = { contact: "Contact", deputy: "Deputy", partners: [] };
      return addTenant(scratch.owner, { id, domain: `${id}.example`, name: id, ...people }, new Date());
    },
    addPeople: async (tenant, localparts) => {
      const people = localparts.map((localpart) => ({ id: newId(), localpart }));
      await insert(
        tenant,
        sql`insert into person (tenant_id, id, localpart, name, created_at)
          select ${tenant}, id, localpart, 'Person ' || localpart, now()
          from jsonb_to_recordset(${JSON.stringify(people)}) as p (id uuid, localpart text)`,
      );
      return people.map(({ id }) => id);
    },
    addGroup: async (tenant, name, members) => {
      const id = newId();
      await insert(
        tenant,
        sql`insert into person_group (tenant_id, id, name, roster, created_at) values (${tenant}, ${id}, ${name}, true, now())`,
      );
      for (const member of members)
        await insert(
          tenant,
          sql`insert into group_member (tenant_id, group_id, person_id) values (${tenant}, ${id}, ${member})`,
        );
      return id;
    },
    ask: (tenant, method, path = "", body, headers = {}) => {
      const sent = request(appOf(tenant))[method](`/api/v1/tenants/${tenant}/presence-webhooks${path}`).set(headers);
      return body === undefined ? sent : sent.send(body);
    },
    close: async () => {
      redis.disconnect();
      await server.kill();
      await scratch.drop();
    },
  };
}
