import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { localActor } from "../identity/index.ts";
import { newId } from "../platform/ids.ts";
import { eventually } from "../test/support/real.ts";
import {
  cutoffs,
  expectedGone,
  expectedLeft,
  now,
  partitionName,
  partitionsLeft,
  retentionWorld,
  type Seeded,
  sorted,
  tenants,
  type World,
} from "../test/support/retention-world.ts";
import { emptySegment, hashRows } from "./core-evidence.ts";
import { type Period, periodStart, units } from "./core-period.ts";
import type { RunDeps } from "./run-steps.ts";
import { pageEvidence, verifyEvidence } from "./store-evidence.ts";
import { addRun, viewRun } from "./store-runs.ts";

let world: World;
beforeAll(async () => {
  world = await retentionWorld();
});
afterAll(() => world?.drop());
beforeEach(() => world.reset());

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

async function expectDone(run: string) {
  expect(await world.left()).toEqual(sorted(expectedLeft));
  expect(await world.partitions()).toEqual(partitionsLeft);
  for (const tenant of tenants) {
    const evidence = await pageEvidence(world.db, tenant, 0, 1_000);
    expect(sum(evidence.map(({ rowCount }) => rowCount))).toBe(expectedGone(tenant));
    expect(evidence.filter(({ result }) => result === "complete").map(({ segment }) => segment)).toEqual(["*"]);
    const view = await viewRun(world.db, tenant, run);
    expect(view).toMatchObject({ state: "done", rows: expectedGone(tenant), cutoff: cutoffs[tenant], problem: null });
  }
  expect(await verifyEvidence(world.owner)).toMatchObject({ tenants: 2, broken: [] });
}

/** What a reader of the log sees of a tenant at an instant. */
async function visible(tenant: string, at: Date): Promise<number> {
  const { rows } = await world.db.withTenants([tenant], (trx: Transaction<unknown>) =>
    sql`select count(*) as n from room_log where tenant_id = ${tenant}
      and at >= (select retention_cutoff(${tenant}, 'message-archive', ${at}))`.execute(trx),
  );
  return z.tuple([z.object({ n: z.number() })]).parse(rows)[0].n;
}

const by = { actor: localActor("job:test"), newId };

test("the database and the core calculate the same cutoffs", async () => {
  const dates = fc.oneof(
    fc.date({ min: new Date("2000-01-01"), max: new Date("2040-01-01"), noInvalidDate: true }),
    fc
      .tuple(
        fc.constantFrom("2026-03-29T01:00Z", "2026-10-25T01:00Z", "2028-02-29T00:00Z"),
        fc.integer({ min: -2880, max: 2880 }),
      )
      .map(([edge, minutes]) => new Date(Date.parse(edge) + minutes * 60_000)),
  );
  const period: fc.Arbitrary<Period> = fc.record({
    amount: fc.integer({ min: 1, max: 40 }),
    unit: fc.constantFrom(...units),
  });
  const samples = fc.sample(fc.tuple(dates, period), 3_000);
  const { rows } = await sql`
    select retention_before(at, amount, unit) as start
    from unnest(${samples.map(([at]) => at.toISOString())}::timestamptz[], ${samples.map(([, { amount }]) => amount)}::int[],
      ${samples.map(([, { unit }]) => unit)}::text[]) with ordinality as sample (at, amount, unit, nr)
    order by nr`.execute(world.owner.common());
  const starts = z.array(z.object({ start: z.date() })).parse(rows);
  expect(starts).toHaveLength(samples.length);
  samples.forEach(([at, one], index) => {
    const label = `${at.toISOString()} - ${one.amount} ${one.unit}`;
    expect(`${label}: ${starts[index]?.start.toISOString()}`).toBe(`${label}: ${periodStart(at, one).toISOString()}`);
  });
});

