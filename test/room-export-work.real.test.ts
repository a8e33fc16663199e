/** How the ZIP of an export is made, and what becomes of it, part by part: broken off, called off, overtaken, deleted. */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { sql } from "kysely";
import { exportDeletion } from "../messaging/index.ts";
import { endExport, takeExport } from "../messaging/room-export/store-end.ts";
import { sweepExports } from "../messaging/room-export/sweep.ts";
import { newId } from "../platform/ids.ts";
import { catalogue } from "../retention/catalogue.ts";
import { executeRun } from "../retention/run.ts";
import { pageEvidence, verifyEvidence } from "../retention/store-evidence.ts";
import { addTurn } from "../retention/store-runs.ts";
import { asker, type ExportWorld, exportWorld, sha256, tenant } from "./support/export-world.ts";
import { silentLog } from "./support/real.ts";
import { unzip } from "./support/unzip.ts";

const start = new Date("2026-07-20T10:00:00Z");
const DAY = 86_400_000;
const ago = (ms: number) => new Date(start.getTime() - ms);
let world: ExportWorld;
beforeAll(async () => {
  world = await exportWorld(start);
});
afterAll(() => world?.close());
beforeEach(() => world.reset());

const lines = (count: number, from = 3 * DAY, to = 60_000) =>
  Array.from({ length: count }, (_, index) => ({
    body: `Zeile ${index + 1}`,
    at: ago(from - ((from - to) * index) / count),
  }));
const doneExport = async (asked: Parameters<ExportWorld["ask"]>[0] = {}) => {
  const ref = await world.ask(asked);
  await world.make(ref);
  return { ref, zip: await unzip(await world.pathOf(ref)) };
};
class Crash extends Error {}

