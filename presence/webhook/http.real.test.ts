/** The REST door of webhooks over a database of its own, with receivers that really listen. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { newId } from "../../platform/ids.ts";
import { verified, type WebhookReceiver, webhookReceiver } from "../../test/support/webhook-receiver.ts";
import { type WebhookWorld, webhookWorld } from "../../test/support/webhook-world.ts";

let world: WebhookWorld;
let receiver: WebhookReceiver;
beforeAll(async () => {
  world = await webhookWorld();
  receiver = await webhookReceiver();
  await world.addTenant("other");
}, 60_000);
afterAll(async () => {
  await receiver.stop();
  await world.close();
});

const made = z.looseObject({ id: z.uuid(), secret: z.string(), version: z.int() });
const DAY_MS = 86_400_000;

/** A tenant of the test's own. */
async function newTenant(): Promise<string> {
  const id = `wh-${randomUUID().slice(0, 8)}`;
  await world.addTenant(id);
  return id;
}
async function add(tenant: string, body: object = { url: receiver.url }) {
  const answer = await world.ask(tenant, "post", "", body);
  expect(answer.status).toBe(201);
  return made.parse(answer.body);
}
const auditOf = (tenant: string) =>
  world.scratch.db.withTenants([tenant], async (trx: Transaction<unknown>) => {
    const { rows } = await sql<{ action: string; object: string; before: unknown; after: unknown }>`
      select action, object, before, after from audit_entry where tenant_id = ${tenant} order by position`.execute(trx);
    return rows;
  });

test("a webhook is made with a secret that is shown once, read, changed, switched off and removed", async () => {
  const tenant = await newTenant();
  const [person] = await world.addPeople(tenant, ["anna"]);
  const group = await world.addGroup(tenant, "Empfang", [person ?? ""]);
  const { secret, ...webhook } = await add(tenant);
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(webhook).toEqual({
    ...{ id: webhook.id, url: receiver.url, group: null, state: "active", offReason: null, failures: 0 },
    ...{ failingSince: null, nextAttemptAt: null, lastDelivery: null, formerSecretUntil: null },
    ...{ createdAt: expect.any(String), version: 1 },
  });
  expect((await world.ask(tenant, "get")).body).toEqual({ webhooks: [webhook] });

  const read = await world.ask(tenant, "get", `/${webhook.id}`);
  expect(read.body).toEqual(webhook);
  const tag = { "If-Match": read.headers.etag ?? "" };
  const changed = await world.ask(tenant, "patch", `/${webhook.id}`, { group }, tag);
  expect(changed.body).toMatchObject({ group: { id: group, name: "Empfang" }, url: receiver.url, version: 2 });
  expect((await world.ask(tenant, "patch", `/${webhook.id}`, { active: false }, tag)).status).toBe(412);
  expect((await world.ask(tenant, "delete", `/${webhook.id}`, undefined, tag)).status).toBe(412);
  const off = await world.ask(tenant, "patch", `/${webhook.id}`, { active: false });
  expect(off.body).toMatchObject({ state: "off", offReason: "switched-off", version: 3 });
  // Nothing new is no change.
  const same = await world.ask(tenant, "patch", `/${webhook.id}`, { active: false, url: receiver.url, group });
  expect(same.body).toMatchObject({ version: 3 });
  expect((await world.ask(tenant, "patch", `/${webhook.id}`, { active: true })).body).toMatchObject({
    ...{ state: "active", offReason: null },
  });
  expect((await world.ask(tenant, "delete", `/${webhook.id}`)).status).toBe(204);
  expect((await world.ask(tenant, "get", `/${webhook.id}`)).status).toBe(404);

  const log = await auditOf(tenant);
  expect(log.map(({ action }) => action)).toEqual([
    "presence:webhook-add",
    "presence:webhook-change",
    "presence:webhook-change",
    "presence:webhook-change",
    "presence:webhook-remove",
  ]);
  expect(log[1]).toMatchObject({
    object: `presence-webhook/${webhook.id}`,
    before: { group: null, active: true },
    after: { group, active: true },
  });
  // What stands in the query of an address may be a secret, too.
  expect(JSON.stringify(log)).not.toContain("very-private");
});

