/** Tenants come, are suspended, federate and go while everybody else stays connected. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import express from "express";
import { sql, type Transaction } from "kysely";
import supertest from "supertest";
import { signIn, type XmppClient } from "../cli/client/xmpp-client.ts";
import { homeOf } from "../cli/stack/home.ts";
import { runningServer } from "../cli/stack/xmpp-server.ts";
import { attr, x } from "../components/stanza.ts";
import { type AuditTables, INSTALLATION } from "../identity/audit.ts";
import { type TenantHttpDeps, tenantRoutes } from "../identity/tenants-http.ts";
import { apiRouter, type Principal, problemHandler, type Scope } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { openRedis } from "../platform/redis.ts";
import { tokenFor } from "./support/principal.ts";
import { eventually, openTestDatabase, realStack, signInAs, silentLog } from "./support/real.ts";

const { home, demo, settings } = realStack();
const db = openTestDatabase();
const redis = openRedis(settings.redis.url, silentLog);
const deps: TenantHttpDeps = { db, redis, log: silentLog, quotas: settings.quotas, clock: Date.now, newId };
const all: readonly Scope[] = [
  ...(["tenant:list", "tenant:create", "tenant:read", "tenant:change"] as const),
  ...(["tenant:suspend", "tenant:close", "tenant:partners"] as const),
];
const operator = tokenFor(null, ...all);
const as = (principal: Principal) => {
  const app = express();
  app.use(
    "/api/v1",
    apiRouter(tenantRoutes(deps), async () => principal),
  );
  app.use(problemHandler(silentLog));
  return supertest(app);
};
const api = as(operator);
const path = "/api/v1/tenants";
const run = randomUUID().slice(0, 6);
const made: string[] = [];
const open: XmppClient[] = [];
const dropped: string[] = [];
const password = randomUUID();

const bodyOf = (name: string, over: Record<string, unknown> = {}) => ({
  ...{ id: `${name}-${run}`, domain: `${name}-${run}.localhost`, name: `Amt ${name}` },
  ...{ contact: "Ina Ohm", deputy: "Uwe Volt", ...over },
});

async function create(name: string, over: Record<string, unknown> = {}): Promise<{ id: string; domain: string }> {
  const body = bodyOf(name, over);
  await api.post(path).send(body).expect(201);
  made.push(body.id);
  return { id: body.id, domain: body.domain };
}

/** Signs in as soon as the server knows the domain, at most 10 s after now. */
function firstSignIn(jid: string): Promise<XmppClient> {
  const server = runningServer(homeOf({ home }));
  return eventually(
    async () => {
      const client = await server
        .createAccounts(new Map([[jid, password]]))
        .then(() => attempt(jid))
        .catch(() => undefined);
      if (client) open.push(client);
      return client;
    },
    `${jid} signs in`,
    10_000,
  );
}

const attempt = (jid: string) => signIn({ host: demo.xmpp.host, port: demo.xmpp.port, jid, password });

const step = (id: string, name: string) =>
  api.post(`${path}/${id}/${name}`).set("X-Reason", encodeURIComponent("Prüfung")).expect(200);

async function statusOf(id: string): Promise<{ status: string; version: number; federatesWith: string[] }> {
  return (await api.get(`${path}/${id}`).expect(200)).body;
}

/** Actions in a log that concern this tenant, oldest first. */
function logged(log: string, id: string): Promise<string[]> {
  return db.withTenants([log], async (trx: Transaction<AuditTables>) => {
    const rows = await trx
      .selectFrom("audit_entry")
      .select("action")
      .where("tenant_id", "=", log)
      .where("object", "=", `tenant/${id}`)
      .orderBy("position")
      .execute();
    return rows.map(({ action }) => action);
  });
}

const message = (to: string, text: string) => x("message", { to, type: "chat" }, x("body", {}, text));
const says = (text: string) => (stanza: { getChildText(name: string): string | null }) =>
  stanza.getChildText("body") === text;

let anke: XmppClient;
let lena: XmppClient;

beforeAll(async () => {
  [anke, lena] = await Promise.all([signInAs(demo, 0, 2), signInAs(demo, 1, 4)]);
  for (const client of [anke, lena]) {
    client.onClose(() => dropped.push(client.jid));
    await client.send(x("presence"));
  }
});

afterAll(async () => {
  for (const id of made) await step(id, "close");
  for (const client of [...open, anke, lena]) await client?.stop().catch(() => undefined);
  redis.disconnect();
  await db.close();
});

