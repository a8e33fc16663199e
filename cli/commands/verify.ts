import { Command } from "commander";
import { loadAuditSettings, readIfThere } from "../../config/settings.ts";
import { verifyAudit } from "../../identity/audit-verify.ts";
import { auditKeys } from "../../identity/core-audit-signature.ts";
import { createLog } from "../../platform/log.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { verifyEvidence } from "../../retention/store-evidence.ts";
import { ownerUrl, settingsSource } from "../database.ts";
import { type HomeOptions, withHome } from "../options.ts";

/** `kontor verify evidence|audit`: recomputes chains; exit code 1 and the first broken row of each when one is. */
export function command(): Command {
  return new Command("verify")
    .description("verify what the service has on record")
    .addCommand(
      withHome(new Command("evidence"))
        .description("recompute the chains of deletion evidence from the database")
        .action(evidence),
    )
    .addCommand(
      withHome(new Command("audit"))
        .description("recompute the chains of the audit log from the database and check their signatures")
        .option("--tenant <id>", "only that of one tenant; '-' for that of the installation")
        .action(audit),
    );
}

async function evidence(options: HomeOptions): Promise<void> {
  const db = openDatabase({ url: ownerUrl(options), poolSize: 1 }, createLog("verify", "warn"));
  try {
    const { rows, tenants, broken } = await verifyEvidence(db);
    for (const { tenant, position, why } of broken) console.error(`broken: ${tenant}, row ${position}: ${why}`);
    console.log(`${rows} rows of evidence of ${tenants} tenants verified, ${broken.length} chains broken`);
    if (broken.length > 0) process.exitCode = 1;
  } finally {
    await db.close();
  }
}

async function audit(options: HomeOptions & { tenant?: string }): Promise<void> {
  const { signingKey, formerKeys } = loadAuditSettings(settingsSource(options));
  const texts = [signingKey, formerKeys].flatMap((path) => {
    const text = path === undefined ? undefined : readIfThere(path);
    if (path !== undefined && text === undefined) console.error(`there is no key file ${path}`);
    return text ?? [];
  });
  const db = openDatabase({ url: ownerUrl(options), poolSize: 1 }, createLog("verify", "warn"));
  try {
    const { rows, signatures, chains, broken } = await verifyAudit(db, auditKeys(...texts), options.tenant);
    for (const { tenant, position, why } of broken) console.error(`broken: ${tenant}, row ${position}: ${why}`);
    console.log(
      `${rows} rows and ${signatures} signatures of ${chains} audit logs verified, ${broken.length} chains broken`,
    );
    if (broken.length > 0) process.exitCode = 1;
  } finally {
    await db.close();
  }
}
