/** Workers, receivers and presence that really are there: what is told, to whom, when, and when no more. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { z } from "zod";
import { directoryChanged } from "../../identity/index.ts";
import { newId } from "../../platform/ids.ts";
import { createMetrics } from "../../platform/metrics.ts";
import { openPatientRedis, openRedis, redisReady } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { type LivePresence, livePresence } from "../../test/support/live-presence.ts";
import { eventually } from "../../test/support/real.ts";
import { verified, type WebhookReceiver, webhookReceiver } from "../../test/support/webhook-receiver.ts";
import { SECRET, type WebhookWorld, webhookWorld } from "../../test/support/webhook-world.ts";
import { type PresenceRules, presenceRules } from "../core-visibility.ts";
import { presenceRulesChanged } from "../events.ts";
import { presenceReader } from "../store.ts";
import { startWebhooks } from "./jobs.ts";

let world: WebhookWorld;
let receiver: WebhookReceiver;
let presence: LivePresence;
let tenant: string;
const workers: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  world = await webhookWorld();
}, 60_000);
afterAll(() => world.close());

beforeEach(async () => {
  receiver = await webhookReceiver();
  tenant = `wh-${randomUUID().slice(0, 8)}`;
  await world.addTenant(tenant);
  presence = livePresence(world.redis, tenant);
  presence.start();
});
afterEach(async () => {
  for (const each of workers.splice(0)) await each.close();
  await presence.close();
  await receiver.stop();
  // No worker of a later test serves what is left.
  await owner(sql`delete from presence_webhook`);
  world.ahead = 0;
});

const owner = (query: ReturnType<typeof sql>, of = tenant) =>
  world.scratch.owner.withTenants([of], async (trx) => (await query.execute(trx)).rows);
const toldOf = async (id: string) =>
  (await owner(sql`select localpart from presence_webhook_told where webhook_id = ${id} order by localpart`)).map(
    (row) => z.object({ localpart: z.string() }).parse(row).localpart,
  );

/** A worker as the process has it, with connections of its own. */
async function startWorker(): Promise<void> {
  const redis = openRedis(world.server.url, world.log);
  const connection = openPatientRedis(world.server.url, world.log);
  await redisReady(redis, 5_000);
  const worker = startWebhooks({
    ...{ db: world.scratch.db, connection, reader: presenceReader(redis), clock: world.clock, newId, log: world.log },
    ...{ metrics: createMetrics("test"), secret: SECRET, allowLocal: true, random: Math.random, lookMs: 200 },
  });
  workers.push({
    close: async () => {
      await worker.close();
      redis.disconnect();
      connection.disconnect();
    },
  });
}

async function add(body: object = {}): Promise<{ id: string; secret: string }> {
  const answer = await world.ask(tenant, "post", "", { url: receiver.url, ...body });
  expect(answer.status).toBe(201);
  return z.object({ id: z.uuid(), secret: z.string() }).parse(answer.body);
}
const view = async (id: string) => (await world.ask(tenant, "get", `/${id}`)).body;
/** What came of a delivery is written after the receiver has it. */
const becomes = (id: string, wanted: object, timeoutMs = 20_000) =>
  eventually(
    async () => {
      const now = await view(id);
      return isMatch(now, wanted) ? now : undefined;
    },
    JSON.stringify(wanted),
    timeoutMs,
  );
const isMatch = (value: Record<string, unknown>, wanted: object) =>
  Object.entries(wanted).every(([name, each]) => isDeepStrictEqual(value[name], each));

async function setRules(rules: Partial<PresenceRules>): Promise<void> {
  const text = JSON.stringify(presenceRules.parse(rules));
  await owner(sql`insert into presence_rules (tenant_id, version, rules, updated_at) values (${tenant}, 1, ${text}, now())
    on conflict (tenant_id) do update set rules = excluded.rules, version = presence_rules.version + 1`);
  await wake(world.redis, presenceRulesChanged, { tenant }, world.log);
}
async function setOwn(person: string | undefined, own: { audience?: string; awayUntil?: Date }): Promise<void> {
  const { audience = null, awayUntil = null } = own;
  await owner(sql`insert into person_presence (tenant_id, person_id, version, audience, away_until, away_text)
    values (${tenant}, ${person}, 1, ${audience}, ${awayUntil}, ${awayUntil && "Urlaub"})
    on conflict (tenant_id, person_id) do update set version = person_presence.version + 1,
      audience = excluded.audience, away_until = excluded.away_until, away_text = excluded.away_text`);
  await wake(world.redis, presenceRulesChanged, { tenant }, world.log);
}

