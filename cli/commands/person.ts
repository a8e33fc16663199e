import { readFileSync } from "node:fs";
import { Command } from "commander";
import { z } from "zod";
import { loadSettings, readIfThere } from "../../config/settings.ts";
import { accessChanged } from "../../identity/access-events.ts";
import { localActor } from "../../identity/audit.ts";
import { importPeople } from "../../identity/import-people.ts";
import { findPersonId } from "../../identity/people-list.ts";
import { installationRoles, roles } from "../../identity/permissions.ts";
import { personEmail, personLocalpart, personName } from "../../identity/person-fields.ts";
import { createPerson } from "../../identity/person-store.ts";
import type { PeopleDeps } from "../../identity/person-tables.ts";
import { putRole, type RoleChange, removeRole, scopeOf } from "../../identity/role-store.ts";
import { systemClock } from "../../platform/clock.ts";
import { KontorError } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { createLog } from "../../platform/log.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { type HomeOptions, withHome } from "../options.ts";
import { readEnvironment } from "../stack/environment.ts";
import { StackError } from "../stack/error.ts";
import { homeOf } from "../stack/home.ts";

interface RoleOptions extends HomeOptions {
  readonly installation?: boolean;
  readonly revoke?: boolean;
  readonly reason: string;
}
interface AddOptions extends Omit<RoleOptions, "reason" | "revoke"> {
  readonly email?: string;
  readonly role?: string;
  readonly reason?: string;
}
interface ImportOptions extends HomeOptions {
  readonly dryRun?: boolean;
  readonly partial?: boolean;
}

/** `kontor person add|import|role`: what REST does, for whoever has the machine; so an installation gets its first operator. */
export function command(): Command {
  return new Command("person")
    .description("add people to a tenant, and give them roles")
    .addCommand(
      withHome(new Command("add"))
        .description("add a person and print the link by which the password is set")
        .argument("<tenant>", "short name of the tenant")
        .argument("<localpart>", "what stands before the @ of the address")
        .argument("<name>", "name as others see it")
        .option("--email <address>", "e-mail address")
        .option("--role <role>", "a role to begin with; needs --reason")
        .option("--installation", "the role holds for the whole installation")
        .option("--reason <text>", "why the role; the audit log keeps it")
        .action(add),
    )
    .addCommand(
      withHome(new Command("role"))
        .description(`give a person a role, or take it away: ${roles.join(", ")}`)
        .argument("<tenant>", "short name of the tenant the person belongs to")
        .argument("<localpart>", "what stands before the @ of the address")
        .argument("<role>", "the role")
        .option("--installation", `for the whole installation, as ${installationRoles.join(", ")} always are`)
        .option("--revoke", "take it away")
        .requiredOption("--reason <text>", "why; the audit log keeps it")
        .action(changeRole),
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
  if (options.role !== undefined) checked(reasonText, options.reason ?? "", "--reason");
  const role = options.role === undefined ? undefined : roleFor(options.role, tenant, options);
  await withPeople(options, async (deps) => {
    const { id, invitation } = await createPerson(deps, tenant, given, localActor("cli"));
    console.log(`${localpart} is invited: ${invitation?.link}`);
    if (role) await giveRole(deps, { person: { tenant, id }, ...role }, options.reason);
  });
}

async function changeRole(tenant: string, localpart: string, name: string, options: RoleOptions): Promise<void> {
  const role = roleFor(name, tenant, options);
  checked(reasonText, options.reason, "--reason");
  await withPeople(options, async (deps) => {
    const found = await findPersonId(deps.db, tenant, localpart);
    if (found === undefined) throw new StackError(`there is no person ${localpart} in ${tenant}`);
    const change = { person: { tenant, id: found }, ...role };
    if (options.revoke) {
      await removeRole(deps.db, localActor("cli", options.reason), change, new Date(deps.clock()), newId);
      await wake(deps.redis, accessChanged, { tenant, person: found }, deps.log);
    } else await giveRole(deps, change, options.reason);
    console.log(
      `${localpart} ${options.revoke ? "is no longer" : "is now"} ${name}${role.scope === null ? " of the whole installation" : ` of ${role.scope}`}`,
    );
  });
}

const reasonText = z.string().trim().min(3).max(500);

/** The role by its name. Which roles hold everywhere is said, not guessed: it is the widest thing that can be given. */
function roleFor(name: string, tenant: string, { installation }: { readonly installation?: boolean }) {
  const role = roles.find((each) => each === name);
  if (!role) throw new StackError(`there is no role ${name}; there are ${roles.join(", ")}`);
  const scope = scopeOf(role, tenant);
  if (scope === null && !installation) throw new StackError(`${role} holds for all tenants: say --installation`);
  if (scope !== null && installation) throw new StackError(`${role} is held in one tenant: leave --installation out`);
  return { role, scope };
}

async function giveRole(deps: PeopleDeps, change: RoleChange, reason: string | undefined): Promise<void> {
  const grant = { ...change, expiresAt: null };
  await putRole(deps.db, localActor("cli", reason), grant, new Date(deps.clock()), newId);
  await wake(deps.redis, accessChanged, { tenant: change.person.tenant, person: change.person.id }, deps.log);
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
