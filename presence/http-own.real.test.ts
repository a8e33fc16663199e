/** The rules of a tenant and what people set for themselves, over REST. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import { onWake } from "../platform/wake.ts";
import { home, type PresenceWorld, partner, presenceWorld } from "../test/support/presence-world.ts";
import { tokenFor } from "../test/support/principal.ts";
import { silentLog } from "../test/support/real.ts";
import { presenceRulesChanged } from "./events.ts";
import { absenceDeletion } from "./index.ts";
import { until } from "./redis-under-test.ts";
import { writeKept } from "./rosters-kept.ts";

let world: PresenceWorld;
const administrator = tokenFor(home, "presence:read", "presence:change", "person:read", "person:change");
const RULES = `/tenants/${home}/presence-rules`;
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString();
const wish = { audience: null, hideTimes: false, outOfOffice: null, badge: false };

beforeAll(async () => {
  world = await presenceWorld();
  await world.addPerson(home, "ada");
  await world.addPerson(home, "ben");
  await world.addPerson(partner, "cem");
});
afterAll(() => world.close());

async function auditOf(action: string) {
  const { rows } = await world.db.withTenants([home], (trx: Transaction<unknown>) =>
    sql<{ object: string; before: object; after: object }>`
      select object, before, after from audit_entry where tenant_id = ${home} and action = ${action} order by position`.execute(
      trx,
    ),
  );
  return rows;
}

describe("the rules of a tenant", () => {
  test("defaults, a change with its version, and a stale one", async () => {
    const first = await world.ask(administrator, "get", RULES).expect(200);
    expect(first.body).toEqual({
      ...{ within: "everyone", partners: "contacts", hideTimes: false, badges: false, version: 0, rosters: null },
    });
    const to = { within: "groups", partners: "nobody", hideTimes: true, badges: true };
    const set = await world.ask(administrator, "put", RULES, to, { "If-Match": first.headers.etag }).expect(200);
    expect(set.body).toEqual({ ...to, version: 1, rosters: null });
    await world.ask(administrator, "put", RULES, to, { "If-Match": first.headers.etag }).expect(412);
    const same = { "If-None-Match": set.headers.etag };
    await world.ask(administrator, "get", RULES, undefined, same).expect(304);
    // Whether rosters keep to them is known later: another answer, of the same version.
    await writeKept(world.redis, home, true);
    expect((await world.ask(administrator, "get", RULES, undefined, same).expect(200)).body).toEqual({
      ...{ ...to, version: 1, rosters: true },
    });
    await world.redis.flushall();
    expect(await auditOf("presence:rules")).toMatchObject([{ object: `tenant/${home}`, before: {}, after: to }]);
    // What is left out is as at the beginning.
    expect((await world.ask(administrator, "put", RULES, {}).expect(200)).body).toEqual({ ...first.body, version: 2 });
  });

  test("two first changes at once are two versions", async () => {
    const path = `/tenants/${partner}/presence-rules`;
    const of = tokenFor(partner, "presence:change");
    const both = await Promise.all([world.ask(of, "put", path, {}), world.ask(of, "put", path, {})]);
    expect(both.map(({ body }) => body.version).sort()).toEqual([1, 2]);
  });

  test.each([
    ["an audience that is none", { within: "friends" }],
    ["groups of partners, which do not exist", { partners: "groups" }],
    ["what is no rule", { within: "everyone", lastSeen: true }],
    ["no object", []],
  ])("refused: %s", async (_name, body) => {
    await world.ask(administrator, "put", RULES, body).expect(400);
  });

  test("who may not change them, and another tenant", async () => {
    await world.ask(world.token, "put", RULES, {}).expect(403);
    await world.ask(administrator, "put", `/tenants/${partner}/presence-rules`, {}).expect(404);
    await world.ask(tokenFor(null, "presence:change"), "put", "/tenants/nobody/presence-rules", {}).expect(404);
  });
});

describe("one's own presence", () => {
  test("hides more, never less than the tenant", async () => {
    const ada = world.personal(home, "ada");
    const first = await world.ask(ada, "get", "/own/presence").expect(200);
    expect(first.body).toEqual({ ...wish, effective: "everyone", badge: null, version: 0 });
    await world.setRules(home, { within: "contacts" });
    const wide = await world.ask(ada, "put", "/own/presence", { ...wish, audience: "everyone" }).expect(200);
    expect(wide.body).toMatchObject({ audience: "everyone", effective: "contacts", version: 1 });
    const narrow = await world.ask(ada, "put", "/own/presence", { ...wish, audience: "nobody" }).expect(200);
    expect(narrow.body).toMatchObject({ audience: "nobody", effective: "nobody", version: 2 });
    await world.setRules(home, {});
  });

  test("If-Match names the version, whatever is shown besides", async () => {
    const ben = world.personal(home, "ben");
    const { etag } = (await world.ask(ben, "get", "/own/presence").expect(200)).headers;
    await world.ask(ben, "put", "/own/presence", wish, { "If-Match": etag }).expect(200);
    await world.ask(ben, "put", "/own/presence", wish, { "If-Match": etag }).expect(412);
    const again = (await world.ask(ben, "get", "/own/presence")).headers.etag;
    await world.ask(ben, "get", "/own/presence", undefined, { "If-None-Match": again }).expect(304);
    // The tenant's rules decide what holds: then it is another answer, but no other version.
    await world.setRules(home, { within: "groups" });
    await world.ask(ben, "get", "/own/presence", undefined, { "If-None-Match": again }).expect(200);
    await world.ask(ben, "put", "/own/presence", wish, { "If-Match": again }).expect(200);
    await world.setRules(home, {});
  });

  test("a badge has a new address each time it is switched on, and says whether it is shown", async () => {
    const set = async (badge: boolean) => (await world.setOwn(home, "ada", { badge })).body.badge;
    const first = await set(true);
    expect(first).toEqual({
      svg: expect.stringMatching(/^https:\/\/kontor\.example\/presence\/amt\/[0-9a-f-]{36}\.svg$/),
      json: expect.stringMatching(/\.json$/),
      shown: false,
    });
    await world.setRules(home, { badges: true });
    expect(await set(true)).toEqual({ ...first, shown: true });
    expect(await set(false)).toBeNull();
    expect((await set(true)).svg).not.toBe(first.svg);
    await world.setRules(home, {});
  });

  test("tokens have none", async () => {
    await world.ask(tokenFor(home, "own:read"), "get", "/own/presence").expect(403);
    await world.ask(tokenFor(home, "own:change"), "put", "/own/presence", wish).expect(403);
  });

  test("the log says what was set, not until when somebody is away, nor why, nor the badge", async () => {
    const until = tomorrow();
    const { body } = await world.setOwn(home, "ben", { outOfOffice: { until, text: "Kur am Meer" }, badge: true });
    expect(body.outOfOffice).toEqual({ until, text: "Kur am Meer" });
    const last = (await auditOf("presence:own")).at(-1);
    expect(last).toMatchObject({
      object: `person/${world.idOf(home, "ben")}`,
      before: { outOfOffice: false },
      after: { audience: null, hideTimes: false, outOfOffice: true, badge: true },
    });
    const text = JSON.stringify(last);
    for (const secret of ["Kur", until.slice(0, 10), body.badge.svg.split("/").at(-1).split(".")[0]]) {
      expect(text).not.toContain(secret);
    }
    await world.setOwn(home, "ben", {});
  });
});

describe("out of office", () => {
  test.each([
    ["an end that is over", { until: "2020-01-01T00:00:00Z", text: "weg" }],
    ["an end in three years", { until: new Date(Date.now() + 3 * 366 * 86_400_000).toISOString(), text: "weg" }],
    ["no time at all", { until: "morgen", text: "weg" }],
    ["no text", { until: tomorrow(), text: " " }],
    ["a text of direction marks only", { until: tomorrow(), text: "\u202e" }],
    ["a text of lines", { until: tomorrow(), text: "a\nb" }],
    ["a long text", { until: tomorrow(), text: "x".repeat(201) }],
    ["something else besides", { until: tomorrow(), text: "weg", from: tomorrow() }],
  ])("refused: %s", async (_name, outOfOffice) => {
    const ben = world.personal(home, "ben");
    await world.ask(ben, "put", "/own/presence", { ...wish, outOfOffice }).expect(400);
  });

  test("an administrator sets and ends it, and nothing else of what the person has set", async () => {
    await world.setOwn(home, "ben", { audience: "groups", hideTimes: true, badge: true });
    const path = `/tenants/${home}/people/${world.idOf(home, "ben")}/out-of-office`;
    const given = { until: tomorrow(), text: "Krank\u202e" };
    const set = await world.ask(administrator, "put", path, given).expect(200);
    expect(set.body).toEqual({ outOfOffice: { until: given.until, text: "Krank" } });
    const own = await world.ask(world.personal(home, "ben"), "get", "/own/presence");
    expect(own.body).toMatchObject({ audience: "groups", hideTimes: true, outOfOffice: set.body.outOfOffice });
    expect(own.body.badge).not.toBeNull();
    await world.ask(administrator, "delete", path).expect(204);
    expect((await world.ask(administrator, "get", path)).body).toEqual({ outOfOffice: null });
    await world.ask(world.token, "put", path, given).expect(403);
    const foreign = world.idOf(partner, "cem");
    await world.ask(administrator, "put", `/tenants/${home}/people/${foreign}/out-of-office`, given).expect(404);
  });

  test("what is over is shown to nobody, and deleted a day later with evidence that names nobody", async () => {
    await world.setOwn(home, "ben", { hideTimes: true, outOfOffice: { until: tomorrow(), text: "weg" } });
    const id = world.idOf(home, "ben");
    const over = new Date(Date.now() - 1_000);
    await world.query(sql`update person_presence set away_until = ${over} where person_id = ${id}`);
    const own = await world.ask(world.personal(home, "ben"), "get", "/own/presence");
    expect(own.body.outOfOffice).toBeNull();
    const { deleteBefore, oldest } = absenceDeletion(world.db);
    expect(await oldest([home, partner])).toEqual(over);
    expect(await deleteBefore(home, over, 10)).toEqual([]);
    const gone = await deleteBefore(home, new Date(), 10);
    expect(gone).toEqual([{ start: over, hashed: [expect.any(String)] }]);
    expect([await deleteBefore(home, new Date(), 10), await oldest([home, partner])]).toEqual([[], undefined]);
    const after = await world.ask(world.personal(home, "ben"), "get", "/own/presence");
    expect(after.body).toMatchObject({ hideTimes: true, version: own.body.version });
  });

  test("all of it goes with the person", async () => {
    await world.addPerson(home, "zoe");
    await world.setOwn(home, "zoe", { outOfOffice: { until: tomorrow(), text: "weg" } });
    const id = world.idOf(home, "zoe");
    await world.query(sql`delete from person where id = ${id}`);
    const { rows } = await sql`select from person_presence where person_id = ${id}`.execute(world.owner.common());
    expect(rows).toEqual([]);
  });
});

test("each change is told to whoever serves the tenant", async () => {
  const told: string[] = [];
  const stop = await onWake(world.redis, presenceRulesChanged, silentLog, ({ tenant }) => told.push(tenant));
  await world.setRules(home, {});
  await world.setOwn(home, "ada", {});
  const path = `/tenants/${home}/people/${world.idOf(home, "ada")}/out-of-office`;
  await world.ask(administrator, "delete", path).expect(204);
  await until(
    () => told.length,
    (count) => count === 3,
  );
  expect(told).toEqual([home, home, home]);
  await stop();
});