/** Changes people or groups, and says so as the REST doors of people do. */
async function changeDirectory(query: ReturnType<typeof sql>): Promise<void> {
  await owner(query);
  await wake(world.redis, directoryChanged, { tenant }, world.log);
}

const showOf = (localpart: string) => receiver.shown.get(localpart)?.show;
/** Resolves when the receiver, as it took deliveries, has somebody so. */
const shows = (localpart: string, show: string, timeoutMs?: number) =>
  receiver.until(`${localpart} is ${show}`, () => showOf(localpart) === show, timeoutMs);
/** Each time that somebody was told of, as what. */
const toldAs = (localpart: string) =>
  receiver.received.flatMap(({ said }) =>
    (said.data.people ?? []).filter((each) => each.localpart === localpart).map(({ show }) => show),
  );

const goneOnes = () => receiver.received.flatMap(({ said }) => said.data.gone ?? []);

test("a new webhook is told the present state of everybody, then of who changes, all signed", async () => {
  await world.addPeople(tenant, ["anna", "bert", "cleo"]);
  presence.set("anna", "dnd", "In a call");
  await presence.written();
  const { id, secret } = await add();
  await startWorker();
  await receiver.until("all are told of", () => receiver.shown.size === 3);
  expect(receiver.shown.get("anna")).toEqual({
    ...{ localpart: "anna", jid: `anna@${tenant}.example`, name: "Person anna", groups: [], available: true },
    ...{ show: "dnd", status: "In a call", since: "2023-11-14T22:13:20.000Z", idleSince: null, mobileOnly: false },
    ...{ meeting: null, outOfOffice: null, devices: [expect.objectContaining({ resource: "desk", show: "dnd" })] },
  });
  expect([showOf("bert"), showOf("cleo")]).toEqual(["offline", "offline"]);
  presence.set("bert", "away");
  await shows("bert", "away");
  presence.meet("cleo", Date.now());
  await shows("cleo", "dnd");
  presence.set("bert", null);
  await shows("bert", "offline");
  expect([toldAs("anna"), toldAs("bert")]).toEqual([["dnd"], ["offline", "away", "offline"]]);
  expect(goneOnes()).toEqual([]);
  const all = receiver.received;
  expect(await verified(all.map((received) => ({ secret, received })))).toEqual(all.map(() => true));
  expect(new Set(all.map(({ headers }) => headers["webhook-id"])).size).toBe(all.length);
  expect(all.every(({ said }) => said.type === "presence.changed" && said.data.webhook === id)).toBe(true);
  expect(await becomes(id, { state: "active", failures: 0, failingSince: null })).toMatchObject({
    lastDelivery: { status: 204, problem: null },
  });
});

/** Numbers of deliveries grow, none is sent beside another, and nobody is gone. */
function inOrder(): void {
  expect(goneOnes()).toEqual([]);
  const numbers = receiver.received.map(({ said }) => said.data.delivery ?? 0);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  expect(receiver.mostAtOnce).toBe(1);
}

test("more people than fit into one delivery come in several, a second apart, each once", async () => {
  const names = Array.from({ length: 250 }, (_, index) => `p${String(index).padStart(3, "0")}`);
  await world.addPeople(tenant, names);
  for (const name of names) presence.set(name, "online");
  await presence.written();
  await add();
  await startWorker();
  await receiver.until("all are told of", () => receiver.shown.size === 250, 30_000);
  const sizes = receiver.received.map(({ said }) => said.data.people?.length ?? 0);
  expect(Math.max(...sizes)).toBe(100);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(250);
  const times = receiver.received.map(({ at }) => at);
  for (const [index, at] of times.entries()) {
    const before = times[index - 1];
    if (before !== undefined) expect(at - before).toBeGreaterThanOrEqual(990);
  }
  inOrder();
});