describe("a tenant of a running service", () => {
  it("comes within seconds, is suspended, resumed and closed, and nobody else's stream is dropped", async () => {
    const { id, domain } = await create("neu");
    const person = await firstSignIn(`ada@${domain}`);
    await person.send(x("presence"));
    // Its rooms answer, which says that the components serve it.
    const rooms = await eventually(async () => {
      const query = x("query", { xmlns: "http://jabber.org/protocol/disco#info" });
      const answer = await person.iq(x("iq", { type: "get", to: `rooms.${domain}` }, query));
      return answer.toString().includes("http://jabber.org/protocol/muc") ? answer : undefined;
    }, "its rooms");
    expect(attr(rooms, "type")).toBe("result");
    // Strangers stay strangers.
    await person.send(message(lena.jid, "hallo?"));
    await person.next(
      (stanza) => attr(stanza, "type") === "error" && says("hallo?")(stanza) !== undefined,
      "a refusal",
    );

    const signedOff = new Promise<void>((resolve) => person.onClose(resolve));
    expect((await step(id, "suspend")).body.status).toBe("suspended");
    await signedOff;
    await expect(attempt(`ada@${domain}`)).rejects.toThrow(/host/);

    await step(id, "resume");
    // The account is as it was.
    const again = await eventually(() => attempt(`ada@${domain}`).catch(() => undefined), "signing in again");
    open.push(again);

    expect((await step(id, "close")).body).toMatchObject({ status: "closing" });
    await eventually(async () => ((await statusOf(id)).status === "closed" ? true : undefined), "closed");
    await expect(attempt(`ada@${domain}`)).rejects.toThrow(/host/);
    await api.post(`${path}/${id}/resume`).expect(409);
    const story = ["create", "suspend", "resume", "close", "close"].map((what) => `tenant:${what}`);
    expect(await logged(id, id)).toEqual(story);
    expect(await logged(INSTALLATION, id)).toEqual(story);

    await anke.send(message(anke.jid, `still here ${run}`));
    await anke.next(says(`still here ${run}`), "its own message");
    expect(dropped).toEqual([]);
  }, 60_000);

  it("federates only while both agree", async () => {
    const [one, two] = [await create("eins"), await create("zwei")];
    const [a, b] = [await firstSignIn(`a@${one.domain}`), await firstSignIn(`b@${two.domain}`)];
    await b.send(x("presence"));
    const consent = (of: { id: string }, version: number, ...partners: string[]) =>
      api.put(`${path}/${of.id}/partners`).send({ version, partners }).expect(200);
    const passes = async (text: string): Promise<boolean> => {
      await a.send(message(b.jid, text));
      const ping = x("iq", { type: "get", to: one.domain }, x("ping", { xmlns: "urn:xmpp:ping" }));
      await a.iq(ping);
      return !a.pending().some((stanza) => attr(stanza, "type") === "error" && attr(stanza, "from") === b.jid);
    };
    const refused = async (text: string) => {
      await a.send(message(b.jid, text));
      return attr(await a.next((stanza) => stanza.is("message"), "an answer"), "type");
    };

    expect((await consent(one, 1, two.domain)).body.federatesWith).toEqual([]);
    expect(await refused("one side only")).toBe("error");
    expect((await consent(two, 1, one.domain)).body.federatesWith).toEqual([one.domain]);
    await eventually(async () => {
      if (await passes("both")) return true;
      await a.next((stanza) => attr(stanza, "type") === "error", "the refusal");
      return undefined;
    }, "both agree");
    await b.next(says("both"), "the message of the other tenant");
    // The components let them in as well, on the streams that are open.
    await eventually(async () => {
      const query = x("query", { xmlns: "http://jabber.org/protocol/disco#info" });
      const answer = await a.iq(x("iq", { type: "get", to: `rooms.${two.domain}` }, query));
      return attr(answer, "type") === "result" ? true : undefined;
    }, "the other's rooms");
    expect((await consent(two, 2)).body.federatesWith).toEqual([]);
    expect((await statusOf(one.id)).federatesWith).toEqual([]);
    await eventually(async () => {
      const good = await passes("over");
      return good ? undefined : true;
    }, "the consent ends");
    expect(await logged(one.id, one.id)).toEqual(["tenant:create", "tenant:partners"]);
    expect(dropped).toEqual([]);
  }, 60_000);
});

