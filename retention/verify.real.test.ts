import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type RawBuilder, sql, type Transaction } from "kysely";
import { retentionWorld, type World } from "../test/support/retention-world.ts";
import { verifyEvidence } from "./store-evidence.ts";

let world: World;
beforeAll(async () => {
  world = await retentionWorld();
});
afterAll(() => world?.drop());
beforeEach(async () => {
  await world.reset();
  await world.execute(await world.addTurn(), { batch: 1_000 });
});

const tamper = (text: RawBuilder<unknown>) => text.execute(world.owner.common());
const length = async () => (await verifyEvidence(world.owner)).rows;

describe("what was tampered with is named", () => {
  test.each<[string, RawBuilder<unknown>[], number, string]>([
    [
      "a count",
      [sql`update retention_evidence set row_count = row_count - 1 where tenant_id = 'amt' and position = 2`],
      2,
      "its hash does not fit its content",
    ],
    [
      "a microsecond",
      [
        sql`update retention_evidence set cutoff = cutoff + interval '1 microsecond' where tenant_id = 'amt' and position = 3`,
      ],
      3,
      "its hash does not fit its content",
    ],
    [
      "a row taken out",
      [sql`delete from retention_evidence where tenant_id = 'amt' and position = 2`],
      3,
      "row 2 is missing",
    ],
    [
      "the first row taken out",
      [sql`delete from retention_evidence where tenant_id = 'amt' and position = 1`],
      2,
      "row 1 is missing",
    ],
    ["all rows taken out", [sql`delete from retention_evidence where tenant_id = 'amt'`], 1, "row 1 is missing"],
    [
      "rows cut off the end",
      [sql`delete from retention_evidence where tenant_id = 'amt' and position > 4`],
      5,
      "row 5 is missing",
    ],
    [
      "another head",
      [sql`update retention_chain set hash = 'x' where tenant_id = 'amt' and position = 6`],
      6,
      "the head of the chain has another hash",
    ],
    ["no head", [sql`delete from retention_chain where tenant_id = 'amt'`], 6, "the chain has no head"],
    [
      "a head set back",
      [
        sql`update retention_chain set position = 5, hash = (select hash from retention_evidence where tenant_id = 'amt' and position = 5)
        where tenant_id = 'amt'`,
      ],
      6,
      "it stands behind the head of the chain",
    ],
  ])("%s", async (_name, tampering, position, why) => {
    const rows = await length();
    for (const each of tampering) await tamper(each);
    const found = await verifyEvidence(world.owner);
    expect(found.broken).toEqual([{ tenant: "amt", position, why }]);
    expect(found.tenants).toBe(2);
    expect(found.rows).toBeLessThanOrEqual(rows);
  });
});

test("the application may neither change nor remove evidence, and no tenant sees another's", async () => {
  const as = (tenant: string, text: RawBuilder<unknown>) =>
    world.db.withTenants([tenant], (trx: Transaction<unknown>) => text.execute(trx));
  await expect(as("amt", sql`update retention_evidence set row_count = 0`)).rejects.toMatchObject({ code: "42501" });
  await expect(as("amt", sql`delete from retention_evidence`)).rejects.toMatchObject({ code: "42501" });
  await expect(as("amt", sql`truncate retention_evidence`)).rejects.toMatchObject({ code: "42501" });
  const { rows } = await as("amt", sql`select distinct tenant_id from retention_evidence`);
  expect(rows).toEqual([{ tenant_id: "amt" }]);
  await expect(verifyEvidence(world.db)).rejects.toMatchObject({ code: "forbidden" });
});

test("a tenant may only shorten", async () => {
  const set = (amount: number, unit: string) =>
    world.db.withTenants(["amt"], (trx: Transaction<unknown>) =>
      sql`insert into retention_rule values ('amt', 'message-archive', ${amount}, ${unit})`.execute(trx),
    );
  await expect(set(11, "day")).rejects.toMatchObject({ code: "23514" });
  await expect(set(1, "month")).rejects.toMatchObject({ code: "23514" });
  const operator = sql`update retention_rule set amount = 99 where tenant_id is null`;
  await world.db.withTenants(["amt"], (trx: Transaction<unknown>) => operator.execute(trx));
  const { rows } = await tamper(
    sql`select amount from retention_rule where tenant_id is null and kind = 'message-archive'`,
  );
  expect(rows).toEqual([{ amount: 10 }]);
});

describe("./kontor verify evidence", () => {
  const kontor = fileURLToPath(new URL("../kontor", import.meta.url));
  const verify = () =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const env = { ...process.env, KONTOR_DATABASE_URL: world.url, KONTOR_DATABASE_ADMIN_URL: world.url };
      const child = execFile(kontor, ["verify", "evidence"], { env }, (_error, out, err) =>
        resolve({ code: child.exitCode ?? -1, out, err }),
      );
    });

  test("says how many rows hold", async () => {
    expect(await verify()).toEqual({
      code: 0,
      out: `${await length()} rows of evidence of 2 tenants verified, 0 chains broken\n`,
      err: "",
    });
  });

  test("ends with 1 and names the first broken row", async () => {
    await tamper(sql`update retention_evidence set segment = 'x' where position between 3 and 4`);
    const { code, err } = await verify();
    expect(code).toBe(1);
    expect(err).toBe(
      "broken: amt, row 3: its hash does not fit its content\nbroken: schule, row 3: its hash does not fit its content\n",
    );
  });
});