describe("a receiver that takes nothing for a while misses nothing of how it is in the end", () => {
  const states = ["online", "away", "dnd", "xa", null] as const;
  const names = ["anna", "bert", "cleo", "dora"];
  /** Everybody goes through some states. */
  function churn(rounds: number): void {
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, name] of names.entries()) {
        presence.set(name, states[(round + index) % states.length] ?? null, `round ${round}`);
      }
    }
  }
  const equal = () =>
    names.every((name) => {
      const [device] = presence.of(name).devices;
      const shown = receiver.shown.get(name);
      return shown?.show === (device?.show ?? "offline") && shown.status === (device?.status ?? null);
    });

  test.each<[string, WebhookReceiver["answer"]]>([
    ["500", () => ({ status: 500 })],
    ["a redirect", () => ({ status: 307, headers: { location: "http://localhost:1/" } })],
    ["a connection that is cut", () => "close"],
  ])("%s", async (_what, trouble) => {
    await world.addPeople(tenant, names);
    await presence.written();
    const { id } = await add();
    await startWorker();
    await receiver.until("all are told of", equal);
    const usual = receiver.answer;
    receiver.answer = trouble;
    const before = receiver.received.length;
    churn(3);
    await receiver.until("two failures", () => receiver.received.length >= before + 2);
    churn(4);
    await receiver.until("a further failure", () => receiver.received.length >= before + 3);
    await becomes(id, { state: "failing" });
    receiver.answer = usual;
    await receiver.until("all are as they are", equal, 30_000);
    await becomes(id, { state: "active", failures: 0, failingSince: null, nextAttemptAt: null });
    inOrder();
  });

  test("nobody listens", async () => {
    await world.addPeople(tenant, names);
    const { id } = await add();
    await startWorker();
    await receiver.until("all are told of", equal);
    await receiver.stop();
    churn(4);
    expect(await becomes(id, { state: "failing" })).toMatchObject({ lastDelivery: { problem: "unreachable" } });
    churn(2);
    await receiver.listen();
    await receiver.until("all are as they are", equal, 30_000);
    await becomes(id, { state: "active" });
    inOrder();
  });

  test("it does not answer in time", async () => {
    await world.addPeople(tenant, names);
    const { id } = await add();
    await startWorker();
    await receiver.until("all are told of", equal);
    let held = 0;
    receiver.answer = () => {
      held += 1;
      return held === 1 ? "hold" : { status: 200 };
    };
    presence.set("anna", "xa");
    await receiver.until("it is held", () => held === 1);
    churn(2);
    await receiver.until("all are as they are", equal, 40_000);
    await becomes(id, { state: "active" });
    inOrder();
  }, 60_000);

  test("429 with Retry-After: it is left alone for so long", async () => {
    await world.addPeople(tenant, names);
    await add();
    await startWorker();
    await receiver.until("all are told of", equal);
    let refused: number | undefined;
    receiver.answer = ({ at }) => {
      if (refused !== undefined) return { status: 204 };
      refused = at;
      return { status: 429, headers: { "retry-after": "4" } };
    };
    churn(1);
    await receiver.until("it is refused", () => refused !== undefined);
    churn(3);
    await receiver.until("all are as they are", equal, 30_000);
    const next = receiver.received.find(({ at }) => at > (refused ?? 0));
    expect((next?.at ?? 0) - (refused ?? 0)).toBeGreaterThanOrEqual(4_000);
    inOrder();
  });

  test("Redis is emptied and begins anew meanwhile", async () => {
    await world.addPeople(tenant, names);
    await add();
    await startWorker();
    await receiver.until("all are told of", equal);
    churn(2);
    await world.redis.flushall();
    churn(1);
    presence.set("anna", "chat", "after it");
    await receiver.until("all are as they are", equal, 30_000);
    inOrder();
  });
});

