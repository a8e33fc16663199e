import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { serverNames } from "../cli/stack/server-kind.ts";
import { personalDeletion } from "../messaging/index.ts";
import { newId } from "../platform/ids.ts";
import { catalogue } from "../retention/catalogue.ts";
import { emptySegment, hashRows } from "../retention/core-evidence.ts";
import { pageEvidence, verifyEvidence } from "../retention/store-evidence.ts";
import { addTurn, beginRun } from "../retention/store-runs.ts";
import { cutoffs, now, retentionWorld, type TenantId, tenants, type World } from "./support/retention-world.ts";
import { type Archived, type ScratchArchive, scratchArchive } from "./support/scratch-archive.ts";

/** People's own archives under the rule of messages: `amt` keeps them for ten days, `schule` for three. */

let world: World;
let archive: ScratchArchive;

const SECOND = 1_000;
/** Five seconds and more before the cutoff to five after it, for two people of each tenant. */
const around = [-86_400, -5, -1, 0, 5];
const messages: readonly Archived[] = tenants.flatMap((tenant) =>
  ["anna", "bert"].flatMap((user) =>
    around.map((seconds) => ({
      ...{ host: `${tenant}.test`, user, with: "carl@elsewhere.test", value: "<message/>" },
      at: new Date(cutoffs[tenant].getTime() + seconds * SECOND),
    })),
  ),
);

