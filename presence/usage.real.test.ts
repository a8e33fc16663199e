/** Figures of days: counted through restarts of the components and of Redis, read over REST, deleted on time. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sql, type Transaction } from "kysely";
import type { DoorContext } from "../components/door.ts";
import { home, type PresenceWorld, partner, presenceWorld } from "../test/support/presence-world.ts";
import { tokenFor } from "../test/support/principal.ts";
import { silentLog } from "../test/support/real.ts";
import { presenceUsageDeletion } from "./index.ts";
import { raiseUsage } from "./store-usage.ts";
import { activeKey, usagePart } from "./usage-part.ts";

let world: PresenceWorld;
const PATH = `/tenants/${home}/presence-usage`;
const allowed = tokenFor(home, "presence:usage");
const noon = Date.parse("2026-03-01T11:00:00Z");
const hour = 3_600_000;
const device = {
  resource: "r",
  show: "online",
  status: null,
  priority: 0,
  idleSince: null,
  kind: null,
  at: 1,
} as const;

beforeAll(async () => {
  world = await presenceWorld();
});
beforeEach(async () => {
  await world.redis.flushall();
  await sql`truncate presence_usage`.execute(world.owner.common());
});
afterAll(() => world.close());

/** The counter as it runs in one process, with people who come and go. */
function counter(at: { now: number }) {
  const there = new Set<string>();
  const listeners: ((localpart: string) => void)[] = [];
  // Of the context it uses the tenant and the log.
  const context = {
    tenant: { id: home, domain: "amt.example", partners: [] },
    log: silentLog,
  } as unknown as DoorContext;
  const raise = (tenant: string, usage: Parameters<typeof raiseUsage>[2]) => raiseUsage(world.db, tenant, usage);
  const part = usagePart({ redis: world.redis, clock: () => at.now, raise, everyMs: 1_000_000 })(context, {
    of: (localpart) => ({ devices: there.has(localpart) ? [device] : [], meetingSince: null }),
    everybody: () => there,
    inMeetings: () => [],
    setMeeting: () => undefined,
    onChange: (listener) => listeners.push(listener),
  });
  const set = (localpart: string, is: boolean) => {
    if (is) there.add(localpart);
    else there.delete(localpart);
    for (const listener of listeners) listener(localpart);
  };
  return {
    come: (name: string) => set(name, true),
    go: (name: string) => set(name, false),
    close: () => part.close?.(),
  };
}

const figures = async (query = "from=2026-02-20&to=2026-03-10") =>
  (await world.ask(allowed, "get", `${PATH}?${query}`).expect(200)).body.days;

describe("counting", () => {
  test("at once and at all; again in another process, and after Redis was emptied, figures only grow", async () => {
    const at = { now: noon };
    const first = counter(at);
    for (let index = 0; index < 50; index += 1) {
      first.come(`p${index}`);
      if (index >= 10) first.go(`p${index - 10}`);
    }
    await first.close();
    expect(await figures()).toEqual([{ day: "2026-03-01", peak: 11, active: 50 }]);
    const second = counter(at);
    for (const name of ["p1", "p2", "new"]) second.come(name);
    await second.close();
    expect(await figures()).toEqual([{ day: "2026-03-01", peak: 11, active: 51 }]);
    await world.redis.flushall();
    const third = counter(at);
    third.come("p1");
    await third.close();
    expect(await figures()).toEqual([{ day: "2026-03-01", peak: 11, active: 51 }]);
  });

  test("nobody there: no figures", async () => {
    const made = counter({ now: noon });
    made.come("anna");
    made.go("anna");
    await made.close();
    expect(await figures()).toEqual([{ day: "2026-03-01", peak: 1, active: 1 }]);
    const quiet = counter({ now: noon + 48 * hour });
    await quiet.close();
    expect(await figures()).toHaveLength(1);
  });

  test("a day ends at midnight in Berlin", async () => {
    const evening = counter({ now: Date.parse("2026-03-01T22:59:59Z") });
    evening.come("anna");
    await evening.close();
    const night = counter({ now: Date.parse("2026-03-01T23:00:01Z") });
    night.come("anna");
    night.come("bert");
    await night.close();
    expect(await figures()).toEqual([
      { day: "2026-03-01", peak: 1, active: 1 },
      { day: "2026-03-02", peak: 2, active: 2 },
    ]);
  });

  test("who was there cannot be found in what is kept, and it ends", async () => {
    const made = counter({ now: noon });
    made.come("anna.very-distinct-name");
    await made.close();
    const key = activeKey(home, "2026-03-01");
    expect(String(await world.redis.getBuffer(key))).not.toContain("anna");
    expect(await world.redis.pttl(key)).toBeGreaterThan(0);
  });
});

describe("reading", () => {
  test("by days, the tenant's own only", async () => {
    for (const day of ["2026-03-01", "2026-03-02", "2026-03-05"]) {
      await raiseUsage(world.db, home, { day, peak: 3, active: 9 });
    }
    await raiseUsage(world.db, partner, { day: "2026-03-01", peak: 100, active: 200 });
    expect(await figures("from=2026-03-02&to=2026-03-05")).toEqual([
      { day: "2026-03-02", peak: 3, active: 9 },
      { day: "2026-03-05", peak: 3, active: 9 },
    ]);
    const today = await world.ask(allowed, "get", PATH).expect(200);
    expect(today.body.days).toEqual([]);
  });

  test.each([
    ["from after to", "from=2026-03-02&to=2026-03-01", 400],
    ["a day that is none", "from=2026-02-30", 400],
    ["too many days", "from=2020-01-01&to=2026-03-01", 400],
  ])("refused: %s", async (_name, query, status) => {
    await world.ask(allowed, "get", `${PATH}?${query}`).expect(status);
  });

  test("refused: without the right, and another tenant", async () => {
    await world.ask(tokenFor(home, "presence:read"), "get", PATH).expect(403);
    await world.ask(tokenFor(partner, "presence:usage"), "get", PATH).expect(404);
  });
});

test("retention deletes days that began before the cutoff", async () => {
  for (const day of ["2024-02-29", "2024-03-01", "2024-03-02"])
    await raiseUsage(world.db, home, { day, peak: 1, active: 2 });
  const deletion = presenceUsageDeletion(world.db);
  expect(await deletion.oldest([home, partner])).toEqual(new Date("2024-02-28T23:00:00Z"));
  const gone = await deletion.deleteBefore(home, new Date("2024-03-01T23:00:00Z"), 100);
  expect(gone).toEqual([
    { start: new Date("2024-02-28T23:00:00Z"), hashed: ["2024-02-29", "1", "2"] },
    { start: new Date("2024-02-29T23:00:00Z"), hashed: ["2024-03-01", "1", "2"] },
  ]);
  const left = await world.db.withTenants([home], (trx: Transaction<{ presence_usage: { peak: number } }>) =>
    trx.selectFrom("presence_usage").select("peak").execute(),
  );
  expect(left).toHaveLength(1);
});