describe("switched off", () => {
  test("by 410 at once, and on again by an administrator: then it begins anew", async () => {
    await world.addPeople(tenant, ["anna", "bert"]);
    const { id } = await add();
    await startWorker();
    await receiver.until("all are told of", () => receiver.shown.size === 2);
    receiver.answer = () => ({ status: 410 });
    presence.set("anna", "away");
    await receiver.until("it is refused", () => toldAs("anna").at(-1) === "away");
    await becomes(id, { state: "off", offReason: "gone" });
    expect(await toldOf(id)).toEqual([]);
    expect(await owner(sql`select action, after from audit_entry order by position desc limit 1`)).toEqual([
      { action: "presence:webhook-off", after: { active: false, reason: "gone" } },
    ]);
    presence.set("bert", "dnd");
    await presence.written();
    const before = receiver.received.length;
    receiver.answer = () => ({ status: 200 });
    expect((await world.ask(tenant, "patch", `/${id}`, { active: true })).body).toMatchObject({ state: "active" });
    await shows("bert", "dnd");
    // Nothing came while it was off, and everybody is told of again.
    expect(receiver.received.slice(before)).toHaveLength(1);
    expect([toldAs("anna"), toldAs("bert")]).toEqual([
      ["offline", "away", "away"],
      ["offline", "dnd"],
    ]);
  });

  test("after three days without success", async () => {
    await world.addPeople(tenant, ["anna"]);
    const { id } = await add();
    receiver.answer = () => ({ status: 503 });
    await startWorker();
    await receiver.until("it fails", () => receiver.received.length === 1);
    const { failingSince } = z
      .object({ failingSince: z.iso.datetime() })
      .parse(await becomes(id, { state: "failing" }));
    world.ahead = Date.parse(failingSince) + 3 * 86_400_000 - Date.now();
    await receiver.until("it is tried a last time", () => receiver.received.length === 2, 40_000);
    const off = await becomes(id, { state: "off", offReason: "failing", failures: 2 });
    expect(off).toMatchObject({ lastDelivery: { status: 503 } });
    expect(world.lines.some((line) => line.includes("A webhook was switched off"))).toBe(true);
  }, 60_000);

  test("removed and changed at once: nothing more comes to the address of before", async () => {
    const other = await webhookReceiver();
    try {
      await world.addPeople(tenant, ["anna"]);
      const { id } = await add();
      await startWorker();
      await receiver.until("anna is told of", () => receiver.shown.size === 1);
      receiver.answer = () => ({ status: 500 });
      presence.set("anna", "away");
      await receiver.until("it fails", () => receiver.received.length >= 3);
      const before = receiver.received.length;
      await world.ask(tenant, "patch", `/${id}`, { url: other.url });
      await other.until("the other one has her", () => other.shown.get("anna")?.show === "away");
      expect(receiver.received.length).toBeLessThanOrEqual(before + 1);
      await world.ask(tenant, "delete", `/${id}`);
      const second = await world.ask(tenant, "post", "", { url: other.url });
      presence.set("anna", "xa");
      await other.until("a new webhook has her", () => other.shown.get("anna")?.show === "xa");
      const ids = other.received.slice(-1).map(({ said }) => said.data.webhook);
      expect(ids).toEqual([second.body.id]);
    } finally {
      await other.stop();
    }
  }, 60_000);
});

