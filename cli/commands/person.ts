import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { z } from "zod";
import { loadSettings, readIfThere } from "../../config/settings.ts";
import { localActor } from "../../identity/audit.ts";
import { importPeople } from "../../identity/import-people.ts";
import { personEmail, personLocalpart, personName } from "../../identity/person-fields.ts";
import { createPerson } from "../../identity/person-store.ts";
import type { PeopleDeps } from "../../identity/person-tables.ts";
import { systemClock } from "../../platform/clock.ts";
import { KontorError } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { createLog } from "../../platform/log.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { type HomeOptions, withHome } from "../options.ts";
import { readEnvironment } from "../stack/environment.ts";
import { StackError } from "../stack/error.ts";
import { homeOf } from "../stack/home.ts";

interface AddOptions extends HomeOptions {
  readonly email?: string;
}
interface ImportOptions extends HomeOptions {
  readonly dryRun?: boolean;
  readonly partial?: boolean;
}

/** `kontor person add|import`: what REST does, for whoever has the machine. */
export function command(): Command {
  return new Command("person")
    .description("add people to a tenant")
    .addCommand(
      withHome(new Command("add"))
        .description("add a person and print the link by which the password is set")
        .argument("<tenant>", "short name of the tenant")
        .argument("<localpart>", "what stands before the @ of the address")
        .argument("<name>", "name as others see it")
        .option("--email <address>", "e-mail address")
        .action(add),
    )
    .addCommand(
      withHome(new Command("import"))
        .description("import people from CSV with the columns localpart,name,email,groups; nobody unless all are good")
        .argument("<tenant>", "short name of the tenant")
        .argument("<file>", "the CSV file")
        .option("--dry-run", "report only")
        .option("--partial", "import the good lines although others are bad")
        .action(importFile),
    );
}

async function add(tenant: string, localpart: string, name: string, options: AddOptions): Promise<void> {
  const given = {
    localpart: checked(personLocalpart, localpart, "localpart"),
    name: checked(personName, name, "name"),
    email: options.email === undefined ? null : checked(personEmail, options.email, "email"),
  };
  await withPeople(options, async (deps) => {
    const { invitation } = await createPerson(deps, tenant, given, localActor("cli"));
    console.log(`${localpart} is invited: ${invitation?.link}`);
  });
}

async function importFile(tenant: string, file: string, options: ImportOptions): Promise<void> {
  const csv = readIfReadable(file);
  await withPeople(options, async (deps) => {
    const how = { dryRun: options.dryRun ?? false, partial: options.partial ?? false };
    const report = await importPeople(deps, tenant, csv, how, localActor("cli"));
    for (const { line, localpart, problem, invitation } of report.lines) {
      console.log(`line ${line}: ${localpart}: ${problem ?? invitation?.link ?? "good"}`);
    }
    console.log(`${report.good} good, ${report.bad} bad, ${report.imported} imported`);
    if (report.bad > 0) process.exitCode = 1;
  });
}

function readIfReadable(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new StackError(`${file} cannot be read: ${error instanceof Error ? error.message : "unknown why"}`);
  }
}

function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new StackError(`${what}: ${result.error.issues.map((each) => each.message).join("; ")}`);
}

async function withPeople(options: HomeOptions, work: (deps: PeopleDeps) => Promise<void>): Promise<void> {
  const configured = process.env.KONTOR_DATABASE_URL || process.env.KONTOR_CONFIG;
  const settings = loadSettings(configured ? process.env : readEnvironment(homeOf(options)), readIfThere);
  const log = createLog("person", "error");
  const { url, role } = settings.database;
  const db = openDatabase({ url, role, poolSize: 1 }, log);
  // Only to tell the components at once; without it they look by themselves.
  const redis = openRedis(settings.redis.url, log);
  try {
    await redisReady(redis, 2_000).catch(() => undefined);
    const { quotas } = settings;
    const { secret } = settings.xmpp;
    await work({ db, redis, log, quotas, clock: systemClock, newId, secret, publicUrl: settings.http.publicUrl });
  } catch (error) {
    if (error instanceof KontorError) throw new StackError(error.message);
    throw error;
  } finally {
    redis.disconnect();
    await db.close();
  }
}
