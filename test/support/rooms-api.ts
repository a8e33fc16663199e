/** The REST doors of rooms and people in the test's own process, over the stack's database: the running components own the rooms. */
import express from "express";
import { sql, type Transaction } from "kysely";
import request from "supertest";
import type { XmppClient } from "../../cli/client/xmpp-client.ts";
import { exportStore } from "../../cli/export-store.ts";
import { attr, type Element, x } from "../../components/stanza.ts";
import { NS_MUC } from "../../components/xep/xep-0045-muc.ts";
import { quotas } from "../../config/sections/quotas.ts";
import { peopleRoutes } from "../../identity/index.ts";
import { roomRoutes } from "../../messaging/http.ts";
import { roomExportRoutes } from "../../messaging/room-export/http.ts";
import { apiRouter, type Principal, problemHandler, type Scope } from "../../platform/http.ts";
import { newId } from "../../platform/ids.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { type OwnTenant, ownTenant } from "./own-tenant.ts";
import { tokenFor } from "./principal.ts";
import { openTestDatabase, realStack, silentLog } from "./real.ts";

interface Asked {
  readonly body?: object;
  readonly reason?: string;
}

/** A tenant of the test's own, its API for who may do `scopes` there, and what people do in its rooms. */
export async function roomsApi(name: string, ...scopes: readonly Scope[]) {
  const db = openTestDatabase();
  const redis = openRedis(realStack().settings.redis.url, silentLog);
  await redisReady(redis, 5_000);
  const tenant: OwnTenant = await ownTenant(name);
  const deps = { db, redis, log: silentLog, clock: Date.now, newId, quotas: quotas.parse({}) };
  const principal = { ...tokenFor(tenant.id, ...scopes), id: newId() };
  const { settings } = realStack();
  const routes = [
    ...roomRoutes(deps),
    ...peopleRoutes({ ...deps, secret: settings.xmpp.secret, publicUrl: settings.http.publicUrl }),
    ...roomExportRoutes({ ...deps, bytes: exportStore(settings).bytes, limits: settings.exports }),
  ];
  /** The API as somebody has it. */
  const appFor = (who: Principal) =>
    express().use(
      "/api/v1",
      apiRouter(routes, async () => who),
      problemHandler(silentLog),
    );
  const app = appFor(principal);
  const at = (room: string, nick?: string) => `${room}@rooms.${tenant.domain}${nick === undefined ? "" : `/${nick}`}`;
  return {
    ...{ db, tenant, at, app, appFor, principal },
    ask: (method: "get" | "post" | "put" | "delete", path: string, { body, reason = "Prüfung" }: Asked = {}) => {
      const sent = request(app)[method](`/api/v1/tenants/${tenant.id}${path}`);
      if (reason !== "") sent.set("X-Reason", encodeURIComponent(reason));
      return body === undefined ? sent : sent.send(body);
    },
    enter: async (client: XmppClient, room: string, nick: string): Promise<Element> => {
      await client.send(x("presence", { to: at(room, nick) }, x("x", { xmlns: NS_MUC })));
      return client.next((each) => each.is("message") && each.getChild("subject") !== undefined, `entering ${room}`);
    },
    say: async (client: XmppClient, room: string, text: string): Promise<void> => {
      const id = newId();
      await client.send(x("message", { to: at(room), type: "groupchat", id }, x("body", {}, text)));
      await client.next((stanza) => stanza.name === "message" && attr(stanza, "id") === id, text);
    },
    /** What the audit log says of an action, the oldest first. */
    auditOf: async (action: string) => {
      const { rows } = await db.withTenants([tenant.id], (trx: Transaction<unknown>) =>
        sql<{ reason: string | null; before: unknown; after: unknown }>`
          select reason, before, after from audit_entry
          where tenant_id = ${tenant.id} and action = ${action} order by position`.execute(trx),
      );
      return rows;
    },
    close: async () => {
      await tenant.close();
      redis.disconnect();
      await db.close();
    },
  };
}
export type RoomsApi = Awaited<ReturnType<typeof roomsApi>>;