describe("the ZIP", () => {
  test("holds every message once and in order, in parts of one day, and its manifest names every entry with its hash", async () => {
    await world.say(lines(2_500));
    const { ref, zip } = await doneExport();
    expect(zip.lines.map(({ body }) => body)).toEqual(lines(2_500).map(({ body }) => body));
    expect(zip.names.filter((name) => name.startsWith("messages/"))).toEqual([
      "messages/00001-2026-07-17.jsonl",
      "messages/00002-2026-07-18.jsonl",
      "messages/00003-2026-07-19.jsonl",
      "messages/00004-2026-07-20.jsonl",
    ]);
    const { "manifest.json": own, ...rest } = zip.entries;
    expect(own).toBeDefined();
    expect(zip.manifest.entries).toEqual(
      Object.entries(rest).map(([path, { bytes, sha256: hash }]) => ({ path, bytes, sha256: hash })),
    );
    expect(zip.manifest).toMatchObject({
      room: { id: world.room, name: "sitzung", title: "Sitzung & Rat" },
      askedBy: { id: "somebody", name: "Some Body" },
      ...{ reason: "Prüfung", format: "json", from: null, to: null, tenant, madeAt: start.toISOString() },
      counts: { messages: 2_500, takenBack: 0, encrypted: 0, files: 0, filesGone: 0 },
    });
    const { size, sha256: hash, ...row } = await world.row(ref);
    expect(row).toMatchObject({ state: "done", messages: 2_500, messagesTotal: 2_500, bytes: size });
    expect(sha256(await readFile(await world.pathOf(ref)))).toBe(hash);
    expect((await world.onDisk()).making).toEqual([]);
  });

  test("splits a day of many messages, and takes a span only", async () => {
    await world.say(lines(2_100, 5 * 3_600_000));
    const { zip } = await doneExport();
    expect(zip.names.filter((name) => name.startsWith("messages/"))).toHaveLength(3);
    expect(zip.lines).toHaveLength(2_100);
    const [from, to] = [ago(2 * 3_600_000), ago(3_600_000)];
    const { zip: part } = await doneExport({ from, to });
    const inside = lines(2_100, 5 * 3_600_000).filter(({ at }) => at >= from && at < to);
    expect(part.lines.map(({ body }) => body)).toEqual(inside.map(({ body }) => body));
  });

  test("holds what was said until it was asked for, and is made of an empty room too", async () => {
    const empty = await doneExport({ format: "html" });
    expect(empty.zip.names.sort()).toEqual(["index.html", "manifest.json"]);
    await world.say(lines(3));
    const ref = await world.ask();
    await world.say([{ body: "später", at: ago(0) }]);
    await world.make(ref);
    expect((await unzip(await world.pathOf(ref))).lines).toHaveLength(3);
  });

  test("holds each file once as a stream, of who sent it only, and says which are gone", async () => {
    const large = randomBytes(3_000_000);
    const [one, two, others] = [
      await world.putFile("../../etc/Größe:1.bin", large),
      await world.putFile("con.txt", Buffer.from("zwei")),
      await world.putFile("fremd.txt", Buffer.from("fremd"), "bert@amt.test"),
    ];
    const gone = `https://amt.test/files/${tenant}/${newId()}/weg.txt`;
    await world.say([
      { body: `${one} und ${two}`, at: ago(5_000) },
      { body: one, at: ago(4_000) },
      { body: `${others} ${gone}`, at: ago(3_000) },
    ]);
    const { zip } = await doneExport();
    const files = zip.names.filter((name) => name.startsWith("files/"));
    expect(files.map((name) => name.split("/")[2])).toEqual([".._.._etc_Größe_1.bin".replace(/^\.+/, ""), "_con.txt"]);
    expect(zip.entries[files[0] ?? ""]).toMatchObject({ bytes: large.length, sha256: sha256(large) });
    expect(zip.lines.map((line) => [line.files.map(({ path }) => path), line.filesGone])).toEqual([
      [files, 0],
      [[files[0]], 0],
      [[], 2],
    ]);
    expect(zip.manifest.counts).toMatchObject({ files: 2, filesGone: 2 });
    const { zip: without } = await doneExport({ files: false });
    expect(without.names.some((name) => name.startsWith("files/"))).toBe(false);
  });

  test("marks what is encrypted and holds it as it is, and shows what each entry is", async () => {
    const cipher = "<encrypted xmlns='eu.siacs.conversations.axolotl'><payload>R2VoZWlt</payload></encrypted>";
    const eme = "<encryption xmlns='urn:xmpp:eme:0' namespace='eu.siacs.conversations.axolotl'/>";
    await world.say([
      { body: "Not readable", at: ago(6_000), more: cipher + eme },
      { body: "Berichtigt", at: ago(5_000), more: "<replace xmlns='urn:xmpp:message-correct:0' id='m1'/>" },
      {
        body: null,
        at: ago(4_000),
        more: "<reactions xmlns='urn:xmpp:reactions:0' id='x'><reaction>👍</reaction></reactions>",
      },
      { body: null, at: ago(3_000), more: "<subject>Haushalt</subject>" },
      { body: "Weg", at: ago(2_000) },
    ]);
    await world.moderate(5);
    const { zip } = await doneExport();
    expect(zip.lines.map(({ kind, encrypted }) => [kind, encrypted])).toEqual([
      ["message", true],
      ["correction", false],
      ["reaction", false],
      ["subject", false],
      ["taken-back", false],
    ]);
    expect(zip.lines[0]?.stanza).toContain("R2VoZWlt");
    expect(zip.lines[4]).toMatchObject({
      body: null,
      moderation: { by: "sitzung@rooms.amt.test/Mod", reason: "Geheim" },
    });
    const { zip: pages } = await doneExport({ format: "html" });
    const page = pages.entries["messages/00001-2026-07-20.html"]?.text ?? "";
    for (const text of [
      "R2VoZWlt",
      "Berichtigung",
      "👍",
      "Neues Thema: Haushalt",
      "von der Moderation entfernt: Geheim",
    ]) {
      expect(page).toContain(text);
    }
    expect(page).not.toContain("Weg");
  });

  test("as pages leads from one to the next, and nothing in them is markup of a message", async () => {
    await world.say([
      { body: "a", at: ago(2 * DAY) },
      { body: "b", at: ago(1_000) },
    ]);
    await world.run(
      sql`update room_log set body = '<script>alert(1)</script>' where room_id = ${world.room} and seq = 1`,
    );
    const { zip } = await doneExport({ format: "html", language: "en" });
    const [first, second] = ["messages/00001-2026-07-18.html", "messages/00002-2026-07-20.html"];
    expect(zip.entries[first]?.text).toContain('<a rel="next" href="00002-2026-07-20.html">Next page</a>');
    expect(zip.entries[second]?.text).toContain('<a rel="prev" href="00001-2026-07-18.html">Previous page</a>');
    expect(zip.entries[first]?.text).not.toContain("<script");
    for (const name of [first, second]) expect(zip.entries["index.html"]?.text).toContain(`href="${name}"`);
    expect(zip.entries["index.html"]?.text).toContain("Messages of Sitzung &amp; Rat");
  });
});

