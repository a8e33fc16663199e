/** The doors of presence over the running server and components: real clients of two tenants, their rosters and groups. */

import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import express from "express";
import { sql } from "kysely";
import request from "supertest";
import { z } from "zod";
import { signIn, type XmppClient } from "../cli/client/xmpp-client.ts";
import { x } from "../components/stanza.ts";
import { tellDirectory } from "../identity/directory-events.ts";
import { addPeople } from "../identity/index.ts";
import { apiRouter, type Principal, problemHandler } from "../platform/http.ts";
import { newId, newRequestId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { readEvents } from "../test/support/event-reader.ts";
import { type OwnTenants, ownTenants } from "../test/support/own-tenants.ts";
import { tokenFor } from "../test/support/principal.ts";
import { openTestDatabase, realStack, silentLog } from "../test/support/real.ts";
import { openContacts } from "./contacts.ts";
import { presenceReader, presenceRoutes } from "./index.ts";
import { listenAnywhere, until } from "./redis-under-test.ts";

const { demo, settings } = realStack();
const db = openTestDatabase();
const owner = openTestDatabase("owner");
const redis = openRedis(settings.redis.url, silentLog);
const clients: XmppClient[] = [];
const servers: Server[] = [];
let world: OwnTenants;
let amt: { id: string; domain: string };
let schule: { id: string; domain: string };
let contacts: Awaited<ReturnType<typeof openContacts>>;
let routes: ReturnType<typeof presenceRoutes>;

const shown = z.object({ localpart: z.string(), show: z.string() });

beforeAll(async () => {
  await redisReady(redis, 5_000);
  world = await ownTenants();
  [amt, schule] = [await world.create("lesen-amt"), await world.create("lesen-schule")];
  await world.consent(amt, schule.domain);
  await world.consent(schule, amt.domain);
  const person = (localpart: string) => ({ localpart, name: `Person ${localpart}`, roles: ["user"] });
  await addPeople(owner, amt.id, [person("ada"), person("ben")], newId, new Date());
  await addPeople(owner, schule.id, [person("cem")], newId, new Date());
  contacts = await openContacts(redis, silentLog);
  routes = presenceRoutes({
    ...{ db, redis, contacts, reader: presenceReader(redis), log: silentLog, clock: Date.now },
    ...{ newId, newBadge: newRequestId, secret: "test", publicUrl: "https://kontor.example" },
  });
  await put(amt.id, { within: "contacts" });
});
afterAll(async () => {
  for (const each of clients) await each.stop().catch(() => undefined);
  for (const each of servers) each.closeAllConnections();
  for (const each of servers) each.close();
  await contacts.close();
  await world.close();
  redis.disconnect();
  await Promise.all([db.close(), owner.close()]);
});

const appOf = (who: Principal) =>
  express().use(
    "/api/v1",
    apiRouter(routes, async () => who),
    problemHandler(silentLog),
  );
const put = (tenant: string, rules: object) =>
  request(appOf(tokenFor(tenant, "presence:change")))
    .put(`/api/v1/tenants/${tenant}/presence-rules`)
    .send(rules)
    .expect(200);

async function personal(tenant: string, localpart: string): Promise<Principal> {
  const { rows } = await sql<{ id: string }>`
    select id from person where tenant_id = ${tenant} and localpart = ${localpart}`.execute(owner.common());
  const id = rows[0]?.id ?? "";
  return { ...tokenFor(tenant, "presence:read"), id, person: { tenant, id, localpart } };
}
const seenBy = async (who: Principal): Promise<string> =>
  z.object({ show: z.string() }).parse((await request(appOf(who)).get(`/api/v1/tenants/${amt.id}/presence/ada`)).body)
    .show;

async function online(tenant: { domain: string }, local: string): Promise<XmppClient> {
  const jid = `${local}@${tenant.domain}`;
  const { host, port } = demo.xmpp;
  const client = await signIn({ host, port, jid, password: await world.account(jid) });
  clients.push(client);
  // Who has not asked for his roster is not told of requests (RFC 6121 3.1.3).
  await client.iq(x("iq", { type: "get" }, x("query", { xmlns: "jabber:iq:roster" })));
  await client.send(x("presence"));
  return client;
}
const subscription = (type: string, to: string) => x("presence", { type, to });

async function follow(who: Principal) {
  const server = createServer(appOf(who));
  servers.push(server);
  const port = await listenAnywhere(server);
  const stream = await readEvents(
    `http://127.0.0.1:${port}/api/v1/tenants/${amt.id}/presence/events?localparts=ada`,
    {},
  );
  return {
    stop: stream.stop,
    /** Until ada is shown so. */
    shows: async (show: string) => {
      for (;;) {
        const { event, data } = await stream.next();
        if (event !== "people") continue;
        if (
          z
            .object({ people: z.array(shown) })
            .parse(data)
            .people.some((each) => each.show === show)
        )
          return;
      }
    },
  };
}

test("a contact sees whom he is subscribed to, for as long as he is, and groups who is in them", async () => {
  const [ada, ben] = [await online(amt, "ada"), await online(amt, "ben")];
  const [adaJid, benJid] = [`ada@${amt.domain}`, `ben@${amt.domain}`];
  const [self, reader] = [await personal(amt.id, "ada"), await personal(amt.id, "ben")];
  await until(
    () => seenBy(self),
    (show) => show === "online",
  );
  expect(await seenBy(reader)).toBe("unknown");
  const stream = await follow(reader);
  await stream.shows("unknown");

  await ben.send(subscription("subscribe", adaJid));
  await ada.next((each) => each.attrs.type === "subscribe", "the request");
  // A request alone makes nobody a contact.
  expect(await seenBy(reader)).toBe("unknown");
  await ada.send(subscription("subscribed", benJid));
  await stream.shows("online");
  expect(await seenBy(reader)).toBe("online");
  await ada.send(x("presence", {}, x("show", {}, "dnd")));
  await stream.shows("dnd");

  await ada.send(subscription("unsubscribed", benJid));
  await stream.shows("unknown");
  expect(await seenBy(reader)).toBe("unknown");

  const group = newId();
  const members = async (change: ReturnType<typeof sql>) => {
    await change.execute(owner.common());
    await tellDirectory({ redis, log: silentLog }, amt.id);
  };
  await members(sql`
    with made as (insert into person_group (tenant_id, id, name, roster, created_at)
      values (${amt.id}, ${group}, 'Team', true, now()) returning id, tenant_id)
    insert into group_member select made.tenant_id, made.id, p.id from made join person p on p.tenant_id = made.tenant_id`);
  await stream.shows("dnd");
  await put(amt.id, { within: "groups" });
  expect(await seenBy(reader)).toBe("dnd");
  await members(sql`delete from group_member where group_id = ${group} and person_id = ${reader.id}`);
  await stream.shows("unknown");
  expect(await seenBy(reader)).toBe("unknown");
  stream.stop();
  await put(amt.id, { within: "contacts" });
});

test("a contact of a partner, for as long as he is", async () => {
  const [ada, cem] = [clients[0], await online(schule, "cem")];
  const reader = await personal(schule.id, "cem");
  const seen = async (): Promise<string[]> => {
    const path = `/api/v1/tenants/${schule.id}/partners/${amt.domain}/presence?localparts=ada`;
    const { body } = await request(appOf(reader)).get(path).expect(200);
    return z
      .object({ people: z.array(shown) })
      .parse(body)
      .people.map(({ show }) => show);
  };
  expect(await seen()).toEqual([]);
  await cem.send(subscription("subscribe", `ada@${amt.domain}`));
  await ada?.next(
    (each) => each.attrs.type === "subscribe" && String(each.attrs.from).startsWith("cem@"),
    "the request",
  );
  await ada?.send(subscription("subscribed", `cem@${schule.domain}`));
  await until(seen, (shows) => shows[0] === "dnd");
  await put(amt.id, { partners: "nobody" });
  await request(appOf(reader))
    .get(`/api/v1/tenants/${schule.id}/partners/${amt.domain}/presence?localparts=ada`)
    .expect(403);
  await put(amt.id, {});
  await cem.send(subscription("unsubscribe", `ada@${amt.domain}`));
  await until(seen, (shows) => shows.length === 0);
});
