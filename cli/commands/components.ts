import { Command } from "commander";
import { serveTenants } from "../../components/serve-tenants.ts";
import { componentSecret } from "../../config/component-secret.ts";
import { diskBytes, linkedFiles, uploadDoor } from "../../filetransfer/index.ts";
import { accountServer } from "../../identity/account-server.ts";
import { watchQuotas } from "../../identity/quota-watch.ts";
import { serverFollowed } from "../../identity/tenant-events.ts";
import { servedTenants } from "../../identity/tenant-reads.ts";
import {
  commitEntries,
  createCommitter,
  createLogTidier,
  openBackground,
  openPersonalArchive,
  personalErasure,
  prepareDays,
  roomsDoor,
  tidyDay,
} from "../../messaging/index.ts";
import { onShutdown, serveHealth } from "../../platform/health.ts";
import { newId } from "../../platform/ids.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { sign } from "../../platform/secrets.ts";
import { onWake } from "../../platform/wake.ts";
import {
  contactsService,
  groupsService,
  meetingsPart,
  presenceDoor,
  raiseUsage,
  searchPart,
  usagePart,
  vcardPart,
  visibilityService,
} from "../../presence/index.ts";
import { deleteEarly } from "../../retention/index.ts";
import { startProcess } from "../process.ts";

/** Connections and milliseconds for queries of archives: a page takes two or three, a search some twenty. */
const ARCHIVE_CONNECTIONS = 4;
const ARCHIVE_STATEMENT_MS = 2_000;

/** The XMPP side: rooms, presence and upload of all tenants. Starts and stays up while any server it needs is away. */
export function command(): Command {
  return new Command("components").description("run the XMPP components of all tenants").action(run);
}

async function run(): Promise<void> {
  const base = startProcess("components");
  const { settings, log, metrics, db, redis, patientRedis, clock, checks } = base;
  const batches = metrics.histogram(
    "kontor_commit_seconds",
    "Time of one group commit",
    [0.001, 0.003, 0.01, 0.03, 0.1, 1],
  );
  const messages = metrics.counter("kontor_messages_committed_total", "Messages committed to room logs");
  const copies = metrics.counter("kontor_messages_reflected_total", "Copies of messages sent to occupants");
  const members = metrics.counter("kontor_group_members_told_total", "Members of groups told to the XMPP server");
  const erasing = { files: linkedFiles(diskBytes(settings.files.folder)), newId, log };
  const tidier = createLogTidier({ tidy: (day) => tidyDay(db, day), clock, log });
  const { url, role } = settings.database;
  // One commit at a time, on a connection of its own that knows all it needs: on one that does not, it takes 6 ms more.
  const roomLog = openDatabase({ url, role, poolSize: 1 }, log);
  const committer = createCommitter({
    commit: (entries) => commitEntries(roomLog, entries, erasing),
    prepare: (at) => prepareDays(roomLog, at),
    clock,
    log,
    onBatch: (size, seconds) => {
      batches.observe(seconds);
      messages.inc(size);
      tidier.note();
    },
  });
  const watch = await watchQuotas(patientRedis, log, db, settings.quotas);
  const background = await openBackground(patientRedis, log);
  const archive = openDatabase(
    { url, role, poolSize: ARCHIVE_CONNECTIONS, keep: 2, statementTimeoutMs: ARCHIVE_STATEMENT_MS },
    log,
  );
  const rooms = roomsDoor({
    db,
    archive,
    redis,
    committer,
    background,
    clock,
    newId,
    occupantSecret: sign(settings.xmpp.secret, "occupant-id"),
    processId: newId(),
    purge: (tenant, before) =>
      deleteEarly({ db, newId }, "message-archive", { tenant, before, now: new Date(clock()) }),
    onReflected: (count) => copies.inc(count),
    quotasOf: watch.of,
    quotas: settings.quotas,
  });
  const upload = uploadDoor({ db, settings, clock, newId, log });
  const contacts = await contactsService(redis, patientRedis, log);
  const groups = await groupsService({ db, redis: patientRedis, clock, log, onTold: (count) => members.inc(count) });
  const visibility = await visibilityService({ db, redis, clock }, patientRedis, log);
  const own = [meetingsPart({ redis }), searchPart({ db }), vcardPart({ db, clock })];
  const usage = usagePart({ redis, clock, raise: (tenant, figures) => raiseUsage(db, tenant, figures) });
  const parts = [...own, usage, contacts.part, groups.part, visibility.part];
  const presence = presenceDoor({ redis, clock, log, parts });
  const personal = openPersonalArchive(settings.archive, log);
  const accounts = await accountServer({
    ...{ db, redis: patientRedis, log, clock, newId, secret: settings.xmpp.secret },
    archive: personal && personalErasure(personal),
  });
  const served = serveTenants(
    // The presence domain is an administrator of its tenant's host.
    [rooms, accounts.over(presence), upload],
    {
      host: settings.xmpp.componentHost,
      port: settings.xmpp.componentPort,
      secretOf: (domain) => componentSecret(settings.xmpp.secret, domain),
      maxStanzaBytes: settings.xmpp.maxStanzaBytes,
      newId,
      log,
    },
    () => servedTenants(db),
    log,
  );
  const deaf = await onWake(patientRedis, serverFollowed, log, () => served.look());
  const health = await serveHealth(
    { host: settings.health.host, port: settings.health.componentsPort },
    { ...checks, streams: served.check },
    metrics,
  );
  onShutdown(log, async () => {
    health?.close();
    await Promise.all([deaf(), groups.close(), served.close(), accounts.close(), watch.stop(), contacts.close()]);
    await visibility.close();
    await background.stop();
    await tidier.stop();
    await Promise.all([roomLog.close(), archive.close(), personal?.close()]);
    await base.close();
  });
}