describe("a run of all tenants", () => {
  test("deletes exactly what is over, drops whole days, and leaves evidence of it", async () => {
    const run = await world.addTurn();
    const steps = await world.execute(run);
    await expectDone(run);
    const dropped = steps.filter(({ step }) => step === "dropped");
    expect(dropped).toHaveLength(4);
    const [first] = await pageEvidence(world.db, "schule", 0, 1);
    expect(first).toMatchObject({ segment: partitionName(10), rowCount: 4, result: "deleted", runId: run });
  });

  test("what is over is hidden at its cutoff, before any run and to the instant", async () => {
    const all = sorted(expectedLeft).filter(({ tenant }) => tenant === "amt").length;
    expect(await visible("amt", now)).toBe(all);
    expect(await visible("amt", new Date(now.getTime() + 1))).toBe(all - 2);
    expect(await visible("schule", now)).toBe(expectedLeft.length - all);
  });

  test("what is being deleted never comes back into view, even when its rule is made longer meanwhile", async () => {
    const before = await visible("schule", now);
    const stop = new AbortController();
    const onStep: RunDeps["onStep"] = (_kind, { step }) => step === "batch" && stop.abort();
    const cut = world.execute(await world.addTurn(), { signal: stop.signal, onStep });
    await expect(cut).rejects.toMatchObject({ code: "unavailable" });
    const rule = sql`retention_rule where tenant_id = 'schule'`;
    await sql`delete from ${rule}`.execute(world.owner.common());
    try {
      expect((await world.left()).length).toBeGreaterThan(expectedLeft.length);
      expect(await visible("schule", now)).toBe(before);
    } finally {
      await sql`insert into retention_rule values ('schule', 'message-archive', 3, 'day')`.execute(
        world.owner.common(),
      );
    }
  });

  test("the hash of a dropped segment can be recalculated from its rows", async () => {
    const name = partitionName(6);
    const { rows } = await sql`select array[room_id::text, seq::text, id::text, at::text] as row from ${sql.table(name)}
      where tenant_id = 'amt' order by room_id, seq`.execute(world.owner.common());
    const texts = z.array(z.object({ row: z.array(z.string()) })).parse(rows);
    const expected = hashRows(
      emptySegment,
      texts.map(({ row }) => row),
    );
    await world.execute(await world.addTurn());
    const evidence = await pageEvidence(world.db, "amt", 0, 100);
    expect(evidence.find(({ segment }) => segment === name)).toMatchObject({
      result: "dropped",
      rowCount: 6,
      segmentHash: expected,
      oldest: "2026-07-06T01:00:00.000000Z",
      newest: "2026-07-06T22:00:00.000000Z",
    });
  });

  test("killed after any step, it goes on and ends the same; no row is counted twice", async () => {
    const batch = 20;
    const steps = (await world.execute(await world.addTurn(), { batch })).length;
    expect(steps).toBeGreaterThan(15);
    for (let killed = 1; killed <= steps; killed++) {
      await world.reset();
      const run = await world.addTurn();
      const stop = new AbortController();
      let count = 0;
      const onStep = () => {
        count += 1;
        if (count === killed) stop.abort();
        if (count >= killed) throw new Error("killed");
      };
      await expect(world.execute(run, { batch, signal: stop.signal, onStep })).rejects.toThrow();
      await world.execute(run, { batch });
      await expectDone(run);
    }
  }, 120_000);
});

test("a run of one tenant leaves the other tenant and all partitions alone", async () => {
  const id = "019b0000-0000-7000-8000-0000000000f1";
  await addRun(world.db, { id, tenant: "schule", kind: "message-archive", asOf: now }, now, by);
  await expect(
    addRun(world.db, { id, tenant: "schule", kind: "message-archive", asOf: now }, now, by),
  ).rejects.toMatchObject({
    code: "too-many",
  });
  await world.execute(id);
  const left = await world.left();
  expect(left.filter(({ tenant }) => tenant === "amt")).toHaveLength(90);
  expect(left.filter(({ tenant }) => tenant === "schule")).toEqual(
    sorted(expectedLeft).filter(({ tenant }) => tenant === "schule"),
  );
  expect(await world.partitions()).toHaveLength(15);
  expect(await pageEvidence(world.db, "amt", 0, 10)).toEqual([]);
});

test("an asOf ahead deletes up to now and hides nothing that is still to come", async () => {
  const id = "019b0000-0000-7000-8000-0000000000f2";
  const asOf = new Date("2026-09-01T00:00:00Z");
  await addRun(world.db, { id, tenant: "amt", kind: "message-archive", asOf }, now, by);
  await world.execute(id);
  const left = (await world.left()).filter(({ tenant }) => tenant === "amt");
  expect(left.map(({ at }) => at)).toEqual(
    [0, 1, 2, 3].map((index) => new Date(Date.UTC(2026, 6, 20, index % 2 ? 22 : 10))),
  );
  expect(await visible("amt", now)).toBe(4);
});

