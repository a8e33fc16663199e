import { Command } from "commander";
import { createLog } from "../../platform/log.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { verifyEvidence } from "../../retention/store-evidence.ts";
import { ownerUrl } from "../database.ts";
import { type HomeOptions, withHome } from "../options.ts";

/** `kontor verify evidence`: recomputes the chains of evidence; exit code 1 and the first broken row of each when one is. */
export function command(): Command {
  return new Command("verify")
    .description("verify what the service has on record")
    .addCommand(
      withHome(new Command("evidence"))
        .description("recompute the chains of deletion evidence from the database")
        .action(evidence),
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