describe("the door of tenants", () => {
  it.each([
    ["no deputy", { deputy: undefined }],
    ["an empty contact", { contact: "  " }],
    ["a line break in the name", { name: "a\nb" }],
    ["a domain that is Lua", { domain: 'x" os.execute("id") --' }],
    ["a domain in capitals", { domain: "GROSS.localhost" }],
    ["an id of SQL", { id: "x'; drop table tenant --" }],
    ["the log of the installation as id", { id: "-" }],
    ["a status of its own", { status: "closed" }],
    ["a quota below zero", { quotas: { people: -1 } }],
    ["a quota nobody knows", { quotas: { coffee: 1 } }],
  ])("refuses %s", async (_, over) => {
    const { body } = await api.post(path).send(bodyOf("bad", over)).expect(400);
    expect(body.type).toBe("urn:kontor:problem:bad-request");
  });

  it("refuses an id or a domain that is taken, and domains above and below", async () => {
    const { id, domain } = await create("belegt");
    for (const over of [{ id }, { domain }, { domain: `schule.${domain}` }, { domain: "localhost" }]) {
      await api.post(path).send(bodyOf("anders", over)).expect(409);
    }
  });

  it("changes only what was read", async () => {
    const { id } = await create("stand");
    const change = { name: "Neuer Name", contact: "C", deputy: "D", quotas: { people: 3 }, version: 1 };
    const [one, two] = await Promise.all([1, 2].map(() => api.put(`${path}/${id}`).send(change)));
    expect([one?.status, two?.status].sort()).toEqual([200, 409]);
    const { body } = await api.get(`${path}/${id}`).expect(200);
    expect(body).toMatchObject({ name: "Neuer Name", version: 2, limits: { people: 3, rooms: 500 } });
    expect(await logged(id, id)).toEqual(["tenant:create", "tenant:change"]);
  });

  it("wants a reason for what hurts, and doing it again changes nothing", async () => {
    const { id } = await create("grund");
    await api.post(`${path}/${id}/suspend`).expect(400);
    await step(id, "suspend");
    await step(id, "suspend");
    expect(await statusOf(id)).toMatchObject({ status: "suspended", version: 2 });
    expect(await logged(id, id)).toEqual(["tenant:create", "tenant:suspend"]);
  });

  it("shows a tenant's administrator its own only, and lets it agree to federation but to nothing else", async () => {
    const { id } = await create("eigen");
    const own = as(tokenFor(id, "tenant:read", "tenant:partners"));
    await own.get(`${path}/${id}`).expect(200);
    for (const other of [demo.tenants[0]?.id, "gibt-es-nicht"]) await own.get(`${path}/${other}`).expect(404);
    await own.get(path).expect(403);
    await own.post(`${path}/${id}/close`).expect(403);
    await own
      .put(`${path}/${id}/partners`)
      .send({ version: 1, partners: ["noch-nicht.example"] })
      .expect(200);
  });

  it("lists by pages, status and text", async () => {
    const name = { name: `Seite ${run}` };
    const ids: string[] = [];
    for (const each of ["seite-a", "seite-b", "seite-c"]) ids.push((await create(each, name)).id);
    const page = async (more: object) =>
      (
        await api
          .get(path)
          .query({ text: `SEITE ${run}`, limit: 2, ...more })
          .expect(200)
      ).body;
    const first = await page({});
    const second = await page({ cursor: first.next });
    expect([first, second].map(({ items }) => items.map(({ id }: { id: string }) => id))).toEqual([
      ids.slice(0, 2),
      ids.slice(2),
    ]);
    expect(second.next).toBeNull();
    const found = await api
      .get(path)
      .query({ text: `${run}.LOCALHOST`, status: "active", limit: 500 })
      .expect(200);
    expect(found.body.items.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(ids));
    const none = await api.get(path).query({ text: "100%_" }).expect(200);
    expect(none.body).toEqual({ items: [], next: null });
  });

  it("deletes at closing what could still open a door", async () => {
    const { id } = await create("zu");
    const owner = openTestDatabase("owner");
    try {
      const common = owner.common();
      const token = sql`insert into api_token (hash, id, tenant, label, scopes, created_at, expires_at)
        values (${randomUUID()}, ${newId()}, ${id}, 'test', '{}', now(), now() + interval '1 hour')`;
      await token.execute(common);
      const task = sql`insert into account_task (tenant_id, id, person_id, localpart, kind, sealed_password, created_at)
        values (${id}, ${newId()}, ${newId()}, 'ada', 'create', 'sealed', now())`;
      await task.execute(common);
      await step(id, "close");
      const left = await sql<{ tokens: number; tasks: number }>`select
        (select count(*) from api_token where tenant = ${id} and revoked_at is null) as tokens,
        (select count(*) from account_task where tenant_id = ${id}) as tasks`.execute(common);
      expect(left.rows).toEqual([{ tokens: 0, tasks: 0 }]);
    } finally {
      await owner.close();
    }
  });
});
