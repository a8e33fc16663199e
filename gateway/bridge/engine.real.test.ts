import { afterAll, afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import type { XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, childText, type Element, x } from "../../components/stanza.ts";
import { localActor } from "../../identity/index.ts";
import { ensureRoom, type LogEntry, putInbox, readLog, roomInboxTopic } from "../../messaging/index.ts";
import { newId } from "../../platform/ids.ts";
import { createMetrics } from "../../platform/metrics.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { openPatientRedis, openRedis, redisReady } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { silentLog as log, openTestDatabase, realStack, signInAs } from "../../test/support/real.ts";
import { irc } from "../networks/irc/index.ts";
import {
  type Cable,
  cable,
  type IrcPerson,
  ircPerson,
  ngircd,
  type TestServer,
  until,
} from "../networks/irc/testkit.ts";
import { type Bridges, runBridges } from "./engine.ts";
import { linksTopic } from "./events.ts";
import { linkSecrets } from "./link-secrets.ts";
import { findLink, putLink, removeLink } from "./store.ts";

const { demo, settings } = realStack();
const tenant = demo.tenants[0]?.id ?? "";
const channel = "#office";
/** Under a name of its own, so that the gateway of the stack leaves these links to the test. */
const network = { ...irc, name: "irc-test" };
const db = openTestDatabase();
const secrets = linkSecrets(settings.xmpp.secret, [network]);
const redis = openRedis(settings.redis.url, log);

let server: TestServer;
let person: IrcPerson;
let roomId: string;
let toClose: (() => Promise<unknown> | unknown)[] = [];

beforeEach(async () => {
  await redisReady(redis, 5_000);
  server = await ngircd();
  toClose.push(() => server.remove());
  person = await ircPerson(server.port, "ole", channel);
  toClose.push(() => person.leave());
  roomId = await ensureRoom(db, tenant, `bridge-${newId()}`, newId, new Date());
});

afterEach(async () => {
  const all = toClose.reverse();
  toClose = [];
  for (const close of all) await close();
});

afterAll(async () => {
  redis.disconnect();
  await db.close();
});

/** An engine of its own connections, as a process has; the cables stand between it and its servers. */
function engine(urls: { database?: string; redis?: string } = {}) {
  const { url, role } = settings.database;
  const own = openDatabase({ url: urls.database ?? url, role, poolSize: 4 }, log);
  const ownRedis = openRedis(urls.redis ?? settings.redis.url, log);
  const patientRedis = openPatientRedis(urls.redis ?? settings.redis.url, log);
  const metrics = createMetrics("test");
  const bridges: Bridges = runBridges(
    { db: own, redis: ownRedis, patientRedis, settings, log, metrics, clock: Date.now, newId },
    [network],
  );
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= bridges.stop().then(async () => {
      ownRedis.disconnect();
      patientRedis.disconnect();
      await own.close();
    });
    return stopping;
  };
  toClose.push(stop);
  return { stop, metrics: () => metrics.registry.getSingleMetricAsString("kontor_bridge_messages_total") };
}

const by = { actor: localActor("job:test"), newId };

async function link(port: number, config: Record<string, unknown> = {}, room = roomId): Promise<string> {
  const given = { host: "127.0.0.1", port, tls: false, channel, linesPerSecond: 1_000, burst: 1_000, ...config };
  const { place } = network.place(given);
  const id = await putLink(
    db,
    tenant,
    {
      id: newId(),
      roomId: room,
      network: "irc-test",
      place,
      config: given,
      now: new Date(),
    },
    { quotas: settings.quotas, secrets, ...by },
  );
  toClose.unshift(() => removeLink(db, { tenant, id }, { ...by, now: new Date() }).catch(() => undefined));
  await wake(redis, linksTopic, { tenant }, log);
  return id;
}

const online = (id: string) =>
  until("the link is online", async () => (await findLink(db, { tenant, id }))?.state === "online");
const caughtUp = (id: string) =>
  until("the link has caught up", async () => (await findLink(db, { tenant, id }))?.lag === 0);

/** Somebody of another link says something in the room: its owner commits it to the log. */
async function say(texts: readonly string[], room = roomId): Promise<void> {
  await db.withTenants([tenant], async (trx) => {
    for (const body of texts) {
      const at = new Date();
      await putInbox(trx, {
        tenant,
        roomId: room,
        id: newId(),
        source: "seed",
        farUser: "anke",
        nick: "Anke",
        body,
        at,
      });
    }
  });
  await wake(redis, roomInboxTopic, { tenant }, log);
}

const numbered = (from: number, to: number, what = "Nachricht") =>
  Array.from({ length: to - from + 1 }, (_, index) => `${what} ${from + index}.`);
