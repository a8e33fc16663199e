/** Who sees whom over REST: each rule for each reader, allowed and refused, in one answer, in lists and by filters. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import type { Principal } from "../platform/http.ts";
import { device, domainOf, home, type PresenceWorld, partner, presenceWorld } from "../test/support/presence-world.ts";
import { tokenFor } from "../test/support/principal.ts";
import type { Audience, PresenceRules } from "./core-visibility.ts";

let world: PresenceWorld;
let leadership = "";
const readers = {
  self: () => world.personal(home, "ada"),
  stranger: () => world.personal(home, "stranger"),
  contact: () => world.personal(home, "contact"),
  member: () => world.personal(home, "member"),
  /** In a group with her that is not shown in rosters. */
  secret: () => world.personal(home, "secret"),
  program: () => tokenFor(home, "presence:read"),
  /** Somebody of another tenant with a role here. */
  guest: (): Principal => ({ ...world.personal(partner, "foreign"), may: () => true }),
};
type Reader = keyof typeof readers;
const names = Object.keys(readers) as Reader[];
const path = `/tenants/${home}/presence`;

beforeAll(async () => {
  world = await presenceWorld();
  for (const name of ["ada", "stranger", "contact", "member", "secret"]) await world.addPerson(home, name);
  await world.addPerson(partner, "foreign");
  await world.addGroup(home, "Team", true, "ada", "member");
  leadership = await world.addGroup(home, "Leitung", false, "ada", "secret");
  await world.setContacts(home, "contact", `ada@${domainOf(home)}`);
  await world.hear(home);
  const phone = { ...device, resource: "phone", kind: "phone", show: "away", idleSince: 1_700_000_100_000 } as const;
  await world.show(home, "ada", {
    devices: [{ ...device, status: "Im Büro", priority: 5 }, phone],
    meetingSince: null,
  });
});
afterAll(() => world.close());

const one = async (reader: Reader) => (await world.ask(readers[reader](), "get", `${path}/ada`).expect(200)).body;
const list = async (reader: Reader, query = "") =>
  (await world.ask(readers[reader](), "get", `${path}${query}`).expect(200)).body.people;
const ofAda = (people: { localpart: string }[]) => people.filter(({ localpart }) => localpart === "ada");

const hidden = (own: object) => ({
  ...own,
  ...{ available: false, show: "unknown", status: null, since: null, idleSince: null, mobileOnly: false },
  ...{ meeting: null, outOfOffice: null, devices: [] },
});

describe("each rule for each reader", () => {
  test.each<[Partial<PresenceRules>, Audience | null, Reader[]]>([
    [{}, null, names],
    [{ within: "contacts" }, null, ["self", "contact", "member"]],
    [{ within: "groups" }, null, ["self", "member"]],
    [{ within: "nobody" }, null, ["self"]],
    [{}, "contacts", ["self", "contact", "member"]],
    [{}, "groups", ["self", "member"]],
    [{}, "nobody", ["self"]],
    // A wish for more than the tenant lets has no effect.
    [{ within: "groups" }, "everyone", ["self", "member"]],
    [{ within: "nobody", partners: "everyone", badges: true }, "everyone", ["self"]],
  ])("%o, own %s", async (rules, audience, allowed) => {
    await world.setRules(home, rules);
    await world.setOwn(home, "ada", { audience });
    for (const reader of names) {
      const seen = await one(reader);
      const same = ofAda(await list(reader));
      expect([reader, same]).toEqual([reader, [seen]]);
      const by = async (query: string) => ofAda(await list(reader, query)).length;
      const found = [
        await by("?available=true"),
        await by("?show=online"),
        await by("?available=false"),
        await by("?show=unknown"),
      ];
      if (allowed.includes(reader)) {
        expect([reader, seen]).toMatchObject([reader, { show: "online", available: true, status: "Im Büro" }]);
        expect([reader, found]).toEqual([reader, [1, 1, 0, 0]]);
      } else {
        const { localpart, jid, name, groups } = seen;
        expect([reader, seen]).toEqual([reader, hidden({ localpart, jid, name, groups })]);
        expect([reader, found]).toEqual([reader, [0, 0, 1, 1]]);
      }
    }
  });

  test("who may not see is told the same, byte by byte and with the same tag, whatever is the case", async () => {
    await world.setRules(home, { within: "groups" });
    await world.setOwn(home, "ada", {});
    const answers = async () => {
      const all = await Promise.all(
        [`${path}/ada`, path, `${path}?available=false`, `${path}?localparts=ada`].map((each) =>
          world.ask(readers.stranger(), "get", each),
        ),
      );
      return all.map(({ status, text, headers }) => [status, text, headers.etag, headers["content-length"]]);
    };
    const before = await answers();
    const until = new Date(Date.now() + 86_400_000).toISOString();
    await world.setOwn(home, "ada", { outOfOffice: { until, text: "weg" }, hideTimes: true });
    await world.show(home, "ada", { devices: [], meetingSince: 1_700_000_000_000 });
    expect(await answers()).toEqual(before);
    await world.show(home, "ada", { devices: [], meetingSince: null });
    expect(await answers()).toEqual(before);
    await world.setOwn(home, "ada", {});
  });
});

