/**
 * The rules of a tenant and what its people set, from the database to the rosters of real clients of two tenants: as they
 * are changed, and whatever is killed meanwhile.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Redis } from "ioredis";
import { sql, type Transaction } from "kysely";
import { signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, type Element, x } from "../../components/stanza.ts";
import { NS_PING } from "../../components/xep/xep-0199-ping.ts";
import { loadSettings, readIfThere } from "../../config/settings.ts";
import { localActor } from "../../identity/audit.ts";
import { tenantChanged } from "../../identity/tenant-events.ts";
import { readTenant } from "../../identity/tenant-reads.ts";
import { setPartners } from "../../identity/tenant-store.ts";
import { newId } from "../../platform/ids.ts";
import { type Database, openDatabase } from "../../platform/postgres.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { defaultPresenceRules, type PresenceRules } from "../../presence/core-visibility.ts";
import { presenceRulesChanged } from "../../presence/events.ts";
import { readKept } from "../../presence/rosters-kept.ts";
import { changeOwn, type OwnPresence } from "../../presence/store-own.ts";
import { setPresenceRules } from "../../presence/store-rules.ts";
import { eventually, silentLog } from "../support/real.ts";
import { openWorld, placeOf, type World } from "./world.ts";

const ANKE = 0;
const MALTE = 1;
/** What is said comes at once; this is for what a restart takes. */
const PATIENCE_MS = 60_000;
let world: World;
let db: Database;
let redis: Redis;
let tenant = "";
let anke: XmppClient;
let malte: XmppClient;
let lena: XmppClient;

const by = () => ({ actor: localActor("cli", "test"), now: new Date(), newId });
const change = () => ({ ...by(), check: () => undefined });
const bare = (client: XmppClient) => client.jid.replace(/\/.*$/, "");
const told = () => wake(redis, presenceRulesChanged, { tenant }, silentLog);

async function rules(set: Partial<PresenceRules>, tell = true): Promise<void> {
  await setPresenceRules(db, tenant, { ...defaultPresenceRules, ...set }, change());
  if (tell) await told();
}

const plain = { audience: null, hideTimes: false, outOfOffice: null, badge: null };
async function own(index: number, set: Partial<OwnPresence>, tell = true): Promise<void> {
  const local = placeOf(world, 0, index).jid.split("@")[0] ?? "";
  const person = await db.withTenants([tenant], async (trx: Transaction<unknown>) => {
    const { rows } = await sql<{ id: string }>`
      select id from person where tenant_id = ${tenant} and localpart = ${local}`.execute(trx);
    return rows[0]?.id ?? "";
  });
  await changeOwn(db, { tenant, person }, () => ({ ...plain, ...set }), change());
  if (tell) await told();
}

async function enter(place: number, index: number): Promise<XmppClient> {
  const client = await signIn(placeOf(world, place, index));
  await client.iq(x("iq", { type: "get" }, x("query", { xmlns: "jabber:iq:roster" })));
  await client.send(x("presence"));
  return client;
}
const enterAll = async () => {
  [anke, malte, lena] = await Promise.all([enter(0, ANKE), enter(0, MALTE), enter(1, 0)]);
};

/** The next presence of anke that a viewer is sent; `text` is in it. */
const sees = (viewer: XmppClient, text: string, patience = PATIENCE_MS) =>
  viewer.next(
    (each) =>
      each.is("presence") && (attr(each, "from") ?? "").startsWith(bare(anke)) && each.toString().includes(text),
    `${text} of anke`,
    patience,
  );
const GONE = 'type="unavailable"';

/** All that came is done with. */
async function drained(...all: XmppClient[]): Promise<Element[]> {
  const left: Element[] = [];
  for (const client of all) {
    await client.iq(x("iq", { type: "get", to: client.jid.replace(/^.*@|\/.*$/g, "") }, x("ping", { xmlns: NS_PING })));
    for (const each of [...client.pending()]) left.push(await client.next((one) => one === each, "what came"));
  }
  return left;
}
/** What a viewer is sent of anke when she says something. */
async function hears(viewer: XmppClient): Promise<boolean> {
  const mark = `m-${newId()}`;
  await anke.send(x("presence", {}, x("status", {}, mark)));
  await drained(anke);
  return (await drained(viewer)).some((each) => each.toString().includes(mark));
}
const subscribe = async (viewer: XmppClient) => {
  await viewer.send(x("presence", { type: "subscribe", to: bare(anke) }));
  await viewer.next((each) => attr(each, "type") === "subscribed", "the approval", PATIENCE_MS);
};

beforeAll(async () => {
  world = await openWorld();
  const settings = loadSettings(world.stack.env, readIfThere);
  db = openDatabase({ url: settings.database.url, role: settings.database.role, poolSize: 2 }, silentLog);
  redis = openRedis(settings.redis.url, silentLog);
  await redisReady(redis, 5_000);
  const [nord, sued] = world.stack.demo.tenants;
  if (!nord || !sued) throw new Error("the demo has no two tenants");
  tenant = nord.id;
  await enterAll();
  for (const [one, other] of [
    [nord, sued],
    [sued, nord],
  ] as const) {
    const { version } = await readTenant(db, one.id);
    await setPartners(db, one.id, { partners: [other.domain], version }, by());
    await wake(redis, tenantChanged, { tenant: one.id }, silentLog);
  }
  await subscribe(malte);
  // Refused until the server has seen both consents.
  await eventually(
    async () => {
      await lena.send(x("presence", { type: "subscribe", to: bare(anke) }));
      await drained(lena);
      return (await drained(anke)).some((each) => attr(each, "type") === "subscribe") || undefined;
    },
    "the question of a partner",
    PATIENCE_MS,
  );
  await anke.send(x("presence", { type: "subscribed", to: bare(lena) }));
  await lena.next((each) => attr(each, "type") === "subscribed", "the approval of a partner");
}, 180_000);

