/** Presence as it changes: each rule for each reader, changes of rules while a stream is open, coming back, and faults. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { z } from "zod";
import { accessChanged, directoryChanged } from "../identity/index.ts";
import type { Principal } from "../platform/http.ts";
import { wake } from "../platform/wake.ts";
import { device, domainOf, home, type PresenceWorld, partner, presenceWorld } from "../test/support/presence-world.ts";
import { tokenFor } from "../test/support/principal.ts";
import { silentLog } from "../test/support/real.ts";
import type { Audience, PresenceRules } from "./core-visibility.ts";
import { presenceRulesChanged } from "./events.ts";

let world: PresenceWorld;
let team = "";
const path = `/tenants/${home}/presence/events`;
const readers = {
  self: () => world.personal(home, "ada"),
  stranger: () => world.personal(home, "stranger"),
  contact: () => world.personal(home, "contact"),
  member: () => world.personal(home, "member"),
  program: () => tokenFor(home, "presence:read"),
  /** Somebody of another tenant with a role here. */
  guest: (): Principal => ({ ...world.personal(partner, "foreign"), may: () => true }),
};
type Reader = keyof typeof readers;
const names = Object.keys(readers) as Reader[];
const open = new Set<{ stop(): void }>();

beforeAll(async () => {
  world = await presenceWorld();
  for (const name of ["ada", "stranger", "contact", "member", "marker"]) await world.addPerson(home, name);
  await world.addPerson(partner, "foreign");
  team = await world.addGroup(home, "Team", true, "ada", "member");
  await world.setContacts(home, "contact", `ada@${domainOf(home)}`);
  await world.hear(home);
});
afterEach(async () => {
  for (const each of open) each.stop();
  open.clear();
});
afterAll(() => world.close());

const news = z.object({
  people: z.array(z.looseObject({ localpart: z.string(), name: z.string(), show: z.string() })),
});
type Person = z.output<typeof news>["people"][number];

/** Follows as somebody; `people` and the like give what came with the event that the test waits for. */
async function follow(who: Principal, query = "", lastEventId?: string) {
  const stream = await world.follow(who, `${path}${query}`, lastEventId ? { "Last-Event-ID": lastEventId } : {});
  open.add(stream);
  let id = lastEventId ?? "";
  let told: Person[] = [];
  const next = async () => {
    const event = await stream.next();
    if (event.id) id = event.id;
    if (event.event === "people") told.push(...news.parse(event.data).people);
    return event;
  };
  const take = () => {
    const taken = told;
    told = [];
    return taken;
  };
  return {
    ...{ next, stop: stream.stop, rest: stream.rest },
    id: () => id,
    /** Until somebody is told of who fits; gives all who were told of since the last time. */
    people: async (fits: (person: Person) => boolean): Promise<Person[]> => {
      while (!told.some(fits)) await next();
      return take();
    },
    /** Until a state is told; gives it. */
    state: async () => {
      for (;;) {
        const event = await next();
        if (event.event === "state") return z.object({ since: z.string().nullable() }).parse(event.data).since;
      }
    },
    /** The events of the beginning, up to the one from which a stream may go on. */
    begin: async () => {
      const kinds: string[] = [];
      while (id === (lastEventId ?? "")) kinds.push((await next()).event);
      return { kinds, people: take() };
    },
  };
}

let names_ = 0;
/** Somebody is called otherwise, which everybody is told of: whatever happened before has been told by then. */
async function rename(): Promise<string> {
  names_ += 1;
  const name = `Marker ${names_}`;
  await world.query(sql`update person set name = ${name} where tenant_id = ${home} and localpart = 'marker'`);
  await wake(world.redis, directoryChanged, { tenant: home }, silentLog);
  return name;
}
const shows = (show: string, status: string | null = null) =>
  world.show(home, "ada", { devices: [{ ...device, show: show as "online", status }], meetingSince: null });
const about = (localpart: string, people: Person[]) => people.filter((each) => each.localpart === localpart);

describe("each rule for each reader", () => {
  test.each<[Partial<PresenceRules>, Audience | null, Reader[]]>([
    [{}, null, names],
    [{ within: "contacts" }, null, ["self", "contact", "member"]],
    [{ within: "groups" }, null, ["self", "member"]],
    [{ within: "nobody" }, null, ["self"]],
    [{}, "contacts", ["self", "contact", "member"]],
    [{}, "groups", ["self", "member"]],
    [{ partners: "everyone", badges: true }, "nobody", ["self"]],
  ])("%o, own %s", async (rules, audience, allowed) => {
    await shows("online");
    await world.setRules(home, rules);
    await world.setOwn(home, "ada", { audience });
    const streams = new Map(
      await Promise.all(names.map(async (name) => [name, await follow(readers[name]())] as const)),
    );
    for (const [name, stream] of streams) {
      const { kinds, people } = await stream.begin();
      expect([name, kinds]).toEqual([name, ["state", "reset", "people"]]);
      const wanted = allowed.includes(name) ? { show: "online", available: true } : { show: "unknown", devices: [] };
      expect([name, about("ada", people)]).toMatchObject([name, [wanted]]);
    }
    await shows("dnd", "Nicht stören");
    // One's own change comes to oneself: by then all others have been told of it who are.
    await streams.get("self")?.people(({ show }) => show === "dnd");
    const name = await rename();
    for (const [reader, stream] of streams) {
      if (reader === "self") continue;
      const told = about("ada", await stream.people((each) => each.name === name));
      if (allowed.includes(reader))
        expect([reader, told]).toMatchObject([reader, [{ show: "dnd", status: "Nicht stören" }]]);
      else expect([reader, told]).toEqual([reader, []]);
    }
  });
});