describe("what is shown of a person", () => {
  beforeAll(async () => {
    await world.setRules(home, {});
    await world.setOwn(home, "ada", {});
  });

  test("in a meeting: busy, whatever the devices say, and there also without one", async () => {
    await world.show(home, "ada", { devices: [{ ...device, show: "chat" }], meetingSince: 1_700_000_000_000 });
    const meeting = { since: "2023-11-14T22:13:20.000Z" };
    expect(await one("stranger")).toMatchObject({ show: "dnd", available: true, meeting, devices: [{ show: "chat" }] });
    await world.show(home, "ada", { devices: [], meetingSince: 1_700_000_000_000 });
    expect(await one("stranger")).toMatchObject({ show: "dnd", available: true, meeting, devices: [], since: null });
    expect(ofAda(await list("stranger", "?show=dnd&available=true"))).toHaveLength(1);
  });

  test("out of office, also while away", async () => {
    await world.show(home, "ada", { devices: [], meetingSince: null });
    const outOfOffice = { until: new Date(Date.now() + 86_400_000).toISOString(), text: "Bis morgen" };
    await world.setOwn(home, "ada", { outOfOffice });
    expect(await one("stranger")).toMatchObject({ show: "offline", available: false, outOfOffice });
    await world.setOwn(home, "ada", {});
  });

  test("with devices to carry around only, and since when they are idle", async () => {
    const phone = { ...device, resource: "a", kind: "phone", idleSince: 1_700_000_100_000 } as const;
    await world.show(home, "ada", { devices: [phone], meetingSince: null });
    expect(await one("stranger")).toMatchObject({ mobileOnly: true, idleSince: "2023-11-14T22:15:00.000Z" });
    await world.show(home, "ada", { devices: [phone, { ...device, resource: "b" }], meetingSince: null });
    expect(await one("stranger")).toMatchObject({ mobileOnly: false });
    await world.show(home, "ada", { devices: [{ ...device, kind: null }], meetingSince: null });
    expect(await one("stranger")).toMatchObject({ mobileOnly: false, devices: [{ kind: null }] });
  });

  test.each([
    ["the tenant", { hideTimes: true }, {}],
    ["the person", {}, { hideTimes: true }],
  ])("no times where %s hides them, but to oneself", async (_who, rules, own) => {
    await world.setRules(home, rules);
    await world.setOwn(home, "ada", own);
    const idle = { ...device, idleSince: 1_700_000_100_000 };
    await world.show(home, "ada", { devices: [idle], meetingSince: 1_700_000_000_000 });
    const none = { since: null, idleSince: null };
    expect(await one("stranger")).toMatchObject({
      ...{ ...none, show: "dnd", meeting: { since: null }, devices: [{ ...none, resource: "desk" }] },
    });
    expect(await one("self")).toMatchObject({ since: expect.any(String), meeting: { since: expect.any(String) } });
    await world.setRules(home, {});
    await world.setOwn(home, "ada", {});
  });
});

describe("found", () => {
  beforeAll(async () => {
    await world.setRules(home, {});
    await world.addPerson(home, "jo.%_x", "Jo Fürst");
    const gone = await world.addPerson(home, "gone");
    await world.query(sql`update person set status = 'disabled' where id = ${gone}`);
  });
  const found = async (query: string) =>
    (await list("stranger", query)).map((each: { localpart: string }) => each.localpart);

  test.each([
    ["?text=FÜRST", ["jo.%_x"]],
    ["?text=%25_", ["jo.%_x"]],
    ["?text=tran", ["stranger"]],
    ["?text=gone", []],
    ["?localparts=stranger,ADA,nobody,gone", ["ada", "stranger"]],
    ["?localparts=stranger,ada&text=ada", ["ada"]],
  ])("%s", async (query, wanted) => {
    expect(await found(query)).toEqual(wanted);
  });

  test("by a group that is shown in rosters; others are as if they were not there", async () => {
    const groups = await world.ask(readers.stranger(), "get", `/tenants/${home}/presence-groups`).expect(200);
    expect(groups.body.items).toEqual([{ id: expect.any(String), name: "Team", members: 2 }]);
    const team = groups.body.items[0].id;
    expect(await found(`?group=${team}`)).toEqual(["ada", "member"]);
    expect(await one("stranger")).toMatchObject({ groups: [team] });
    expect(await found(`?group=${leadership}`)).toEqual([]);
  });

  test("an answer that is still the same is not sent again", async () => {
    for (const each of [path, `${path}/ada`, `/tenants/${home}/presence-groups`]) {
      const { headers } = await world.ask(readers.stranger(), "get", each).expect(200);
      await world.ask(readers.stranger(), "get", each, undefined, { "If-None-Match": headers.etag }).expect(304);
    }
  });

  test.each([
    "?localparts=",
    `?localparts=${Array(101).fill("a").join(",")}`,
    "?localparts=a,,b",
    "?text=",
    "?group=x",
  ])("refused: %s", async (query) => {
    await world.ask(readers.stranger(), "get", `${path}${query}`).expect(400);
  });

  test("who is disabled is nobody", async () => {
    await world.ask(readers.stranger(), "get", `${path}/gone`).expect(404);
  });
});