beforeEach(async () => {
  await own(ANKE, {}, false);
  await rules({});
  await eventually(async () => ((await hears(malte)) && (await hears(lena))) || undefined, "the defaults", PATIENCE_MS);
});

afterAll(async () => {
  for (const client of [anke, malte, lena]) await client?.stop().catch(() => undefined);
  redis?.disconnect();
  await db?.close();
  await world?.close();
}, 60_000);

describe("as it is set", () => {
  it("and that the server keeps to it is known to the other doors", async () => {
    await eventually(async () => (await readKept(redis, tenant)) ?? undefined, "what the server can", PATIENCE_MS);
    expect(await readKept(redis, tenant)).toBe(true);
  });

  it("rules of the tenant", async () => {
    await rules({ within: "nobody", partners: "contacts" });
    await sees(malte, GONE);
    expect([await hears(malte), await hears(lena)]).toEqual([false, true]);
    await rules({ within: "contacts", partners: "nobody" });
    await sees(lena, GONE);
    expect([await hears(malte), await hears(lena)]).toEqual([true, false]);
  });

  it("what a person chooses", async () => {
    await own(ANKE, { audience: "nobody" });
    await Promise.all([sees(malte, GONE), sees(lena, GONE)]);
    expect([await hears(malte), await hears(lena)]).toEqual([false, false]);
    await own(ANKE, { audience: "contacts" });
    expect(await sees(malte, "<status>")).toBeDefined();
    expect([await hears(malte), await hears(lena)]).toEqual([true, true]);
  });

  it("out of office, until it ends by itself", async () => {
    const until = new Date(Date.now() + 3_000);
    await own(ANKE, { outOfOffice: { until, text: "Urlaub" } });
    await sees(malte, ": Urlaub</status>");
    await anke.send(x("presence", {}, x("status", {}, "Wieder da")));
    expect((await sees(malte, "<status>")).toString()).not.toContain("Wieder da");
    await sees(malte, "Wieder da");
    expect(Date.now()).toBeGreaterThanOrEqual(until.getTime());
  });
});

const muc = x("x", { xmlns: "http://jabber.org/protocol/muc" });
const place = (client: XmppClient) =>
  `lage@conference.${placeOf(world, 0, ANKE).jid.split("@")[1]}/${client.jid.replace(/@.*$/, "")}`;
const join = (client: XmppClient) => client.send(x("presence", { to: place(client) }, muc));
const leave = (client: XmppClient) => client.send(x("presence", { to: place(client), type: "unavailable" }));

it("a conference makes its participants busy in rosters, and its end takes that away", async () => {
  await anke.send(x("presence", {}, x("status", {}, "Moin")));
  await join(anke);
  await join(malte);
  await sees(lena, "<show>dnd</show>");
  await leave(malte);
  expect((await sees(lena, "Moin")).toString()).not.toContain("<show>");
  await leave(anke);
});

describe("whatever is killed", () => {
  it("components: what changed meanwhile is told when they are back, and until then what was told holds", async () => {
    await own(ANKE, { audience: "contacts", outOfOffice: { until: new Date(Date.now() + 600_000), text: "Krank" } });
    await sees(malte, "Krank");
    await world.stack.kill("components", "SIGKILL");
    await rules({ within: "contacts", partners: "nobody" }, false);
    await own(ANKE, { audience: "contacts" }, false);
    await drained(anke, malte, lena);
    await anke.send(x("presence", {}, x("status", {}, "Da")));
    await sees(malte, "Krank");
    await Promise.all([sees(lena, GONE), sees(malte, "<status>Da</status>")]);
    expect([await hears(malte), await hears(lena)]).toEqual([true, false]);
  });

  it("the server: nobody is seen meanwhile who may not be, and all comes back", async () => {
    await rules({ within: "contacts", partners: "nobody" });
    await own(ANKE, { outOfOffice: { until: new Date(Date.now() + 600_000), text: "Krank" } });
    await sees(lena, GONE);
    await sees(malte, "Krank");
    await world.stack.kill("prosody", "SIGKILL");
    await world.stack.whenUp("prosody");
    await enterAll();
    await sees(malte, "Krank");
    // The answer to her client's probe alone: as of somebody away.
    const seen = (await drained(lena)).filter((each) => (attr(each, "from") ?? "").startsWith(bare(anke)));
    expect(seen.map((each) => attr(each, "type"))).toEqual(["unavailable"]);
    expect([await hears(lena)]).toEqual([false]);
  });

  it("the database: what was told holds, and what is set when it is back is told", async () => {
    await rules({ within: "nobody" });
    await sees(malte, GONE);
    await world.stack.kill("postgres", "SIGKILL");
    await told();
    expect(await hears(malte)).toBe(false);
    await world.stack.whenUp("postgres");
    await eventually(
      () =>
        rules({}).then(
          () => true,
          () => undefined,
        ),
      "the rules are set",
      PATIENCE_MS,
    );
    await sees(malte, "<status>");
  });
});