test("a test is delivered at once, signed as another library checks it, and says nothing of anybody", async () => {
  const tenant = await newTenant();
  await world.addPeople(tenant, ["anna"]);
  const { id, secret } = await add(tenant);
  const before = receiver.received.length;
  const answer = await world.ask(tenant, "post", `/${id}/test`);
  expect(answer.body).toEqual({ delivered: true, status: 204, problem: null, milliseconds: expect.any(Number) });
  const [received] = receiver.received.slice(before);
  if (!received) throw new Error("nothing was received");
  expect(received.said).toEqual({
    type: "presence.test",
    timestamp: expect.any(String),
    data: { tenant, webhook: id },
  });
  expect(received.headers).toMatchObject({ "content-type": "application/json" });
  const forged = { ...received, body: received.body.replace("presence.test", "presence.fake") };
  const other = `whsec_${Buffer.from(randomUUID()).toString("base64")}`;
  expect(
    await verified([
      { secret, received },
      { secret, received: forged },
      { secret: other, received },
    ]),
  ).toEqual([true, expect.stringContaining("No matching signature"), expect.stringContaining("No matching signature")]);
});

test("after a new secret both sign for a day, then the new one alone", async () => {
  const tenant = await newTenant();
  const { id, secret: former } = await add(tenant);
  const answer = await world.ask(tenant, "post", `/${id}/secret`);
  const { secret } = made.parse(answer.body);
  expect(secret).not.toBe(former);
  const deliver = async () => {
    const before = receiver.received.length;
    await world.ask(tenant, "post", `/${id}/test`);
    const [received] = receiver.received.slice(before);
    if (!received) throw new Error("nothing was received");
    return received;
  };
  try {
    const both = await deliver();
    expect(
      await verified([
        { secret, received: both },
        { secret: former, received: both },
      ]),
    ).toEqual([true, true]);
    world.ahead = DAY_MS - 60_000;
    expect((await deliver()).headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    world.ahead = DAY_MS + 60_000;
    expect((await deliver()).headers["webhook-signature"]?.split(" ")).toHaveLength(1);
    expect((await world.ask(tenant, "get", `/${id}`)).body).toMatchObject({ formerSecretUntil: null });
  } finally {
    world.ahead = 0;
  }
});

test("five secrets sign at once, and a sixth within a day is refused", async () => {
  const tenant = await newTenant();
  const { id, secret: first } = await add(tenant);
  const secrets = [first];
  for (let turn = 0; turn < 4; turn += 1) {
    secrets.push(made.parse((await world.ask(tenant, "post", `/${id}/secret`)).body).secret);
  }
  expect((await world.ask(tenant, "post", `/${id}/secret`)).status).toBe(429);
  const before = receiver.received.length;
  await world.ask(tenant, "post", `/${id}/test`);
  const [received] = receiver.received.slice(before);
  if (!received) throw new Error("nothing was received");
  expect(await verified(secrets.map((secret) => ({ secret, received })))).toEqual(secrets.map(() => true));
});

test("secrets stand nowhere in clear: not in answers, the database, the audit log, nor in what is logged", async () => {
  const tenant = await newTenant();
  const { id, secret } = await add(tenant);
  const second = made.parse((await world.ask(tenant, "post", `/${id}/secret`)).body).secret;
  const answers = [
    await world.ask(tenant, "get"),
    await world.ask(tenant, "get", `/${id}`),
    await world.ask(tenant, "patch", `/${id}`, { active: false }),
    await world.ask(tenant, "post", `/${id}/test`),
  ];
  const rows = await world.scratch.owner.withTenants([tenant], async (trx: Transaction<unknown>) => {
    const { rows: found } = await sql`select * from presence_webhook where tenant_id = ${tenant}`.execute(trx);
    return found;
  });
  expect(rows).toHaveLength(1);
  const texts = [...answers.map(({ text }) => text), JSON.stringify(rows), JSON.stringify(await auditOf(tenant))];
  for (const each of [secret, second]) {
    for (const text of [...texts, world.lines.join("\n")]) {
      expect(text).not.toContain(each);
      expect(text).not.toContain(each.slice("whsec_".length));
    }
  }
});

test("sealed for one webhook, a secret opens for no other", async () => {
  const tenant = await newTenant();
  const [one, other] = [await add(tenant), await add(tenant)];
  await world.scratch.owner.withTenants([tenant], (trx: Transaction<unknown>) =>
    sql`update presence_webhook set secrets = (select secrets from presence_webhook where id = ${one.id})
      where id = ${other.id}`.execute(trx),
  );
  const answer = await world.ask(tenant, "post", `/${other.id}/test`);
  expect([answer.status, answer.body.detail]).toEqual([503, expect.stringContaining("make a new one")]);
  // And a new one helps.
  await world.ask(tenant, "post", `/${other.id}/secret`);
  expect((await world.ask(tenant, "post", `/${other.id}/test`)).body).toMatchObject({ delivered: true });
});

test("ten at most, also when two ask for the tenth at once", async () => {
  const tenant = await newTenant();
  for (let turn = 0; turn < 9; turn += 1) await add(tenant);
  const answers = await Promise.all([1, 2, 3].map(() => world.ask(tenant, "post", "", { url: receiver.url })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 429, 429]);
});

describe("what comes of a test", () => {
  const outcomes: readonly [string, WebhookReceiver["answer"], object][] = [
    ["an error", () => ({ status: 500, body: "x" }), { delivered: false, status: 500, problem: "status" }],
    [
      "a redirect, which is not followed",
      () => ({ status: 302, headers: { location: "http://localhost:1/" } }),
      { delivered: false, status: 302, problem: "status" },
    ],
    ["a connection that is cut", () => "close", { delivered: false, status: null, problem: "unreachable" }],
    [
      "an endless answer",
      () => ({ status: 200, body: "x".repeat(70_000) }),
      { delivered: false, status: null, problem: "too-large" },
    ],
    ["a status that is none", () => ({ status: 999 }), { delivered: false, status: null, problem: "unreachable" }],
  ];
  test.each(outcomes)("%s", async (_what, answer, wanted) => {
    const tenant = await newTenant();
    const { id } = await add(tenant);
    const usual = receiver.answer;
    receiver.answer = answer;
    try {
      expect((await world.ask(tenant, "post", `/${id}/test`)).body).toMatchObject(wanted);
    } finally {
      receiver.answer = usual;
    }
    // A test is no delivery: the state stays.
    expect((await world.ask(tenant, "get", `/${id}`)).body).toMatchObject({ state: "active", failures: 0 });
  });

  test("nobody there", async () => {
    const tenant = await newTenant();
    const { id } = await add(tenant, { url: "http://localhost:1/" });
    expect((await world.ask(tenant, "post", `/${id}/test`)).body).toMatchObject({ problem: "unreachable" });
  });

  test("too many tests", async () => {
    const tenant = await newTenant();
    const { id } = await add(tenant);
    for (let turn = 0; turn < 10; turn += 1) await world.ask(tenant, "post", `/${id}/test`);
    const answer = await world.ask(tenant, "post", `/${id}/test`);
    expect([answer.status, answer.headers["retry-after"]]).toEqual([429, expect.any(String)]);
  });
});

describe("refused", () => {
  test.each([
    ["user and password in the address", { url: "https://me:pass@example.org/" }],
    ["a fragment", { url: "https://example.org/#a" }],
    ["another scheme", { url: "ftp://example.org/" }],
    ["no address", { url: "example.org" }],
    ["one that is too long", { url: `https://example.org/${"x".repeat(500)}` }],
    ["none", {}],
    ["more than is known", { url: "https://example.org/", secret: "whsec_mine" }],
    ["a group that is no id", { url: "https://example.org/", group: "Empfang" }],
  ])("%s", async (_what, body) => {
    const tenant = await newTenant();
    expect((await world.ask(tenant, "post", "", body)).status).toBe(400);
  });

  test("a group that is not there, or another tenant's", async () => {
    const tenant = await newTenant();
    const theirs = await world.addGroup("other", `Gruppe ${newId()}`, []);
    for (const group of [newId(), theirs]) {
      const answer = await world.ask(tenant, "post", "", { url: receiver.url, group });
      expect([answer.status, answer.body.detail]).toEqual([404, "There is no such group"]);
    }
  });

  test("another tenant's webhook, by every way", async () => {
    const tenant = await newTenant();
    const { id } = await add(tenant);
    const answers = [
      await world.ask("other", "get", `/${id}`),
      await world.ask("other", "patch", `/${id}`, { active: false }),
      await world.ask("other", "delete", `/${id}`),
      await world.ask("other", "post", `/${id}/secret`),
      await world.ask("other", "post", `/${id}/test`),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect((await world.ask(tenant, "get", `/${id}`)).body).toMatchObject({ version: 1, state: "active" });
  });
});

describe("where addresses that are not public are not allowed", () => {
  let strict: WebhookWorld;
  beforeAll(async () => {
    strict = await webhookWorld(false);
    await strict.addTenant("strict");
  }, 60_000);
  afterAll(() => strict.close());

  test("plain HTTP is refused", async () => {
    expect((await strict.ask("strict", "post", "", { url: receiver.url })).status).toBe(400);
  });
  test.each([
    ["https://127.0.0.1/", "local-address"],
    // A name that only its look-up shows to be local.
    ["https://localhost/", "local-address"],
  ])("%s is not told", async (url, problem) => {
    const { id } = made.parse((await strict.ask("strict", "post", "", { url })).body);
    expect((await strict.ask("strict", "post", `/${id}/test`)).body).toMatchObject({ delivered: false, problem });
  });
});
