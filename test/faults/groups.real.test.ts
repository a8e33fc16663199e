/**
 * Groups of 1,500 from the database to the rosters of those online, whatever is killed meanwhile: in the end each roster
 * is what the database says and what is the person's own, by pushes alone and when it is asked for anew.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, expect, it } from "@jest/globals";
import type { Redis } from "ioredis";
import { type RawBuilder, sql, type Transaction } from "kysely";
import { makePassword } from "../../cli/stack/secrets.ts";
import { runningServer } from "../../cli/stack/xmpp-server.ts";
import { x } from "../../components/stanza.ts";
import { NS_PING } from "../../components/xep/xep-0199-ping.ts";
import { loadSettings, readIfThere, type Settings } from "../../config/settings.ts";
import { directoryChanged } from "../../identity/index.ts";
import { newId } from "../../platform/ids.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { eventually, silentLog } from "../support/real.ts";
import { askRoster, type Roster, setItem } from "../support/roster.ts";
import { followRoster, type RosterFollower } from "./roster-follower.ts";
import { openWorld, type World } from "./world.ts";

const MEMBERS = 1_500;
const ONLINE = 10;
/** What is said comes at once; this is for what a restart takes. */
const PATIENCE_MS = 60_000;
let world: World;
let settings: Settings;
let redis: Redis;
let tenant = "";
let domain = "";
const password = makePassword();
let followers: RosterFollower[] = [];

const jid = (n: number) => `p-${n}@${domain}`;
/** What person 0 has of his own: a colleague, and somebody who is in no group. */
const own = () => ({
  [jid(1)]: { name: "Mein Lotse", groups: ["Freunde"] },
  [`fremd@${domain}`]: { name: "Fremd", groups: [] },
});

/** In one transaction, and the components are told if they are to be. */
async function change(statements: readonly RawBuilder<unknown>[], tell = true): Promise<void> {
  await world.db.withTenants([tenant], async (trx: Transaction<unknown>) => {
    for (const each of statements) await each.execute(trx);
  });
  if (tell) await wake(redis, directoryChanged, { tenant }, silentLog);
}
const addGroup = (id: string, name: string) => sql`
  insert into person_group (tenant_id, id, name, roster, created_at) values (${tenant}, ${id}, ${name}, true, now())`;
/** Those with numbers from `first` to `last`. */
const join = (group: string, first: number, last: number) => sql`
  insert into group_member (tenant_id, group_id, person_id)
  select p.tenant_id, ${group}, p.id from person p, generate_series(${first}::int, ${last}::int) n
  where p.tenant_id = ${tenant} and p.localpart = 'p-' || n`;
const part = (group: string, first: number, last: number) => sql`
  delete from group_member g using person p, generate_series(${first}::int, ${last}::int) n
  where g.tenant_id = ${tenant} and g.group_id = ${group}
    and p.tenant_id = ${tenant} and p.id = g.person_id and p.localpart = 'p-' || n`;
const nameGroup = (group: string, name: string) =>
  sql`update person_group set name = ${name} where tenant_id = ${tenant} and id = ${group}`;
const namePeople = (first: number, last: number, name: string) => sql`
  update person set name = ${name} || localpart from generate_series(${first}::int, ${last}::int) n
  where tenant_id = ${tenant} and localpart = 'p-' || n`;
const removeGroups = () => sql`delete from person_group where tenant_id = ${tenant}`;