describe("while a stream is open", () => {
  beforeAll(async () => {
    await world.setRules(home, {});
    await world.setOwn(home, "ada", {});
    await shows("online");
  });

  test("rules that hide and show again are told once, with what is to be seen then", async () => {
    const [stranger, member] = [await follow(readers.stranger()), await follow(readers.member())];
    await Promise.all([stranger.begin(), member.begin()]);
    await world.setRules(home, { within: "groups" });
    const hidden = await stranger.people((each) => each.localpart === "ada");
    expect(about("ada", hidden)).toMatchObject([{ show: "unknown", available: false, since: null, devices: [] }]);
    await shows("away");
    expect(about("ada", await member.people(({ show }) => show === "away"))).toHaveLength(1);
    await world.setRules(home, {});
    const seen = await stranger.people((each) => each.localpart === "ada");
    expect(about("ada", seen)).toMatchObject([{ show: "away", available: true }]);
    const name = await rename();
    expect(about("ada", await member.people((each) => each.name === name))).toEqual([]);
  });

  test("what a person hides, and out of office", async () => {
    const stranger = await follow(readers.stranger());
    await stranger.begin();
    await world.setOwn(home, "ada", { audience: "nobody" });
    await stranger.people(({ localpart, show }) => localpart === "ada" && show === "unknown");
    const outOfOffice = { until: new Date(Date.now() + 86_400_000).toISOString(), text: "Urlaub" };
    await world.setOwn(home, "ada", { outOfOffice });
    const back = await stranger.people(({ localpart, show }) => localpart === "ada" && show !== "unknown");
    expect(about("ada", back)).toMatchObject([{ outOfOffice }]);
    await world.query(sql`update person_presence set away_until = now() + interval '2 seconds'`);
    await wake(world.redis, presenceRulesChanged, { tenant: home }, silentLog);
    // The end of it is told by itself.
    await stranger.people(({ localpart, outOfOffice: away }) => localpart === "ada" && away === null);
    await world.setOwn(home, "ada", {});
  });

  test("times that are hidden from now on", async () => {
    const stranger = await follow(readers.stranger());
    await stranger.begin();
    await world.setRules(home, { hideTimes: true });
    expect(about("ada", await stranger.people(({ localpart }) => localpart === "ada"))).toMatchObject([
      { since: null },
    ]);
    await world.setRules(home, {});
  });

  test("a contact that is one no longer, and again", async () => {
    await world.setRules(home, { within: "contacts" });
    const contact = await follow(readers.contact());
    expect(about("ada", (await contact.begin()).people)).toMatchObject([{ available: true }]);
    await world.setContacts(home, "contact");
    await contact.people(({ localpart, show }) => localpart === "ada" && show === "unknown");
    await world.setContacts(home, "contact", `ada@${domainOf(home)}`);
    await contact.people(({ localpart, available }) => localpart === "ada" && available === true);
    await world.setRules(home, {});
  });

  test("who comes to the tenant and goes", async () => {
    const stranger = await follow(readers.stranger());
    await stranger.begin();
    await world.addPerson(home, "new");
    await wake(world.redis, directoryChanged, { tenant: home }, silentLog);
    await stranger.people(({ localpart }) => localpart === "new");
    await world.query(sql`update person set status = 'disabled' where localpart = 'new'`);
    await wake(world.redis, directoryChanged, { tenant: home }, silentLog);
    expect(await stranger.next()).toMatchObject({ event: "gone", data: { localparts: ["new"] } });
  });

  test("of those named, and of a group, and of nobody else", async () => {
    const [named, group] = [
      await follow(readers.stranger(), "?localparts=marker,nobody"),
      await follow(readers.stranger(), `?group=${team}`),
    ];
    expect((await named.begin()).people.map(({ localpart }) => localpart)).toEqual(["marker"]);
    expect((await group.begin()).people.map(({ localpart }) => localpart)).toEqual(["ada", "member"]);
    await world.query(sql`delete from group_member where person_id = ${world.idOf(home, "ada")}`);
    await wake(world.redis, directoryChanged, { tenant: home }, silentLog);
    expect(await group.next()).toMatchObject({ event: "gone", data: { localparts: ["ada"] } });
    await world.query(sql`insert into group_member values (${home}, ${team}, ${world.idOf(home, "ada")})`);
    await wake(world.redis, directoryChanged, { tenant: home }, silentLog);
    await group.people(({ localpart }) => localpart === "ada");
    await shows("xa");
    await group.people(({ show }) => show === "xa");
    const name = await rename();
    expect((await named.people((each) => each.name === name)).map(({ localpart }) => localpart)).toEqual(["marker"]);
  });
});

