import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, expect, it } from "@jest/globals";
import { sql } from "kysely";
import { z } from "zod";
import { newId } from "../../platform/ids.ts";
import { openTestDatabase, realStack } from "../../test/support/real.ts";

/** The command as whoever has the machine types it. */

const db = openTestDatabase("owner");
afterAll(() => db.close());
const failed = z.object({ code: z.int(), stderr: z.string() });
const tenant = `cli-${newId().slice(-8)}`;

async function kontor(...args: string[]): Promise<{ code: number; text: string }> {
  const all = ["--import", "tsx", "cli/main.ts", ...args, "--home", realStack().home];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, all);
    return { code: 0, text: stdout };
  } catch (error) {
    const { code, stderr } = failed.parse(error);
    return { code, text: stderr };
  }
}

const rowsOf = async (query: ReturnType<typeof sql<Record<string, unknown>>>) =>
  (await db.withTenants(["-", tenant], (trx) => query.execute(trx))).rows;

it("gives an installation its first operator and takes the role back, on record as the command line", async () => {
  const facts = ["--domain", `${tenant}.example`, "--name", "Betrieb", "--contact", "A", "--deputy", "B"];
  expect((await kontor("tenant", "add", tenant, ...facts)).code).toBe(0);
  const add = ["person", "add", tenant, "first", "First Operator", "--role", "operator"];
  expect(await kontor(...add, "--installation")).toMatchObject({ code: 1, text: expect.stringContaining("--reason") });
  // What holds for all tenants is never given by accident, and nothing is half done.
  const without = await kontor(...add, "--reason", "runs the service");
  expect(without).toMatchObject({ code: 1, text: expect.stringContaining("--installation") });
  expect((await kontor(...add, "--installation", "--reason", "runs the service")).code).toBe(0);
  const grants = sql<Record<string, unknown>>`
    select role, scope, granted_by, reason from role_grant where tenant_id = ${tenant} and role = 'operator'`;
  expect(await rowsOf(grants)).toEqual([
    { role: "operator", scope: null, granted_by: "cli", reason: "runs the service" },
  ]);

  const revoke = ["person", "role", tenant, "first", "operator", "--installation", "--revoke", "--reason", "left"];
  expect((await kontor(...revoke)).code).toBe(0);
  expect(await rowsOf(grants)).toEqual([]);
  expect((await kontor(...revoke)).code).toBe(1);
  const entries = sql<Record<string, unknown>>`
    select e.action, e.reason, a.who from audit_entry e join actor a on a.tenant_id = e.tenant_id and a.id = e.actor
    where e.tenant_id = ${tenant} and e.action = 'role:grant' order by e.position`;
  expect(await rowsOf(entries)).toEqual([
    { action: "role:grant", reason: "runs the service", who: "cli" },
    { action: "role:grant", reason: "left", who: "cli" },
  ]);
  await kontor("tenant", "close", tenant, "--reason", "end of the test");
}, 60_000);