/** The rosters of those online as they have to be, from the rows of the database and their own contacts. */
async function wanted(): Promise<Roster[]> {
  const { rows } = await world.db.withTenants([tenant], (trx: Transaction<unknown>) =>
    sql<{ group: string; local: string; name: string }>`
      select g.name as group, p.localpart as local, p.name
      from person_group g join group_member m on m.tenant_id = g.tenant_id and m.group_id = g.id
      join person p on p.tenant_id = m.tenant_id and p.id = m.person_id
      where g.tenant_id = ${tenant} and g.roster and p.status = 'active' order by g.name collate "C"`.execute(trx),
  );
  return Array.from({ length: ONLINE }, (_, n) => {
    const mine = new Set(rows.filter(({ local }) => local === `p-${n}`).map(({ group }) => group));
    const shared = new Map<string, { name: string; groups: string[] }>();
    for (const { group, local, name } of rows) {
      if (!mine.has(group) || local === `p-${n}`) continue;
      const found = shared.get(`${local}@${domain}`)?.groups ?? [];
      shared.set(`${local}@${domain}`, { name, groups: [...found, group] });
    }
    const roster: Roster = {};
    for (const [at, { name, groups }] of shared) roster[at] = `both '${name}' [${groups.join(", ")}]`;
    for (const [at, { name, groups }] of n === 0 ? Object.entries(own()) : []) {
      const all = [...groups, ...(shared.get(at)?.groups ?? [])].sort();
      roster[at] = `${shared.has(at) ? "both" : "none"} '${name}' [${all.join(", ")}]`;
    }
    return roster;
  });
}

const sorted = (roster: Readonly<Roster>) => JSON.stringify(Object.entries(roster).sort());
const different = (found: readonly Readonly<Roster>[], right: readonly string[]) =>
  found.flatMap((each, n) => (sorted(each) === right[n] ? [] : [n]));

/** All rosters become what the database says: those kept by pushes, and those that are asked for then. */
async function allRight(): Promise<void> {
  const right = await wanted();
  const texts = right.map(sorted);
  const kept = () => followers.map(({ roster }) => roster);
  await eventually(
    async () => different(kept(), texts).length === 0 || undefined,
    "the rosters kept by pushes",
    PATIENCE_MS,
  ).catch(() => undefined);
  for (const [n, roster] of kept().entries()) expect(roster).toEqual(right[n]);
  const asked = await Promise.all(followers.map(async ({ client }) => (await askRoster(client))?.roster ?? {}));
  expect(different(asked, texts)).toEqual([]);
  // Nothing comes behind that would make it wrong.
  await Promise.all(
    followers.map(({ client }) => client.iq(x("iq", { type: "get", to: domain }, x("ping", { xmlns: NS_PING })))),
  );
  expect(different(kept(), texts)).toEqual([]);
}

const signInAll = async () => {
  const { host, port } = world.stack.demo.xmpp;
  followers = await Promise.all(
    Array.from({ length: ONLINE }, (_, n) => followRoster({ host, port, jid: jid(n), password })),
  );
};
/** Somebody was pushed something: the others have most of it before them. */
const firstPush = () => Promise.race(followers.map((each) => each.nextPush()));

/** The server does not read, and a part of a group lies before it: more than anything else that is said to it. */
async function whenPartWaits(): Promise<void> {
  const port = settings.xmpp.componentPort.toString(16).toUpperCase().padStart(4, "0");
  await eventually(
    async () => {
      const lines = ["tcp", "tcp6"].flatMap((each) => readFileSync(`/proc/net/${each}`, "utf8").split("\n"));
      // sl local_address rem_address st tx_queue:rx_queue
      const waiting = lines.map((line) => line.trim().split(/\s+/)).filter(([, local]) => local?.endsWith(`:${port}`));
      return (
        waiting.some(([, , , , queues]) => Number.parseInt(queues?.split(":")[1] ?? "0", 16) > 10_000) || undefined
      );
    },
    "a part of a group before the server",
    PATIENCE_MS,
  );
}