describe("who may not be seen", () => {
  test("who hides is told as unknown once, then not at all, and again when he is seen again", async () => {
    const [anna] = await world.addPeople(tenant, ["anna", "bert"]);
    presence.set("anna", "dnd", "Confidential talk");
    await presence.written();
    const { id } = await add();
    await startWorker();
    await shows("anna", "dnd");
    await setOwn(anna, { audience: "contacts" });
    await shows("anna", "unknown");
    expect(receiver.shown.get("anna")).toMatchObject({ status: null, since: null, available: false, devices: [] });
    await eventually(async () => isDeepStrictEqual(await toldOf(id), ["bert"]) || undefined, "she is forgotten");
    presence.set("anna", "away");
    presence.set("anna", null);
    presence.set("bert", "away");
    await shows("bert", "away");
    presence.set("anna", "chat");
    presence.set("bert", "xa");
    await shows("bert", "xa");
    expect(toldAs("anna")).toEqual(["dnd", "unknown"]);
    await setOwn(anna, { audience: "everyone" });
    await shows("anna", "chat");
    expect(toldAs("anna")).toEqual(["dnd", "unknown", "chat"]);
    expect(goneOnes()).toEqual([]);
  });

  test("a rule of the tenant hides all of them; who was never seen is never told of", async () => {
    const [anna] = await world.addPeople(tenant, ["anna", "bert", "cleo"]);
    await setOwn(anna, { audience: "nobody" });
    presence.set("anna", "online");
    presence.set("bert", "online");
    await presence.written();
    await add();
    await startWorker();
    await shows("bert", "online");
    await setRules({ within: "groups" });
    await receiver.until("both are unknown", () => showOf("bert") === "unknown" && showOf("cleo") === "unknown");
    presence.set("bert", "away");
    await setRules({ within: "everyone" });
    await shows("bert", "away");
    expect([toldAs("anna"), toldAs("bert")]).toEqual([[], ["online", "unknown", "away"]]);
  });

  test("who hides does not wait for a comparison that is under way, nor does that begin anew each time", async () => {
    const names = Array.from({ length: 1_300 }, (_, index) => `p${String(index).padStart(4, "0")}`);
    const ids = await world.addPeople(tenant, names);
    await add();
    await startWorker();
    await shows("p0000", "offline");
    // Somebody sets something for himself all the time.
    for (let turn = 0; turn < 30 && !receiver.shown.has("p0399"); turn += 1) {
      const { length } = receiver.received;
      await setOwn(ids[turn], { audience: "nobody" });
      await receiver.until("a further delivery", () => receiver.received.length > length);
    }
    expect(showOf("p0000")).toBe("unknown");
    expect(receiver.shown.has("p0399")).toBe(true);
    expect(toldAs("p0050")).toEqual(["offline"]);
  }, 60_000);

  test("working-time mode takes away since when, of everybody at once", async () => {
    await world.addPeople(tenant, ["anna"]);
    presence.set("anna", "online");
    await presence.written();
    await add();
    await startWorker();
    await shows("anna", "online");
    expect(receiver.shown.get("anna")?.since).toEqual(expect.any(String));
    await setRules({ hideTimes: true });
    await receiver.until("no time is told", () => receiver.shown.get("anna")?.since === null);
    expect(receiver.shown.get("anna")).toMatchObject({ show: "online" });
  });

  test("out of office is told, and ends by itself", async () => {
    const [anna] = await world.addPeople(tenant, ["anna"]);
    await add();
    await startWorker();
    await shows("anna", "offline");
    const until = new Date(Date.now() + 3_600_000);
    await setOwn(anna, { awayUntil: until });
    await receiver.until("she is away", () => receiver.shown.get("anna")?.outOfOffice !== null);
    expect(receiver.shown.get("anna")?.outOfOffice).toEqual({ until: until.toISOString(), text: "Urlaub" });
    world.ahead = 3_600_001;
    await receiver.until("she is back", () => receiver.shown.get("anna")?.outOfOffice === null);
  });

  test("who is deleted is gone, and the name may be another's", async () => {
    const [anna] = await world.addPeople(tenant, ["anna", "bert"]);
    await add();
    await startWorker();
    await receiver.until("both are told of", () => receiver.shown.size === 2);
    await changeDirectory(sql`delete from person where tenant_id = ${tenant} and id = ${anna}`);
    await receiver.until("anna is gone", () => !receiver.shown.has("anna"));
    expect(goneOnes()).toEqual(["anna"]);
    await world.addPeople(tenant, ["anna"]);
    await shows("anna", "offline");
  });

  test("a webhook of a group is told of its members, and of who leaves it; without the group of nobody", async () => {
    const [anna, bert] = await world.addPeople(tenant, ["anna", "bert", "cleo"]);
    const group = await world.addGroup(tenant, "Empfang", [anna ?? ""]);
    const { id } = await add({ group });
    await startWorker();
    await shows("anna", "offline");
    for (const name of ["anna", "bert", "cleo"]) presence.set(name, "online");
    await shows("anna", "online");
    await changeDirectory(
      sql`insert into group_member (tenant_id, group_id, person_id) values (${tenant}, ${group}, ${bert})`,
    );
    await shows("bert", "online");
    await changeDirectory(sql`delete from group_member where person_id = ${anna}`);
    await receiver.until("anna left", () => !receiver.shown.has("anna"));
    await changeDirectory(sql`delete from person_group where id = ${group}`);
    await receiver.until("bert as well", () => !receiver.shown.has("bert"));
    expect(await view(id)).toMatchObject({ group: { id: group, name: null } });
    expect(toldAs("cleo")).toEqual([]);
    expect(goneOnes()).toEqual(["anna", "bert"]);
  });

  test("another tenant's people are nowhere in it", async () => {
    const other = `${tenant}-b`;
    await world.addTenant(other);
    await world.addPeople(other, ["zoe", "anna"]);
    const theirs = livePresence(world.redis, other);
    theirs.start();
    try {
      await world.addPeople(tenant, ["anna"]);
      await add();
      await startWorker();
      await shows("anna", "offline");
      theirs.set("anna", "dnd", "theirs");
      theirs.set("zoe", "dnd");
      presence.set("anna", "away");
      await shows("anna", "away");
      expect(toldAs("zoe")).toEqual([]);
      expect(toldAs("anna")).toEqual(["offline", "away"]);
    } finally {
      await theirs.close();
    }
  });
});