describe("trouble", () => {
  const heldRow = sql`select from room_log where tenant_id = 'amt' and at = '2026-07-10T01:00Z' for update`;
  const hold = async (work: (release: () => Promise<void>) => Promise<void>, held = heldRow) => {
    await world.owner
      .common()
      .connection()
      .execute(async (session) => {
        await sql`begin`.execute(session);
        await held.execute(session);
        await work(async () => void (await sql`commit`.execute(session)));
        await sql`rollback`.execute(session);
      });
  };
  const waiting = () =>
    eventually(async () => {
      const found = await sql`select from pg_stat_activity where wait_event_type = 'Lock'
        and datname = current_database()`.execute(world.owner.common());
      return found.rows.length > 0 ? true : undefined;
    }, "somebody waits for a lock");

  test("rows held by another transaction are waited for and tried again", async () => {
    const run = await world.addTurn();
    await hold(async (release) => {
      const running = world.execute(run);
      await waiting();
      await release();
      await running;
    });
    await expectDone(run);
  });

  test("held for longer they hold up no other tenant, and the next try ends it", async () => {
    const run = await world.addTurn();
    await hold(async () => {
      await expect(world.execute(run)).rejects.toMatchObject({ code: "unavailable", message: "Not done for amt" });
      expect(await viewRun(world.db, "schule", run)).toMatchObject({ rows: expectedGone("schule"), problem: null });
      expect(await viewRun(world.db, "amt", run)).toMatchObject({ problem: "Another transaction holds the rows" });
    });
    await world.execute(run);
    await expectDone(run);
  });

  test("a reader that stays in the table leaves a day half detached; a later try ends it", async () => {
    const run = await world.addTurn();
    await hold(async () => {
      await expect(world.execute(run)).rejects.toMatchObject({ code: "unavailable" });
      const { rows } = await sql`select from pg_inherits where inhdetachpending`.execute(world.owner.common());
      expect(rows).toHaveLength(1);
    }, sql`select count(*) from room_log`);
    await world.execute(run);
    await expectDone(run);
  });

  test("a connection lost while a day is dropped loses neither the rows nor their evidence", async () => {
    const run = await world.addTurn();
    await hold(async () => {
      const running = world.execute(run);
      await eventually(async () => {
        const found = await sql`select pg_terminate_backend(pid) from pg_stat_activity
            where wait_event_type = 'Lock' and query like '%retention_chain%' and query not like '%pg_stat%'`.execute(
          world.owner.common(),
        );
        return found.rows.length > 0 ? true : undefined;
      }, "the drop waits for the chain");
      await expect(running).rejects.toThrow();
      expect(await world.partitions()).toContain(partitionName(6));
      const evidence = await pageEvidence(world.db, "amt", 0, 100);
      expect(evidence.filter(({ result }) => result === "dropped")).toEqual([]);
    }, sql`insert into retention_chain values ('amt', 0, 'held')`);
    await world.execute(run);
    await expectDone(run);
  });

  test("a day that somebody detached and left lying is dropped with its evidence", async () => {
    await sql`alter table room_log detach partition ${sql.table(partitionName(7))}`.execute(world.owner.common());
    const run = await world.addTurn();
    await world.execute(run);
    await expectDone(run);
  });
});

test("inserts go on while a run deletes", async () => {
  const run = await world.addTurn();
  let running = true;
  const added: Seeded[] = [];
  const writer = async () => {
    for (let seq = 1_000; running; seq++) {
      const row: Seeded = { tenant: "amt", room: "019b0000-0000-7000-8000-00000000000a", seq, at: now };
      await world.insert([row]);
      added.push(row);
    }
  };
  const writing = writer();
  await world.execute(run, { batch: 1 }).finally(() => {
    running = false;
  });
  await writing;
  expect(added.length).toBeGreaterThan(0);
  expect(await world.left()).toEqual(sorted([...expectedLeft, ...added]));
  expect(await verifyEvidence(world.owner)).toMatchObject({ broken: [] });
});