beforeAll(async () => {
  world = await openWorld();
  settings = loadSettings(world.stack.env, readIfThere);
  redis = openRedis(settings.redis.url, silentLog);
  await redisReady(redis, 5_000);
  const [nord] = world.stack.demo.tenants;
  if (!nord) throw new Error("the demo has no tenant");
  ({ id: tenant, domain } = nord);
  await change([
    sql`
      insert into person (tenant_id, id, localpart, name, roles, status, account, created_at, updated_at)
      select ${tenant}, gen_random_uuid(), 'p-' || n, 'Person Nummer ' || n, '{user}', 'active', 'present', now(), now()
      from generate_series(0, ${MEMBERS - 1}::int) n`,
  ]);
  await runningServer(world.stack.home).createAccounts(
    new Map(Array.from({ length: ONLINE }, (_, n) => [jid(n), password])),
  );
  await signInAll();
  const [first] = followers;
  for (const [at, item] of Object.entries(own())) {
    expect(first && (await setItem(first.client, at, item))).toBeUndefined();
  }
}, 180_000);

afterAll(async () => {
  await Promise.all(followers.map(({ client }) => client.stop().catch(() => undefined)));
  redis?.disconnect();
  await world?.close();
}, 60_000);

const [all, half, few] = [newId(), newId(), newId()];

beforeEach(async () => {
  await change([
    removeGroups(),
    ...[addGroup(all, "Alle"), join(all, 0, MEMBERS - 1)],
    ...[addGroup(half, "Hälfte"), join(half, 1, MEMBERS / 2)],
    ...[addGroup(few, "Wenige"), join(few, 0, ONLINE + 1)],
  ]);
  await allRight();
});

it("the components are killed with a group half sent, and again before all is told", async () => {
  await world.stack.kill("prosody", "SIGSTOP");
  await change([nameGroup(all, "Jeder")]);
  await whenPartWaits();
  await world.stack.kill("components", "SIGKILL");
  await world.stack.kill("prosody", "SIGCONT");
  await firstPush();
  await world.stack.kill("components", "SIGKILL");
  // Nobody tells them of this: they find it when they are back.
  const late = newId();
  await change(
    [
      ...[nameGroup(few, "Einige"), part(all, 5, 204), namePeople(300, 320, "Umbenannt ")],
      ...[addGroup(late, "Neue"), join(late, 3, 1_100)],
    ],
    false,
  );
  await allRight();
});

it("the server is killed with pushes under way", async () => {
  await change([nameGroup(all, "Sämtliche"), part(half, 1, 1)]);
  await firstPush();
  await world.stack.kill("prosody", "SIGKILL");
  await world.stack.whenUp("prosody");
  await signInAll();
  await allRight();
  // And pushes go on as before.
  await change([namePeople(0, 400, "Neu "), part(all, 7, 7), nameGroup(half, "Halbe")]);
  await allRight();
});

it("the group is changed again and again while the former change is told, and between two parts of it", async () => {
  await world.stack.kill("prosody", "SIGSTOP");
  await change([nameGroup(all, "Jeder"), namePeople(500, 1_000, "Dritte ")]);
  await whenPartWaits();
  await change([part(all, 1_200, MEMBERS - 1), nameGroup(all, "Manche")]);
  for (const next of [
    [part(all, 0, 3), namePeople(0, 50, "Vierte ")],
    [join(all, 0, 3), nameGroup(all, "Viele")],
    [part(all, 700, 900), namePeople(1_100, 1_110, "Fünfte "), nameGroup(half, "Zur Hälfte")],
  ]) {
    const pushed = firstPush();
    await world.stack.kill("prosody", "SIGCONT");
    await pushed;
    // Stopped where it is: when it goes on, the next change lies before it.
    await world.stack.kill("prosody", "SIGSTOP");
    await change(next);
    await whenPartWaits();
  }
  await world.stack.kill("prosody", "SIGCONT");
  await allRight();
});

it("the groups go while the server is killed, and what is their own is left", async () => {
  await change([nameGroup(all, "Sämtliche")]);
  await firstPush();
  await change([removeGroups()]);
  await world.stack.kill("prosody", "SIGKILL");
  await world.stack.whenUp("prosody");
  await signInAll();
  await allRight();
  expect(followers.map(({ roster }) => Object.keys(roster).length)).toEqual([2, ...Array(ONLINE - 1).fill(0)]);
});