test("while the state is unknown nothing is told for a minute, then that it is unknown, then how it is", async () => {
  await world.addPeople(tenant, ["anna"]);
  presence.set("anna", "online");
  await presence.written();
  await add();
  await startWorker();
  await shows("anna", "online");
  presence.stop();
  presence.set("anna", "away");
  const stopped = world.clock();
  const unknown = () => receiver.received.filter(({ said }) => said.data.since === null);
  await eventually(async () => {
    world.ahead += 10_000;
    return unknown().length > 0 || undefined;
  }, "it is told");
  const [told] = unknown();
  expect(Date.parse(told?.said.timestamp ?? "") - stopped).toBeGreaterThanOrEqual(60_000);
  expect(told?.said.data).toMatchObject({ people: [], gone: [] });
  presence.start();
  await shows("anna", "away");
  expect(receiver.received.at(-1)?.said.data.since).toEqual(expect.any(String));
});

test("three workers deliver as one", async () => {
  const names = Array.from({ length: 40 }, (_, index) => `p${index}`);
  await world.addPeople(tenant, names);
  await add();
  for (let turn = 0; turn < 3; turn += 1) await startWorker();
  await receiver.until("all are told of", () => receiver.shown.size === 40);
  for (const show of ["away", "dnd", "xa"] as const) {
    for (const name of names) presence.set(name, show);
    await receiver.until(`all are ${show}`, () => names.every((name) => showOf(name) === show));
  }
  inOrder();
  expect(toldAs("p0")).toEqual(["offline", "away", "dnd", "xa"]);
});

test("a tenant that is suspended is told nothing, and all when it is resumed; one that is closed loses its webhooks", async () => {
  await world.addPeople(tenant, ["anna"]);
  const { id } = await add();
  await startWorker();
  await shows("anna", "offline");
  const become = (status: string) => owner(sql`update tenant set status = ${status} where id = ${tenant}`);
  const second = `${tenant}-b`;
  await world.addTenant(second);
  await world.addPeople(second, ["mark"]);
  const theirs = livePresence(world.redis, second);
  theirs.start();
  const elsewhere = await webhookReceiver();
  try {
    await world.ask(second, "post", "", { url: elsewhere.url });
    await elsewhere.until("mark is told of", () => elsewhere.shown.has("mark"));
    await become("suspended");
    presence.set("anna", "away");
    theirs.set("mark", "away");
    await elsewhere.until("mark is away", () => elsewhere.shown.get("mark")?.show === "away");
    theirs.set("mark", "dnd");
    await elsewhere.until("mark is busy", () => elsewhere.shown.get("mark")?.show === "dnd");
    expect(showOf("anna")).toBe("offline");
    await become("active");
    await shows("anna", "away");
    await become("closed");
    const left = async () => (await owner(sql`select id from presence_webhook where id = ${id}`)).length;
    await eventually(async () => (await left()) === 0 || undefined, "it is gone");
    expect(await toldOf(id)).toEqual([]);
    expect(
      await owner(sql`select action from audit_entry where tenant_id = ${tenant} order by position desc limit 1`),
    ).toEqual([{ action: "presence:webhook-remove" }]);
  } finally {
    await theirs.close();
    await elsewhere.stop();
    await world.ask(second, "get");
    await owner(sql`delete from presence_webhook where tenant_id = ${second}`, second);
  }
});

test("secrets that were sealed under another master: nothing is sent, and it is said why", async () => {
  await world.addPeople(tenant, ["anna"]);
  const { id } = await add();
  await owner(
    sql`update presence_webhook set secrets = '[{"sealed": "bm90IHNlYWxlZCBieSB1cywgYnV0IGxvbmcgZW5vdWdo", "until": null}]'`,
  );
  await startWorker();
  expect(await becomes(id, { state: "failing" })).toMatchObject({
    lastDelivery: { status: null, problem: "secret-lost" },
  });
  expect(receiver.received).toEqual([]);
  // A new one heals it by itself.
  const { secret } = (await world.ask(tenant, "post", `/${id}/secret`)).body;
  await shows("anna", "offline", 40_000);
  expect(await verified(receiver.received.map((received) => ({ secret, received })))).toEqual([true]);
}, 60_000);

test("logs hold neither secrets nor addresses of receivers nor people", async () => {
  await world.addPeople(tenant, ["wilhelmine"]);
  const from = world.lines.length;
  const { secret } = await add();
  receiver.answer = () => ({ status: 500, body: "wilhelmine says no" });
  await startWorker();
  presence.set("wilhelmine", "dnd", "private words");
  await receiver.until("it fails twice", () => receiver.received.length >= 2);
  const lines = world.lines.slice(from).join("\n");
  expect(lines).toContain("did not take a delivery");
  for (const each of [secret, secret.slice(6), "very-private", "localhost:", "wilhelmine", "private words"]) {
    expect(lines).not.toContain(each);
  }
});