describe("who comes back", () => {
  beforeAll(async () => {
    await world.setRules(home, {});
    await world.setOwn(home, "ada", {});
    await shows("online");
  });

  test("is told of who changed meanwhile, and of nobody else", async () => {
    const first = await follow(readers.stranger());
    await first.begin();
    first.stop();
    await shows("dnd");
    const second = await follow(readers.stranger(), "", first.id());
    const { kinds, people } = await second.begin();
    expect(kinds).toEqual(["state", "people"]);
    expect(people.map(({ localpart, show }) => [localpart, show])).toEqual([["ada", "dnd"]]);
    await shows("away");
    expect(await second.people(({ show }) => show === "away")).toHaveLength(1);
  });

  test("is not told of who changed and may not be seen", async () => {
    await world.setRules(home, { within: "groups" });
    const first = await follow(readers.stranger());
    await first.begin();
    first.stop();
    await shows("chat");
    const second = await follow(readers.stranger(), "", first.id());
    const name = await rename();
    const told = await second.people((each) => each.name === name);
    expect(told.map(({ localpart }) => localpart)).toEqual(["marker"]);
    await world.setRules(home, {});
  });

  test("begins anew where rules changed meanwhile, or the place is none of his", async () => {
    const first = await follow(readers.stranger());
    await first.begin();
    const anew = async (who: Principal, id: string, query = "") => {
      const stream = await follow(who, query, id);
      const { kinds } = await stream.begin();
      stream.stop();
      return kinds;
    };
    const begun = ["state", "reset", "people"];
    expect(await anew(readers.contact(), first.id())).toEqual(begun);
    expect(await anew(readers.stranger(), first.id(), "?localparts=ada")).toEqual(begun);
    expect(await anew(readers.stranger(), "generation.17")).toEqual(begun);
    const watching = await follow(readers.member());
    await watching.begin();
    await world.setOwn(home, "ada", { audience: "nobody" });
    await watching.people(({ localpart, show }) => localpart === "ada" && show === "unknown");
    expect(await anew(readers.stranger(), first.id())).toEqual(begun);
    await world.setOwn(home, "ada", {});
  });

  test("places tell nothing: they are of one length, whatever happened", async () => {
    await shows("chat");
    const stream = await follow(readers.stranger());
    await stream.begin();
    const lengths = [stream.id().length];
    await shows("online");
    await stream.people(({ show }) => show === "online");
    lengths.push(stream.id().length);
    expect(new Set(lengths).size).toBe(1);
  });
});

describe("bounds", () => {
  test("streams of one reader at a time; one that ends makes room", async () => {
    const reader = readers.contact();
    const streams = [];
    for (let n = 0; n < 10; n++) streams.push(await follow(reader));
    for (const each of streams) await each.begin();
    expect((await world.ask(reader, "get", path)).status).toBe(429);
    streams[0]?.stop();
    for (let status = 429; status === 429; ) {
      const stream = await follow(reader).catch(() => undefined);
      status = stream ? 200 : 429;
    }
  });

  test("it ends with the right to read", async () => {
    let may = true;
    const stream = await follow({ ...readers.stranger(), may: () => may });
    await stream.begin();
    may = false;
    await wake(world.redis, accessChanged, { tenant: home }, silentLog);
    await stream.rest();
  });

  test("refused without the scope, and for another tenant", async () => {
    await world.ask(tokenFor(home, "rooms:read"), "get", path).expect(403);
    await world.ask(tokenFor(partner, "presence:read"), "get", path).expect(404);
  });
});

describe("faults", () => {
  test("while the server is not heard nothing is known; afterwards only who differs is told", async () => {
    await shows("online");
    const stream = await follow(readers.stranger());
    await stream.begin();
    await world.deafen(home);
    expect(await stream.state()).toBeNull();
    const late = await follow(readers.stranger());
    expect(await late.state()).toBeNull();
    expect((await late.begin()).people.every(({ show }) => show === "unknown")).toBe(true);
    await world.hear(home);
    expect(await stream.state()).not.toBeNull();
    await late.people(({ localpart, show }) => localpart === "ada" && show === "online");
    await shows("dnd");
    const told = await stream.people(({ show }) => show === "dnd");
    expect(told.map(({ localpart }) => localpart)).toEqual(["ada"]);
  });

  test("Redis away: open streams say so and go on when it is back, new ones are told to try again", async () => {
    const stream = await follow(readers.stranger());
    await stream.begin();
    await world.redisServer.kill();
    expect(await stream.state()).toBeNull();
    const refused = await world.ask(readers.member(), "get", path);
    expect([refused.status, refused.body.type]).toEqual([503, "urn:kontor:problem:unavailable"]);
    world.redisServer.start();
    expect(await stream.state()).not.toBeNull();
    await shows("xa");
    await stream.people(({ show }) => show === "xa");
  });
});
