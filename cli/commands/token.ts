import { Command } from "commander";
import { localActor } from "../../identity/audit.ts";
import { tokenActions } from "../../identity/token-http.ts";
import { createToken } from "../../identity/token-store.ts";
import { newId } from "../../platform/ids.ts";
import { createLog } from "../../platform/log.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { ownerUrl } from "../database.ts";
import { type HomeOptions, withHome } from "../options.ts";
import { StackError } from "../stack/error.ts";

interface AddOptions extends HomeOptions {
  readonly tenant?: string;
  readonly scope: readonly string[];
  readonly days: string;
  readonly reason: string;
}

const MAX_DAYS = 365;

/** `kontor token add`: makes an API token and prints its secret, this once. */
export function command(): Command {
  return new Command("token")
    .description("make API tokens")
    .addCommand(
      withHome(new Command("add"))
        .description("make a token and print it; only its hash is kept")
        .argument("<label>", "what it is for")
        .requiredOption("--scope <actions...>", "what it may do, such as person:read")
        .option("--tenant <id>", "the tenant it is for; without it for the whole installation")
        .option("--days <number>", `how long it holds, at most ${MAX_DAYS}`, "90")
        .requiredOption("--reason <text>", "why; the audit log keeps it")
        .action(add),
    );
}

async function add(label: string, { tenant, scope, days, reason }: AddOptions, self: Command): Promise<void> {
  const unknown = scope.filter((each) => !tokenActions.some((action) => action === each));
  if (unknown.length > 0) throw new StackError(`unknown: ${unknown.join(", ")}; known are ${tokenActions.join(", ")}`);
  const lasts = Number(days);
  if (!Number.isInteger(lasts) || lasts < 1 || lasts > MAX_DAYS) throw new StackError(`--days is 1 to ${MAX_DAYS}`);
  const db = openDatabase({ url: ownerUrl(self.opts()), poolSize: 1 }, createLog("token", "error"));
  try {
    const now = new Date();
    const wish = {
      ...{ tenant: tenant ?? null, label, scopes: [...new Set(scope)], creator: undefined },
      expiresAt: new Date(+now + lasts * 86_400_000),
    };
    const { secret } = await createToken(db, localActor("cli", reason), wish, now, newId);
    console.log(secret);
  } finally {
    await db.close();
  }
}
