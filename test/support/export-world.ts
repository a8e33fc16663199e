/** A room with a log, files and exports in a database of its own: no worker makes anything that a test does not. */
import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql, type Transaction } from "kysely";
import { diskBytes, linkedReading } from "../../filetransfer/index.ts";
import { localActor } from "../../identity/index.ts";
import { defaultConfig } from "../../messaging/core-config.ts";
import { type MakingDeps, makeExport } from "../../messaging/room-export/make-export.ts";
import { addExport, type NewExport, readExport } from "../../messaging/room-export/store.ts";
import { newId } from "../../platform/ids.ts";
import { scratchDatabase } from "./scratch-database.ts";

export const tenant = "amt";
const sender = "anna@amt.test";
export const asker = { ...localActor("cli", "Prüfung"), who: "somebody", name: "Some Body" };

export interface SaidLine {
  readonly body: string | null;
  readonly at: Date;
  /** Children of the message besides its body. */
  readonly more?: string;
}

export async function exportWorld(start: Date) {
  const scratch = await scratchDatabase();
  const { db, owner } = scratch;
  const folder = await mkdtemp(join(tmpdir(), "kontor-export-"));
  const fileBytes = diskBytes(join(folder, "files"));
  const workFolder = join(folder, "making");
  const bytes = diskBytes(join(folder, "zips"));
  const run = (text: ReturnType<typeof sql>) => text.execute(owner.common());
  await run(sql`insert into tenant values (${tenant}, 'amt.test', 'Amt', 'c', 'd', '{}', ${start})`);
  const world = {
    ...scratch,
    now: start.getTime(),
    room: newId(),
    bytes,
    run,
    /** A new room, with nothing in it. */
    reset: async () => {
      world.now = start.getTime();
      world.room = newId();
      await run(sql`delete from room_rules`);
      await run(sql`update tenant set status = 'active'`);
      await rm(join(folder, "zips"), { recursive: true, force: true });
      const config = JSON.stringify({ ...defaultConfig("sitzung"), title: "Sitzung & Rat" });
      await run(sql`update room set ended_at = ${start} where ended_at is null`);
      await run(
        sql`update room_export set state = 'cancelled', blob = null where state in ('queued', 'running', 'done')`,
      );
      await run(sql`insert into room (tenant_id, id, name, config, created_at)
        values (${tenant}, ${world.room}, 'sitzung', ${config}::jsonb, ${start})`);
    },
    /** Puts messages into the log, behind what is in it. */
    say: async (lines: readonly SaidLine[]) => {
      for (const day of new Set(lines.map(({ at }) => at.toISOString().slice(0, 10)))) {
        await run(sql`select room_log_day(${day}::date)`);
      }
      const found = await run(sql`select last_seq as last from room where id = ${world.room}`);
      const last = Number((found.rows[0] as { last: number }).last);
      const stanzas = lines.map(
        ({ body, more = "" }, index) =>
          `<message from="sitzung@rooms.amt.test/Anna" id="m${last + index + 1}" type="groupchat">${
            body === null ? "" : `<body>${body}</body>`
          }${more}</message>`,
      );
      await db.withTenants([tenant], (trx: Transaction<unknown>) =>
        sql`insert into room_log (tenant_id, room_id, seq, id, at, sender, nick, occupant_id, stanza, body)
          select ${tenant}, ${world.room}::uuid, ${last} + place, id, at, ${sender}, 'Anna', 'o', stanza, body
          from unnest(${lines.map(() => newId())}::uuid[], ${lines.map(({ at }) => at)}::timestamptz[],
            ${stanzas}::text[], ${lines.map(({ body }) => body)}::text[]) with ordinality as each (id, at, stanza, body, place)`.execute(
          trx,
        ),
      );
      await run(sql`update room set last_seq = ${last + lines.length} where id = ${world.room}`);
    },
    /** A tombstone in the place of a message, as a moderator leaves one. */
    moderate: async (seq: number) => {
      const mark = `<retracted xmlns="urn:xmpp:message-retract:1" stamp="${start.toISOString()}"><moderated
        xmlns="urn:xmpp:message-moderate:1" by="sitzung@rooms.amt.test/Mod"/><reason>Geheim</reason></retracted>`;
      await run(sql`update room_log set body = null, stanza = ${`<message type="groupchat">${mark}</message>`}
        where room_id = ${world.room} and seq = ${seq}`);
    },
    /** A stored file; gives the link to it. */
    putFile: async (name: string, content: Uint8Array, of = sender): Promise<string> => {
      const [id, blob] = [newId(), randomUUID()];
      const { sha256 } = await fileBytes.put({ tenant, blob }, content.length, chunks(content));
      await run(sql`insert into file values (${tenant}, ${id}, ${of}, ${name}, 'text/plain', ${content.length}, 'stored',
        ${start}, ${start}, ${start}, ${blob}, ${sha256}, ${start})`);
      return `https://amt.test/files/${tenant}/${id}/${encodeURIComponent(name)}?sig=1`;
    },
    ask: async (asked: Partial<NewExport> = {}, limits = { perTenant: 100, keptPerTenant: 100 }) => {
      const given: NewExport = {
        ...{ tenant, roomId: world.room, format: "json", language: "de", files: true, from: undefined, to: undefined },
        ...{ reason: "Prüfung", ...asked },
      };
      return { tenant, id: await addExport(deps(), given, limits, asker) };
    },
    make: (ref: { readonly tenant: string; readonly id: string }, over: Partial<MakingDeps> = {}) =>
      makeExport({ ...deps(), ...over }, ref),
    row: (ref: { readonly id: string }) => readExport(db, tenant, world.room, ref.id, new Date(world.now)),
    /** Path of the ZIP of a finished export. */
    pathOf: async (ref: { readonly id: string }) => {
      const { blob } = await world.row(ref);
      if (blob === null) throw new Error("there is no ZIP");
      return join(folder, "zips", tenant, blob.slice(-2), blob);
    },
    /** Complete and unfinished ZIPs on the disk. */
    onDisk: async () => {
      const names = async (path: string) =>
        (await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []))
          .filter((entry) => entry.isFile())
          .map(({ name }) => name);
      return { zips: await names(join(folder, "zips")), making: await names(workFolder) };
    },
    close: async () => {
      await scratch.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  const deps = (): MakingDeps => ({
    ...{ db, newId, bytes, workFolder, maxBytes: 1 << 30, clock: () => world.now },
    files: linkedReading({ db, bytes: fileBytes }),
    signal: new AbortController().signal,
  });
  return world;
}
export type ExportWorld = Awaited<ReturnType<typeof exportWorld>>;

async function* chunks(content: Uint8Array) {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
}

export const sha256 = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex");