const heard = () => person.heard.map(({ text }) => text.replaceAll("\u000f", "").replace("<Anke> ", ""));

async function logged(id: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for (let page = await readLog(db, tenant, roomId, 0, 500); page.length > 0; ) {
    entries.push(...page);
    page = await readLog(db, tenant, roomId, page.at(-1)?.seq ?? 0, 500);
  }
  return entries.filter((entry) => entry.origin === id);
}

test("both ways, in order, each once, and nothing comes back as an echo", async () => {
  const id = await link(server.port);
  const { metrics } = engine();
  await online(id);
  await say(numbered(1, 200));
  for (const text of numbered(1, 50, "Antwort")) person.say(text);
  await until("the answers are in the room", async () => (await logged(id)).length >= 50);
  await until("all is heard", () => heard().length >= 200);
  await caughtUp(id);
  await say(["Schluss."]);
  await person.hears("Schluss.");
  expect(heard()).toEqual([...numbered(1, 200), "Schluss."]);
  const entries = await logged(id);
  expect(entries.map(({ nick, body }) => [nick, body])).toEqual(
    numbered(1, 50, "Antwort").map((text) => ["ole", text]),
  );
  expect(await metrics()).toMatch(/direction="out",result="own"[^}]*\} 50$/m);
});

test("a far side that was killed gets everything once and in order when it is back", async () => {
  const wire: Cable = await cable(server.port);
  toClose.push(() => wire.remove());
  const id = await link(wire.port);
  engine();
  await online(id);
  await say(numbered(1, 10));
  await until("ten are heard", () => heard().length >= 10);
  await caughtUp(id);
  wire.pull();
  await server.kill();
  await say(numbered(11, 110));
  await until("the link notices", async () => (await findLink(db, { tenant, id }))?.lag === 100);
  await server.start();
  person = await ircPerson(server.port, "ole", channel);
  const back = person;
  toClose.push(() => back.leave());
  wire.plug();
  await until("the rest is heard", () => heard().length >= 100);
  await caughtUp(id);
  expect(heard()).toEqual(numbered(11, 110));
});

test("a connection that is cut in the middle loses nothing and repeats at most what was not confirmed", async () => {
  const wire = await cable(server.port);
  toClose.push(() => wire.remove());
  const id = await link(wire.port, { burst: 1, linesPerSecond: 100 });
  engine();
  await online(id);
  await say(numbered(1, 60));
  await until("some are heard", () => heard().length >= 20);
  wire.pull();
  wire.plug();
  await until("all are heard", () => heard().includes("Nachricht 60."));
  await caughtUp(id);
  const all = heard();
  expect([...new Set(all)]).toEqual(numbered(1, 60));
  expect(all.length).toBeLessThanOrEqual(61);
});

test("PostgreSQL and Redis cut in the middle: everything both ways once and in order", async () => {
  const [toDatabase, toRedis] = [new URL(settings.database.url), new URL(settings.redis.url)];
  const databaseWire = await cable(Number(toDatabase.port));
  const redisWire = await cable(Number(toRedis.port));
  toDatabase.port = String(databaseWire.port);
  toRedis.port = String(redisWire.port);
  toClose.push(
    () => databaseWire.remove(),
    () => redisWire.remove(),
  );
  const id = await link(server.port, { burst: 1, linesPerSecond: 100 });
  engine({ database: toDatabase.href, redis: toRedis.href });
  await online(id);
  await say(numbered(1, 80));
  await until("some are heard", () => heard().length >= 20);
  databaseWire.pull();
  redisWire.pull();
  const heardWhenCut = heard().length;
  for (const text of numbered(1, 30, "Antwort")) person.say(text);
  databaseWire.plug();
  redisWire.plug();
  await until("all are heard", () => heard().length >= 80);
  await until("the answers are in the room", async () => (await logged(id)).length >= 30);
  await caughtUp(id);
  expect(heardWhenCut).toBeLessThan(80);
  expect(heard()).toEqual(numbered(1, 80));
  expect((await logged(id)).map(({ body }) => body)).toEqual(numbered(1, 30, "Antwort"));
});

test("an engine that is started again repeats nothing; of two, one holds the link and the other takes over", async () => {
  const id = await link(server.port);
  const first = engine();
  await online(id);
  await say(numbered(1, 30));
  await until("thirty are heard", () => heard().length >= 30);
  await first.stop();
  await say(numbered(31, 60));
  const second = engine();
  engine();
  await until("sixty are heard", () => heard().length >= 60);
  await second.stop();
  await say(numbered(61, 90));
  await until("ninety are heard", () => heard().length >= 90);
  await caughtUp(id);
  expect(heard()).toEqual(numbered(1, 90));
  expect([...person.present].sort()).toEqual(["kontor", "ole"]);
});

