import { Command } from "commander";
import { z } from "zod";
import { localActor } from "../../identity/audit.ts";
import { stepTenant } from "../../identity/tenant-life.ts";
import { pageTenants } from "../../identity/tenant-reads.ts";
import { createTenant } from "../../identity/tenant-store.ts";
import { newTenant } from "../../identity/tenants-http.ts";
import { KontorError } from "../../platform/errors.ts";
import { newId } from "../../platform/ids.ts";
import { createLog } from "../../platform/log.ts";
import { type Database, openDatabase } from "../../platform/postgres.ts";
import { ownerUrl } from "../database.ts";
import { type HomeOptions, withHome } from "../options.ts";
import { StackError } from "../stack/error.ts";

interface AddOptions extends HomeOptions {
  readonly domain: string;
  readonly name: string;
  readonly contact: string;
  readonly deputy: string;
  readonly quota: Readonly<Record<string, number>>;
}

/** `kontor tenant add|list|close`: what the REST door does, for whoever may reach the database. */
export function command(): Command {
  return new Command("tenant")
    .description("add, list and close tenants")
    .addCommand(
      withHome(new Command("add"))
        .description("open a tenant; the running servers follow within seconds")
        .argument("<id>", "short name: letters, digits and hyphens")
        .requiredOption("--domain <domain>", "XMPP domain; it never changes")
        .requiredOption("--name <name>", "name of the customer")
        .requiredOption("--contact <person>", "contact person")
        .requiredOption("--deputy <person>", "deputy of the contact person")
        .option("--quota <name=number>", "a limit of its own; may be given again", addQuota, {})
        .action(add),
    )
    .addCommand(withHome(new Command("list")).description("list all tenants").option("--json", "as JSON").action(list))
    .addCommand(
      withHome(new Command("close"))
        .description("close a tenant for good; its data goes by the rules of retention")
        .argument("<id>", "its short name")
        .requiredOption("--reason <text>", "why; the audit log keeps it")
        .action(close),
    );
}

function addQuota(text: string, before: Record<string, number>): Record<string, number> {
  const [, name, value] = /^(\w+)=(\d+)$/.exec(text) ?? [];
  if (name === undefined) throw new StackError(`--quota ${text}: give it as name=number, such as people=200`);
  return { ...before, [name]: Number(value) };
}

async function add(id: string, { domain, name, contact, deputy, quota }: AddOptions, self: Command): Promise<void> {
  const given = newTenant.safeParse({ id, domain, name, contact, deputy, quotas: quota });
  if (!given.success) throw new StackError(z.prettifyError(given.error));
  await withDatabase(self.opts(), async (db) => {
    await createTenant(db, given.data, change());
    console.log(`Tenant ${id} is open: ${domain} can be used within seconds.`);
  });
}

async function list(options: HomeOptions & { json?: boolean }): Promise<void> {
  await withDatabase(options, async (db) => {
    for (let after: string | undefined; ; ) {
      const page = await pageTenants(db, { after, limit: 500, status: undefined, text: undefined });
      for (const tenant of page) {
        const { id, status, domain, name } = tenant;
        console.log(options.json ? JSON.stringify(tenant) : `${id.padEnd(24)} ${status.padEnd(10)} ${domain}  ${name}`);
      }
      after = page.at(-1)?.id;
      if (page.length < 500) return;
    }
  });
}

async function close(id: string, options: HomeOptions & { reason: string }): Promise<void> {
  await withDatabase(options, async (db) => {
    const { status } = await stepTenant(db, id, "close", change(options.reason));
    console.log(`Tenant ${id} is ${status}.`);
  });
}

const change = (reason?: string) => ({ actor: localActor("cli", reason), now: new Date(), newId });

/** As the owner of the database, who needs no wake-up: the running servers look by themselves every few seconds. */
async function withDatabase(options: HomeOptions, work: (db: Database) => Promise<void>): Promise<void> {
  const db = openDatabase({ url: ownerUrl(options), poolSize: 1 }, createLog("tenant", "error"));
  try {
    await work(db);
  } catch (error) {
    throw error instanceof KontorError ? new StackError(error.message) : error;
  } finally {
    await db.close();
  }
}