describe("while it is made", () => {
  test("a worker that ends in the middle leaves nothing that counts: the next one begins from the start", async () => {
    await world.say(lines(2_500));
    const ref = await world.ask();
    let parts = 0;
    const crashing = world.make(ref, {
      onPart: () => {
        parts += 1;
        if (parts === 2) throw new Crash();
      },
    });
    await expect(crashing).rejects.toThrow(Crash);
    expect(await world.row(ref)).toMatchObject({ state: "running", blob: null });
    await world.make(ref);
    expect(await world.row(ref)).toMatchObject({ state: "done" });
    const zip = await unzip(await world.pathOf(ref));
    expect(zip.lines.map(({ body }) => body)).toEqual(lines(2_500).map(({ body }) => body));
    expect((await world.onDisk()).zips).toHaveLength(1);
    // A third time there is nothing to make.
    await world.make(ref);
    expect((await world.onDisk()).zips).toHaveLength(1);
  });

  test("a worker that was thought dead is overtaken: what it makes does not count", async () => {
    await world.say(lines(5));
    const ref = await world.ask();
    let overtaken = false;
    await world.make(ref, {
      onPart: async () => {
        if (overtaken) return;
        overtaken = true;
        await world.make(ref);
      },
    });
    expect(await world.row(ref)).toMatchObject({ state: "done" });
    expect((await unzip(await world.pathOf(ref))).lines).toHaveLength(5);
    expect(await world.onDisk()).toEqual({ zips: [expect.any(String)], making: [] });
  });

  test("what is taken back or expires meanwhile is not in it, if it was not written yet", async () => {
    const link = await world.putFile("anlage.txt", Buffer.from("Anlage"));
    await world.say([
      ...lines(3, 2 * DAY, 2 * DAY - 3_600_000),
      { body: `Geheimnis ${link}`, at: ago(5_000) },
      { body: "bleibt", at: ago(4_000) },
    ]);
    const ref = await world.ask();
    await world.make(ref, { onPart: () => world.moderate(4) });
    const zip = await unzip(await world.pathOf(ref));
    expect(zip.lines.map(({ kind }) => kind)).toEqual(["message", "message", "message", "taken-back", "message"]);
    expect(JSON.stringify(zip.entries)).not.toContain("Geheimnis");

    const later = await world.ask();
    await world.make(later, {
      onPart: () => {
        world.now = start.getTime() + 10 * DAY - 1;
      },
    });
    // Ten days on all else is over: only what was written by then is in it.
    const all = await unzip(await world.pathOf(later));
    expect(all.lines.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  test("it is called off between two pieces, and nothing is left of it", async () => {
    await world.say(lines(2_500));
    const ref = await world.ask();
    await world.make(ref, {
      onPart: async () => {
        await endExport(
          { db: world.db, clock: () => world.now, newId },
          { tenant, roomId: world.room, id: ref.id },
          asker,
        );
        world.now += 1_000;
      },
    });
    expect(await world.row(ref)).toMatchObject({ state: "cancelled", blob: null });
    expect((await world.onDisk()).making).toEqual([]);
  });

  test("it ends with its room", async () => {
    await world.say(lines(2_500));
    const ref = await world.ask();
    await world.make(ref, {
      onPart: async () => {
        await world.run(sql`update room set ended_at = ${start} where id = ${world.room}`);
        world.now += 1_000;
      },
    });
    expect(await world.row(ref)).toMatchObject({ state: "cancelled", blob: null });
  });

  test("its figures tell how far it is", async () => {
    await world.say(lines(2_500));
    const ref = await world.ask();
    const seen: { messages: number; messagesTotal: number | null; bytes: number }[] = [];
    await world.make(ref, {
      onPart: async () => {
        seen.push(await world.row(ref));
        world.now += 1_000;
      },
    });
    const last = seen.at(-1);
    expect(seen[0]).toMatchObject({ messages: 0, messagesTotal: null });
    expect(last?.messages).toBeGreaterThan(1_000);
    expect(last).toMatchObject({ messagesTotal: 2_500 });
  });

  test("one that gets too large says so", async () => {
    await world.say([{ body: await world.putFile("groß.bin", randomBytes(2_000_000)), at: ago(1_000) }]);
    const ref = await world.ask();
    await expect(world.make(ref, { maxBytes: 100_000 })).rejects.toMatchObject({ code: "too-large" });
    expect((await world.onDisk()).making).toEqual([]);
  });
});

describe("limits and end", () => {
  test("so many are under way at a time, and so many are kept", async () => {
    const limits = { perTenant: 2, keptPerTenant: 3 };
    const first = await world.ask({}, limits);
    const both = await Promise.allSettled([world.ask({}, limits), world.ask({}, limits)]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    await expect(world.ask({}, limits)).rejects.toMatchObject({ code: "conflict" });
    await world.make(first);
    const third = await world.ask({}, limits);
    await world.make(third);
    await expect(world.ask({}, limits)).rejects.toMatchObject({ code: "conflict" });
    const deps = { db: world.db, clock: () => world.now, newId };
    const blob = await endExport(deps, { tenant, roomId: world.room, id: third.id }, asker);
    expect(blob).toEqual(expect.any(String));
    await world.ask({}, limits);
  });

  test("retention deletes a ZIP on time, with evidence, and who comes then is told", async () => {
    await world.say(lines(3));
    const { ref } = await doneExport();
    const young = await doneExport();
    await world.run(sql`update room_export set finished_at = ${ago(DAY + 1)} where id = ${ref.id}`);
    const take = (id: string) =>
      takeExport({ db: world.db, clock: () => world.now, newId }, { tenant, roomId: world.room, id }, asker);
    // Its time is over, whether or not it was deleted yet.
    expect(await world.row(ref)).toMatchObject({ state: "deleted" });
    await expect(take(ref.id)).rejects.toMatchObject({ code: "gone" });
    expect((await world.onDisk()).zips).toHaveLength(2);

    const id = newId();
    await addTurn(world.db, { id, kind: "room-export", asOf: start, turn: id }, start);
    await executeRun(
      {
        ...{ db: world.db, owner: world.owner, kinds: catalogue, log: silentLog, batch: 10, clock: () => world.now },
        deleters: [exportDeletion({ db: world.db, bytes: world.bytes })],
        signal: new AbortController().signal,
        onStep: () => undefined,
      },
      id,
    );
    expect((await world.onDisk()).zips).toEqual([(await world.row(young.ref)).blob]);
    await expect(take(ref.id)).rejects.toMatchObject({ code: "gone" });
    await expect(take(young.ref.id)).resolves.toMatchObject({ size: expect.any(Number) });
    const evidence = (await pageEvidence(world.db, tenant, 0, 100)).filter(({ runId }) => runId === id);
    expect(evidence.map(({ result, rowCount }) => [result, rowCount])).toEqual([
      ["begun", 0],
      ["deleted", 1],
      ["complete", 0],
    ]);
    expect((await verifyEvidence(world.owner)).broken).toEqual([]);
  });

  test.each([
    ["its room", () => sql`update room set ended_at = ${start} where id = ${world.room}`],
    ["its tenant", () => sql`update tenant set status = 'closing' where id = ${tenant}`],
    ["the archive", () => sql`insert into room_rules values (${tenant}, 1, '{"archive": false}', ${start})`],
  ])("the ZIP goes with %s", async (_what, end) => {
    await world.say(lines(3));
    await doneExport();
    await world.run(end());
    const deletion = exportDeletion({ db: world.db, bytes: world.bytes });
    expect(await deletion.deleteBefore(tenant, new Date(0), 10)).toHaveLength(1);
    expect(await deletion.deleteBefore(tenant, new Date(0), 10)).toEqual([]);
  });

  test("the sweep removes bytes that no export has and forgets what became of old ones, and leaves finished ones", async () => {
    await world.say(lines(3));
    const { ref } = await doneExport();
    const cancelled = await world.ask();
    const deps = { db: world.db, clock: () => world.now, newId };
    await endExport(deps, { tenant, roomId: world.room, id: cancelled.id }, asker);
    await world.bytes.put({ tenant, blob: newId() }, 3, Readable.from([Buffer.from("abc")]));
    const sweep = (clock: () => number) => sweepExports({ db: world.db, bytes: world.bytes, clock });
    await sweep(Date.now);
    // What was just written may be about to get its row.
    expect((await world.onDisk()).zips).toHaveLength(2);
    // The disk has the time of the machine, the rows have that of this world.
    await sweep(() => Math.max(Date.now(), world.now + 31 * DAY) + 2 * 3_600_000);
    expect((await world.onDisk()).zips).toEqual([(await world.row(ref)).blob]);
    await expect(world.row(cancelled)).rejects.toMatchObject({ code: "not-found" });
  });
});