test("links come and go while the engine runs, and one whose far side is dead holds up no other", async () => {
  engine();
  const dead = await link(1);
  await until("the dead one is tried", async () => (await findLink(db, { tenant, id: dead }))?.state === "away");
  const id = await link(server.port);
  await online(id);
  await say(["Moin."]);
  await person.hears("Moin.");
  await removeLink(db, { tenant, id }, { ...by, now: new Date() });
  await wake(redis, linksTopic, { tenant }, log);
  await until("the bot leaves", () => !person.present.has("kontor"));
  expect(await findLink(db, { tenant, id: dead })).toMatchObject({
    lag: 1,
    lastError: expect.stringContaining("ECONNREFUSED"),
  });
});

test("a secret that was stored in clear is sealed, and its link goes on", async () => {
  const id = await link(server.port, { key: "schluessel" });
  const stored = () =>
    db.withTenants([tenant], async (trx) => {
      const rows = await sql<{ config: { key: unknown }; version: number }>`select config, version from bridge_link
        where tenant_id = ${tenant} and id = ${id}`.execute(trx);
      return rows.rows[0];
    });
  await db.withTenants([tenant], (trx) =>
    sql`update bridge_link set config = jsonb_set(config, '{key}', '"schluessel"')
      where tenant_id = ${tenant} and id = ${id}`.execute(trx),
  );
  expect((await stored())?.config.key).toBe("schluessel");
  engine();
  await until("the secret is sealed", async () => typeof (await stored())?.config.key === "object");
  await online(id);
  expect(await stored()).toMatchObject({ version: 1, config: { key: { sealed: expect.any(String) } } });
});

describe("presence", () => {
  const occupantOf = (name: string) => (stanza: Element) =>
    stanza.is("presence") && attr(stanza, "from")?.endsWith(`/${name}`) === true;

  /** Somebody of the tenant in the room. */
  async function inside(sees = occupantOf("Anke")): Promise<{ readonly client: XmppClient; readonly address: string }> {
    const client = await signInAs(demo, 0, 0);
    toClose.push(() => client.stop());
    const name = await db.withTenants([tenant], (trx) =>
      sql<{ name: string }>`select name from room where tenant_id = ${tenant} and id = ${roomId}`.execute(trx),
    );
    const address = `${name.rows[0]?.name}@rooms.${demo.tenants[0]?.domain}/Anke`;
    await client.send(x("presence", { to: address }, x("x", { xmlns: "http://jabber.org/protocol/muc" })));
    await client.next(sees, "a presence", 20_000);
    return { client, address };
  }

  test("of the far side is shown in the room: away, and back", async () => {
    person.raw("AWAY", "Zu Tisch");
    const id = await link(server.port, { awaySeconds: 10 });
    engine();
    await online(id);
    const says = (show: string | undefined) => (stanza: Element) =>
      occupantOf("ole")(stanza) && (childText(stanza, "show") ?? undefined) === show;
    const { client } = await inside(says("away"));
    person.raw("AWAY");
    await client.next(says(undefined), "that ole is back", 20_000);
  });

  // What leaves is what a program sees; a network that cannot show each person by itself is given nothing at all.
  test.each(["everyone", "contacts", "groups", "nobody"] as const)(
    "of people here stays here where it cannot be shown there, under the rule %s",
    async (within) => {
      const rule = (rules: object) =>
        db.withTenants([tenant], (trx) =>
          sql`insert into presence_rules (tenant_id, version, rules, updated_at)
            values (${tenant}, 1, ${JSON.stringify(rules)}::jsonb, now())
            on conflict (tenant_id) do update set rules = excluded.rules`.execute(trx),
        );
      await rule({ within });
      toClose.push(() => rule({}));
      const id = await link(server.port);
      engine();
      await online(id);
      const { client, address } = await inside();
      for (const show of ["away", "dnd", "xa"]) {
        const said = [x("show", {}, show), x("status", {}, "Beim Arzt")];
        await client.send(x("presence", {}, ...said));
        await client.send(x("presence", { to: address }, ...said));
      }
      const [room = ""] = address.split("/");
      await client.send(x("message", { to: room, type: "groupchat" }, x("body", {}, "danach")));
      await person.hears("danach");
      expect(person.heard.map(({ nick, text }) => [nick, text.replaceAll("\u000f", "")])).toEqual([
        ["kontor", "<Anke> danach"],
      ]);
      expect(await person.whoIsAway()).toEqual([]);
    },
  );
});
