/** People over REST in process, their accounts carried out by the running components process. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import express from "express";
import { sql } from "kysely";
import request from "supertest";
import { z } from "zod";
import { signIn } from "../cli/client/xmpp-client.ts";
import { apiRouter, problemHandler } from "../platform/http.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { type OwnTenants, ownTenants } from "../test/support/own-tenants.ts";
import { tokenFor } from "../test/support/principal.ts";
import { eventually, openTestDatabase, realStack, silentLog } from "../test/support/real.ts";
import { csvBody } from "./import-http.ts";
import { invitationRoutes } from "./invitation-http.ts";
import { invitationThrottle } from "./invitation-throttle.ts";
import { peopleRoutes } from "./people-http.ts";
import type { PersonTables } from "./person-tables.ts";

const { demo, settings } = realStack();
const other = demo.tenants[0]?.id ?? "";
let tenant = "";
let domain = "";
let tenants: OwnTenants;
const db = openTestDatabase();
const redis = openRedis(settings.redis.url, silentLog);
const unique = (name: string) => `zz-${name}-${newId().slice(-8)}`;
const good = "wolke tisch ampel";
const better = "lampe brücke regal";

const app = express();
const actions = [
  "person:read",
  "person:create",
  "person:change",
  "person:delete",
  "group:read",
  "group:change",
] as const;

beforeAll(async () => {
  await redisReady(redis, 5_000);
  tenants = await ownTenants();
  ({ id: tenant, domain } = await tenants.create("leute"));
  const { quotas } = settings;
  const publicUrl = settings.http.publicUrl;
  const deps = { db, redis, log: silentLog, quotas, clock: Date.now, newId, secret: settings.xmpp.secret, publicUrl };
  const throttle = invitationThrottle(redis, `test:${newId()}`);
  app.use("/api/v1/tenants/:tenant/people/import", csvBody);
  app.use(
    "/api/v1",
    apiRouter([...peopleRoutes(deps), ...invitationRoutes({ ...deps, throttle })], async () =>
      tokenFor(tenant, ...actions),
    ),
  );
  app.use(problemHandler(silentLog));
});

afterAll(async () => {
  await tenants.close();
  redis.disconnect();
  await db.close();
});

const path = (rest: string, of = tenant) => `/api/v1/tenants/${of}/${rest}`;
const person = z.object({
  id: z.string(),
  status: z.string(),
  account: z.string(),
  invitation: z.object({ link: z.string() }).nullable().optional(),
});
const linked = z.object({ link: z.string() });

async function add(body: object) {
  return person.parse((await request(app).post(path("people")).send(body).expect(201)).body);
}
async function settled(id: string, account = "present") {
  return eventually(async () => {
    const found = person.parse(
      (
        await request(app)
          .get(path(`people/${id}`))
          .expect(200)
      ).body,
    );
    return found.account === account ? found : undefined;
  }, `the account ${account}`);
}
const enter = (localpart: string, password: string) =>
  signIn({ host: demo.xmpp.host, port: demo.xmpp.port, jid: `${localpart}@${domain}`, password });
const tokenOf = (link: string | undefined) => new URL(link ?? "").hash.slice(1);

async function actionsOf(id: string): Promise<string[]> {
  const rows = await db.withTenants([tenant], (trx) =>
    sql<{ action: string }>`select action from audit_entry where tenant_id = ${tenant} and object = ${`person/${id}`}
      order by position`.execute(trx),
  );
  return rows.rows.map((row) => row.action);
}

describe("a person's life", () => {
  test("invited, signed in, disabled, back and deleted: the XMPP server follows and all is on record", async () => {
    const localpart = unique("life");
    const made = await add({ localpart, name: "Zoe Zander" });
    expect(made).toMatchObject({ status: "invited", account: expect.stringMatching(/^(pending|present)$/) });
    await settled(made.id);
    await expect(enter(localpart, good)).rejects.toThrow(/not-authorized/);

    const token = tokenOf(made.invitation?.link);
    const accept = (password: string, which = token) =>
      request(app).post("/api/v1/invitations/accept").send({ token: which, password });
    expect((await accept("zander 2026 hund").expect(400)).body.detail).toMatch(/own name/);
    await accept(good).expect(200);
    await accept(better).expect(410);
    expect(await settled(made.id)).toMatchObject({ status: "active" });
    const client = await enter(localpart, good);
    const closed = new Promise<void>((resolve) => client.onClose(resolve));

    await request(app)
      .post(path(`people/${made.id}/disable`))
      .expect(202);
    await closed;
    await settled(made.id);
    await expect(enter(localpart, good)).rejects.toThrow(/not-authorized/);

    const back = linked.parse(
      (
        await request(app)
          .post(path(`people/${made.id}/enable`))
          .expect(201)
      ).body,
    );
    await accept(better, tokenOf(back.link)).expect(200);
    await settled(made.id);
    await (await enter(localpart, better)).stop();

    await request(app)
      .delete(path(`people/${made.id}`))
      .expect(202);
    await eventually(async () => {
      const { status } = await request(app).get(path(`people/${made.id}`));
      return status === 404 ? true : undefined;
    }, "the person to be gone");
    await expect(enter(localpart, better)).rejects.toThrow(/not-authorized/);
    // What he has in rooms ends beside, and once more when the account is gone.
    const actions = await actionsOf(made.id);
    expect(actions.at(-1)).toBe("person:untie");
    expect(actions.filter((action) => action !== "person:untie")).toEqual([
      ...["person:create", "account:create", "person:set-password", "account:password", "person:disable"],
      ...["account:disable", "person:enable", "person:set-password", "account:password", "person:delete"],
      "account:delete",
    ]);
  });

  test("of ten that use a link at once, one sets the password", async () => {
    const made = await add({ localpart: unique("race"), name: "Rosa Ritter" });
    const token = tokenOf(made.invitation?.link);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => request(app).post("/api/v1/invitations/accept").send({ token, password: good })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(410)]);
  });

  test("the secret of a link does not stand in the database", async () => {
    const localpart = unique("seal");
    const made = await add({ localpart, name: "Ida Ilse" });
    const token = tokenOf(made.invitation?.link);
    await db.withTenants<PersonTables, void>([tenant], async (trx) => {
      const rows = await trx.selectFrom("invitation").selectAll().where("person_id", "=", made.id).execute();
      expect(rows).toHaveLength(1);
      expect(JSON.stringify(rows)).not.toContain(token.split(".")[1]);
    });
  });
});

describe("what is refused", () => {
  test.each([
    ["a taken local part", { localpart: "TAKEN", name: "Ada" }, 409],
    ["upper case", { localpart: "Anna", name: "Anna" }, 400],
    ["an address as local part", { localpart: "anna@amt", name: "Anna" }, 400],
    ["a NUL in the name", { localpart: "zz-nul", name: "A\u0000" }, 400],
    ["a bad password", { localpart: "zz-weak", name: "Wim", password: "Passwort1234" }, 400],
    [
      "a member that is not asked for",
      { localpart: "zz-mass", name: "Max", status: "active", roles: ["operator"] },
      400,
    ],
  ])("%s", async (_what, body, status) => {
    const taken = unique("taken");
    if (body.localpart === "TAKEN") await add({ localpart: taken, name: "Ada" });
    const sent = { ...body, localpart: body.localpart.replace("TAKEN", taken) };
    await request(app).post(path("people")).send(sent).expect(status);
  });

  test("another tenant's people look as if they were not there", async () => {
    await request(app).get(path("people", other)).expect(404);
    await request(app)
      .delete(path(`people/${newId()}`))
      .expect(404);
  });

  test("a change of what somebody else changed meanwhile", async () => {
    const made = await add({ localpart: unique("etag"), name: "Eva" });
    const change = (name: string) =>
      request(app)
        .put(path(`people/${made.id}`))
        .set("If-Match", '"v1"')
        .send({ name, email: null });
    await change("Eva Eins").expect(200);
    await change("Eva Zwei").expect(412);
  });

  test("changing who holds a role beyond the tenant", async () => {
    const made = await add({ localpart: unique("operator"), name: "Otto" });
    const row = { tenant_id: tenant, person_id: made.id, role: "operator", scope: null, reason: null };
    await db.withTenants<PersonTables, unknown>([tenant], (trx) =>
      trx
        .insertInto("role_grant")
        .values({ ...row, granted_by: "test", created_at: new Date(), expires_at: null })
        .execute(),
    );
    await request(app)
      .post(path(`people/${made.id}/password-reset`))
      .expect(403);
    await request(app)
      .post(path(`people/${made.id}/disable`))
      .expect(403);
  });
});

describe("groups and lists", () => {
  test("members are found by their group, page by page, in both orders", async () => {
    const name = unique("group");
    const group = z
      .object({ id: z.string() })
      .parse((await request(app).post(path("groups")).send({ name }).expect(201)).body);
    await request(app).post(path("groups")).send({ name }).expect(409);
    const people = [];
    for (const each of ["c", "a", "b"]) people.push(await add({ localpart: unique(each), name: `Zz ${each}` }));
    for (const { id } of people)
      await request(app)
        .put(path(`groups/${group.id}/members/${id}`))
        .expect(204);
    const page = z.object({ items: z.array(z.object({ name: z.string() })), next: z.string().nullable() });
    const walk = async (sort: string) => {
      const names: string[] = [];
      for (let next: string | null = ""; next !== null; ) {
        const query = { group: group.id, sort, limit: 2, ...(next ? { cursor: next } : {}) };
        const got = page.parse((await request(app).get(path("people")).query(query).expect(200)).body);
        names.push(...got.items.map((item) => item.name));
        next = got.next;
      }
      return names;
    };
    expect(await walk("name")).toEqual(["Zz a", "Zz b", "Zz c"]);
    expect(await walk("-name")).toEqual(["Zz c", "Zz b", "Zz a"]);
    await request(app)
      .delete(path(`groups/${group.id}/members/${people[0]?.id}`))
      .expect(204);
    expect(await walk("name")).toEqual(["Zz a", "Zz b"]);
    await request(app)
      .delete(path(`groups/${group.id}`))
      .expect(204);
    await request(app)
      .get(path(`groups/${group.id}`))
      .expect(404);
  });
});

test("a person is put into groups; a change of the membership meanwhile is told", async () => {
  const groups = [];
  for (const name of [unique("g1"), unique("g2")]) {
    const { body } = await request(app).post(path("groups")).send({ name }).expect(201);
    groups.push(z.object({ id: z.string(), name: z.string() }).parse(body));
  }
  const [one, two] = groups;
  if (!one || !two) throw new Error("no groups");
  const { id } = await add({ localpart: unique("grouped"), name: "Zz Grouped" });
  const at = path(`people/${id}`);
  const read = await request(app).get(at).expect(200);
  expect(read.body.groups).toEqual([]);
  await request(app)
    .put(path(`groups/${one.id}/members/${id}`))
    .expect(204);
  const change = { name: "Zz Grouped", email: null, groups: [two.id] };
  const old = read.headers.etag ?? "";
  await request(app).put(at).set("If-Match", old).send(change).expect(412);
  const again = await request(app).get(at).expect(200);
  const changed = await request(app)
    .put(at)
    .set("If-Match", again.headers.etag ?? "")
    .send(change);
  expect(changed.body.groups).toEqual([{ id: two.id, name: two.name }]);
  // Left out they stay; one that is not there changes nothing.
  const { groups: _all, ...without } = change;
  expect((await request(app).put(at).send(without).expect(200)).body.groups).toHaveLength(1);
  await request(app)
    .put(at)
    .send({ ...change, groups: [newId()] })
    .expect(404);
  expect((await request(app).get(at).expect(200)).body.groups).toHaveLength(1);
  for (const group of groups)
    await request(app)
      .delete(path(`groups/${group.id}`))
      .expect(204);
});

describe("import", () => {
  const report = z.object({
    lines: z.array(z.object({ line: z.number(), problem: z.string().nullable() })),
    good: z.number(),
    bad: z.number(),
    imported: z.number(),
  });
  const send = async (csv: string, query: object = {}) =>
    report.parse(
      (
        await request(app)
          .post(path("people/import"))
          .query(query)
          .set("Content-Type", "text/csv")
          .send(csv)
          .expect(200)
      ).body,
    );

  test("nobody comes in with a broken line, unless it is asked for; a dry run changes nothing", async () => {
    const [one, two] = [unique("csv"), unique("csv")];
    const csv = `localpart,name,email\n${one},"Zeta, Zoe",z@example.org\n${two},Zwei\nBAD NAME,Drei,\n${one},Again,\n`;
    const rejected = await send(csv);
    expect(rejected).toMatchObject({ good: 1, bad: 3, imported: 0 });
    expect(rejected.lines.map(({ line, problem }) => [line, problem])).toEqual([
      [2, null],
      [3, expect.stringMatching(/2 columns instead of 3/)],
      [4, expect.stringMatching(/localpart/)],
      [5, expect.stringMatching(/stands in line 2 already/)],
    ]);
    expect(await send(csv, { partial: true, dryRun: true })).toMatchObject({ imported: 0 });
    expect(await send(csv, { partial: true })).toMatchObject({ imported: 1 });
    expect((await send(`localpart;name\n${one};Noch einmal\n`)).lines[0]?.problem).toMatch(/there already/);
  });

  test.each([
    ["no heading", "anna,Anna\n"],
    ["an open quote", 'localpart,name\nzz-quote,"Anna\n'],
  ])("%s is no CSV of people", async (_what, csv) => {
    await request(app).post(path("people/import")).send({ csv }).expect(400);
  });
});
