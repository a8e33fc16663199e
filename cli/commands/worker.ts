import { readFileSync } from "node:fs";
import { Command } from "commander";
import { diskBytes, fileDeletion, linkedReading } from "../../filetransfer/index.ts";
import { startAuditJobs } from "../../identity/audit-jobs.ts";
import { auditSigner } from "../../identity/core-audit-signature.ts";
import {
  exportDeletion,
  invitationDeletion,
  openPersonalArchive,
  personalDeletion,
  startExports,
} from "../../messaging/index.ts";
import { onShutdown, serveHealth } from "../../platform/health.ts";
import { newId } from "../../platform/ids.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { absenceDeletion, presenceReader, presenceUsageDeletion, startWebhooks } from "../../presence/index.ts";
import { catalogue, startRetention } from "../../retention/index.ts";
import { exportStore } from "../export-store.ts";
import { startProcess } from "../process.ts";

/** The worker: deletion on time, signing of the audit log, exports, webhooks of presence. Starts and stays up while PostgreSQL or Redis are away; /readyz says so. */
export function command(): Command {
  return new Command("worker")
    .description("run the worker: deletion on time, signing of the audit log, exports, webhooks")
    .action(run);
}

/** Detaching waits for older transactions up to the lock timeout; reading a partition through may take longer. */
const OWNER_STATEMENT_MS = 600_000;
const OWNER_LOCK_MS = 5_000;

async function run(): Promise<void> {
  const base = startProcess("worker");
  const { settings, log, metrics, db, clock, checks } = base;
  const { url, adminUrl } = settings.database;
  const owner = openDatabase(
    { url: adminUrl ?? url, poolSize: 3, statementTimeoutMs: OWNER_STATEMENT_MS, lockTimeoutMs: OWNER_LOCK_MS },
    log,
  );
  const archive = openPersonalArchive(settings.archive, log);
  const files = diskBytes(settings.files.folder);
  const { bytes, workFolder } = exportStore(settings);
  const deleters = [
    fileDeletion({ db, bytes: files }),
    exportDeletion({ db, bytes }),
    invitationDeletion(db),
    absenceDeletion(db),
    presenceUsageDeletion(db),
    ...(archive ? [personalDeletion({ db, archive })] : []),
  ];
  const { schedule, timeZone } = settings.retention;
  const retention = startRetention({
    ...{ db, owner, kinds: catalogue, deleters, clock, log, metrics, newId },
    ...{ connection: base.patientRedis, schedule, timeZone },
  });
  const { signingKey } = settings.audit;
  const audit = startAuditJobs({
    ...{ db, connection: base.patientRedis, clock, log },
    signer: signingKey === undefined ? undefined : auditSigner(readFileSync(signingKey, "utf8")),
  });
  const exporting = startExports({
    ...{ db, connection: base.patientRedis, clock, log, newId, bytes, workFolder },
    ...{ files: linkedReading({ db, bytes: files }), maxBytes: settings.exports.maxBytes },
  });
  const webhooks = startWebhooks({
    ...{ db, connection: base.patientRedis, clock, log, metrics, newId, reader: presenceReader(base.redis) },
    ...{ secret: settings.xmpp.secret, allowLocal: settings.signIn.allowLocalProviders, random: Math.random },
  });
  const health = await serveHealth({ host: settings.health.host, port: settings.health.workerPort }, checks, metrics);
  log.info("Working", { class: "system" });
  onShutdown(log, async () => {
    health?.close();
    await Promise.all([retention.close(), audit.close(), exporting.close(), webhooks.close()]);
    await owner.close();
    await archive?.close();
    await base.close();
  });
}