describe.each(serverNames)("in the table of %s", (server) => {
  beforeAll(async () => {
    [world, archive] = await Promise.all([retentionWorld(), scratchArchive(server)]);
  });
  afterAll(() => Promise.all([world?.drop(), archive?.drop()]));

  beforeEach(async () => {
    await world.reset();
    await archive.clear();
    await archive.insert(messages);
    // Of a host that is no tenant's, and of nobody: never touched.
    const old = { user: "anna", with: "x@y.test", at: new Date(0), value: "<message/>" };
    await archive.insert([{ ...old, host: "own.test" }]);
    await archive.insertOther("amt.test");
  });

  const deletion = () => personalDeletion({ db: world.db, archive: archive.archive });
  const run = async (options: Parameters<World["execute"]>[1] = {}) => {
    const id = newId();
    await addTurn(world.db, { id, kind: "personal-archive", asOf: now, turn: id }, now);
    return { id, steps: world.execute(id, { deleters: [deletion()], batch: 3, ...options }) };
  };
  const left = (tenant: TenantId) =>
    archive.query(
      `select "user", "when" from prosodyarchive where host = $1 and store = 'archive' order by "user", "when"`,
      [`${tenant}.test`],
    );
  const kept = (tenant: TenantId) =>
    messages
      .filter(({ host, at }) => host === `${tenant}.test` && at >= cutoffs[tenant])
      .map(({ user, at }) => ({ user, when: at.getTime() / SECOND }));

  test("what is over goes, of each tenant by its own rule, and nothing else", async () => {
    const { id, steps } = await run();
    await steps;
    for (const tenant of tenants) expect(await left(tenant)).toEqual(kept(tenant));
    expect(await archive.query("select host from prosodyarchive where host = 'own.test'")).toHaveLength(1);
    expect(await archive.countOther()).toBe(1);
    expect(await beginRun(world.db, id)).toMatchObject({ state: "done" });
  });

  test("evidence tells each batch with its times and a hash, names nobody, and holds", async () => {
    const before = await archive.query(
      `select sort_id, key, "when" from prosodyarchive where host = 'amt.test' and store = 'archive' and "when" < $1
     order by "when", sort_id`,
      [cutoffs.amt.getTime() / SECOND],
    );
    await (await run()).steps;
    const rows = await pageEvidence(world.db, "amt", 0, 100);
    expect(rows.map(({ kind, result, rowCount }) => [kind, result, rowCount])).toEqual([
      ["personal-archive", "begun", 0],
      ["personal-archive", "deleted", 3],
      ["personal-archive", "deleted", 3],
      ["personal-archive", "complete", 0],
    ]);
    const first = before.slice(0, 3).map((row) => [String(row.sort_id), String(row.key), String(row.when)]);
    expect(rows[1]).toMatchObject({
      segmentHash: hashRows(emptySegment, first),
      oldest: "2026-07-09T10:00:00.000000Z",
      newest: "2026-07-10T09:59:55.000000Z",
    });
    expect(JSON.stringify(rows)).not.toMatch(/anna|bert|carl/);
    expect((await verifyEvidence(world.owner)).broken).toEqual([]);
  });

  test("a run that is cut short goes on, and a second one finds nothing", async () => {
    const { id, steps } = await run({
      onStep: (_kind, step) => {
        if (step.step === "batch") throw new Error("killed");
      },
    });
    await expect(steps).rejects.toThrow("Not done");
    await world.execute(id, { deleters: [deletion()], batch: 3 });
    for (const tenant of tenants) expect(await left(tenant)).toEqual(kept(tenant));
    const again = await run();
    expect((await again.steps).filter(({ step }) => step === "batch")).toEqual([]);
  });

  test("the rule of messages is theirs, in the database as in the catalogue", async () => {
    for (const { name, ruledBy = name } of catalogue) {
      const { rows } = await sql<{ by: string }>`select retention_ruled_by(${name}) as by`.execute(
        world.owner.common(),
      );
      expect(rows).toEqual([{ by: ruledBy }]);
    }
    const cutoff = (kind: string) =>
      sql<{ at: Date }>`select retention_cutoff('schule', ${kind}, ${now}) as at`.execute(world.owner.common());
    expect((await cutoff("personal-archive")).rows).toEqual([{ at: cutoffs.schule }]);
    await (await run()).steps;
    expect((await cutoff("message-archive")).rows).toEqual([{ at: cutoffs.schule }]);
  });

  test("the oldest message of all is known for whoever watches", async () => {
    const oldest = Math.min(...tenants.map((tenant) => cutoffs[tenant].getTime() - 86_400 * SECOND));
    expect(await deletion().oldest(tenants)).toEqual(new Date(oldest));
    expect(await deletion().oldest([])).toBeUndefined();
  });

  test("a transaction sees messages of the hosts it names; it can't write, and reads no other table", async () => {
    const see = (hosts: readonly string[]) =>
      archive.archive.withTenants(hosts, async (trx) => {
        const { rows } = await sql<{
          host: string;
          store: string;
        }>`select distinct host, store from prosodyarchive`.execute(trx);
        return rows;
      });
    expect(await see([])).toEqual([]);
    expect(await see(["amt.test"])).toEqual([{ host: "amt.test", store: "archive" }]);
    const gone = await archive.archive.withTenants(["schule.test"], (trx) =>
      sql`delete from prosodyarchive where host <> 'schule.test'`.execute(trx),
    );
    expect(gone.numAffectedRows).toBe(0n);
    const refused = ["insert into prosodyarchive (host) values ('amt.test')", "update prosodyarchive set host = 'x'"];
    for (const text of [...refused, "create table mine ()"]) {
      await expect(archive.archive.withTenants(["amt.test"], (trx) => sql.raw(text).execute(trx))).rejects.toThrow(
        /permission denied/,
      );
    }
  });

  test("a turn asks an index for each tenant, not the whole table", async () => {
    await archive.insert(
      Array.from({ length: 20_000 }, (_, n) => ({
        ...{ host: `host${n % 50}`, user: `user${n % 500}`, with: "w", at: new Date(n * SECOND), value: "<message/>" },
      })),
    );
    await archive.query("analyze");
    const plan = await archive.query(`explain select sort_id from prosodyarchive
    where host = 'host7' and store = 'archive' and "when" < 1000 order by "when", sort_id limit 1000`);
    expect(JSON.stringify(plan)).toContain("kontor_archive_deletion");
  });
});
