/** A room is taken along: people talk, the worker makes the ZIP, and who asked for it downloads it. */
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import request from "supertest";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { type Element, x } from "../components/stanza.ts";
import { uploadRequest, uploadSlot } from "../components/xep/xep-0363-http-upload.ts";
import { moderate } from "../components/xep/xep-0425-moderation.ts";
import { newId } from "../platform/ids.ts";
import { tokenFor } from "./support/principal.ts";
import { eventually } from "./support/real.ts";
import { type RoomsApi, roomsApi } from "./support/rooms-api.ts";
import { unzip } from "./support/unzip.ts";

let api: RoomsApi;
let folder: string;
let ada: XmppClient;
let ben: XmppClient;
beforeAll(async () => {
  api = await roomsApi("taken", "archive:export", "archive:read");
  folder = await mkdtemp(join(tmpdir(), "kontor-taken-"));
  [ada, ben] = [await api.tenant.person("ada"), await api.tenant.person("ben")];
  await api.enter(ada, "rat", "Ada");
  await api.enter(ben, "rat", "Ben");
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await api?.close();
});

/** Says something and gives its archive id. */
async function say(client: XmppClient, id: string, ...children: Element[]): Promise<string> {
  await client.send(x("message", { to: api.at("rat"), type: "groupchat", id }, ...children));
  const reflected = await client.next((each) => each.attrs.id === id, id, 8_000);
  return String(reflected.getChild("stanza-id")?.attrs.id);
}

async function upload(client: XmppClient, filename: string, content: string): Promise<string> {
  const asked = uploadRequest.write({ filename, size: Buffer.byteLength(content) });
  const answer = await client.iq(x("iq", { type: "get", to: `upload.${api.tenant.domain}` }, asked));
  const slot = answer.getChild("slot");
  if (!slot) throw new Error(`no slot: ${answer}`);
  const { put, get } = uploadSlot.read(slot);
  expect((await fetch(put.url, { method: "PUT", body: content })).status).toBe(201);
  return get.url;
}

const base = "/rooms/rat/exports";
const isDone = (id: string) =>
  eventually(
    async () => {
      const { body } = await api.ask("get", `${base}/${id}`).expect(200);
      if (body.state === "failed") throw new Error(JSON.stringify(body.problem));
      return body.state === "done" ? body : undefined;
    },
    "the export",
    25_000,
  );
const bytesOf = (path: string, who = api.principal, headers: Record<string, string> = {}) =>
  request(api.appFor(who))
    .get(`/api/v1/tenants/${api.tenant.id}${path}`)
    .set(headers)
    .buffer(true)
    .parse((response, done) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => done(null, Buffer.concat(chunks)));
    });

test("a room with files, corrections and moderated messages", async () => {
  const kept = await upload(ada, "Protokoll äöü.txt", "Was beschlossen wurde");
  const secret = await upload(ben, "geheim.txt", "Was niemand lesen soll");
  await say(ada, "a1", x("body", {}, `Hier: ${kept}`), x("x", { xmlns: "jabber:x:oob" }, x("url", {}, kept)));
  await say(ada, "a2", x("body", {}, "Beschlus"));
  await say(ada, "a3", x("body", {}, "Beschluss"), x("replace", { xmlns: "urn:xmpp:message-correct:0", id: "a2" }));
  const taken = await say(ben, "b1", x("body", {}, `streng geheim ${secret}`));
  const cipher = x("encrypted", { xmlns: "urn:xmpp:omemo:2" }, x("payload", {}, "Q2lwaGVy"));
  await say(ben, "b2", x("body", {}, "verschlüsselt"), cipher);
  const ask = x(
    "iq",
    { type: "set", to: api.at("rat") },
    moderate.write({ id: taken, action: "retract", reason: "Nein" }),
  );
  expect((await ada.iq(ask)).attrs.type).toBe("result");

  const reason = "Aktenzeichen 47";
  const asked = await api.ask("post", base, { body: { format: "json" }, reason }).expect(202);
  expect(asked.body).toMatchObject({ format: "json", files: true, language: "de", reason, mine: true, zip: null });
  const { id } = asked.body;
  const done = await isDone(id);
  expect(done).toMatchObject({ progress: { files: 1 }, problem: null, expiresAt: expect.any(String) });
  expect(done.progress.messages).toBe(done.progress.messagesTotal);

  const file = `${base}/${id}/file`;
  const zip = await bytesOf(file).expect(200);
  expect(zip.headers).toMatchObject({
    "content-type": "application/zip",
    "content-disposition": expect.stringMatching(/^attachment; filename="?rat-\d{4}-\d\d-\d\d\.zip"?$/),
    "cache-control": "no-store",
    "content-length": String(done.zip.bytes),
    "accept-ranges": "bytes",
  });
  expect(createHash("sha256").update(zip.body).digest("hex")).toBe(done.zip.sha256);
  const path = join(folder, "rat.zip");
  await writeFile(path, zip.body);
  const { entries, manifest, lines } = await unzip(path);
  for (const { path: name, bytes, sha256 } of manifest.entries) expect(entries[name]).toMatchObject({ bytes, sha256 });
  expect(manifest.entries.map((entry) => entry.path).sort()).toEqual(
    Object.keys(entries)
      .filter((name) => name !== "manifest.json")
      .sort(),
  );
  const files = Object.entries(entries).filter(([name]) => name.startsWith("files/"));
  expect(files.map(([name, { sha256 }]) => [name.split("/")[2], sha256])).toEqual([
    ["Protokoll äöü.txt", createHash("sha256").update("Was beschlossen wurde").digest("hex")],
  ]);
  const said = lines.filter(({ kind }) => kind !== "subject");
  expect(said.map(({ kind, body, encrypted }) => [kind, body, encrypted])).toEqual([
    ["message", `Hier: ${kept}`, false],
    ["message", "Beschlus", false],
    ["correction", "Beschluss", false],
    ["taken-back", null, false],
    ["message", "verschlüsselt", true],
    ["moderation", null, false],
  ]);
  expect(said[4]?.stanza).toContain("Q2lwaGVy");
  expect(JSON.stringify(entries)).not.toContain("geheim");
  expect(manifest).toMatchObject({ reason, counts: { takenBack: 1, encrypted: 1, files: 1 } });

  const part = await bytesOf(file, api.principal, { Range: "bytes=10-19" }).expect(206);
  expect(part.headers["content-range"]).toBe(`bytes 10-19/${done.zip.bytes}`);
  expect(part.body).toEqual(zip.body.subarray(10, 20));
  await bytesOf(file, api.principal, { Range: `bytes=${done.zip.bytes}-` }).expect(416);

  // Nobody else takes it along, and only with a reason of one's own is there another.
  await bytesOf(file, { ...api.principal, id: newId() }).expect(403);
  await bytesOf(file, tokenFor("elsewhere", "archive:export")).expect(404);
  await bytesOf(file, tokenFor(api.tenant.id, "archive:read")).expect(403);
  await api.ask("post", base, { body: { format: "json" }, reason: "" }).expect(400);

  expect(await api.auditOf("archive:export")).toEqual([
    expect.objectContaining({ reason, after: expect.objectContaining({ export: id, format: "json", files: true }) }),
  ]);
  expect(await api.auditOf("archive:exported")).toEqual([
    expect.objectContaining({ after: expect.objectContaining({ export: id, sha256: done.zip.sha256, files: 1 }) }),
  ]);
  expect(await api.auditOf("archive:download")).toEqual(
    Array.from({ length: 3 }, () =>
      expect.objectContaining({ reason, after: expect.objectContaining({ export: id }) }),
    ),
  );

  await api.ask("delete", `${base}/${id}`).expect(204);
  await bytesOf(file).expect(410);
  expect((await api.ask("get", `${base}/${id}`).expect(200)).body).toMatchObject({ state: "deleted", zip: null });
});

test("is watched with conditional requests, listed by pages, and called off", async () => {
  const ids: string[] = [];
  for (const format of ["json", "html"] as const) {
    const { body } = await api.ask("post", base, { body: { format, files: false, language: "en" } }).expect(202);
    ids.unshift(body.id);
    await isDone(body.id);
    const { headers } = await api.ask("get", `${base}/${body.id}`).expect(200);
    const again = await api.ask("get", `${base}/${body.id}`).set("If-None-Match", headers.etag ?? "");
    expect(again.status).toBe(304);
  }
  const first = await api.ask("get", `${base}?limit=1`).expect(200);
  const second = await api.ask("get", `${base}?limit=1&cursor=${first.body.next}`).expect(200);
  expect([first, second].map(({ body }) => body.items[0].id)).toEqual(ids);
  expect(first.body.items[0]).toMatchObject({ format: "html", language: "en", files: false });
  // Nothing to call off: it stays what it is.
  const { body } = await api.ask("post", base, { body: { format: "json" } }).expect(202);
  await api.ask("delete", `${base}/${body.id}`).expect(204);
  await api.ask("delete", `${base}/${body.id}`).expect(204);
  expect(["cancelled", "deleted"]).toContain((await api.ask("get", `${base}/${body.id}`).expect(200)).body.state);
});

test.each([
  [
    "a span that ends before it begins",
    { format: "json", from: "2026-07-20T10:00:00Z", to: "2026-07-20T10:00:00Z" },
    400,
  ],
  ["another format", { format: "pdf" }, 400],
  ["another language", { format: "html", language: "fr" }, 400],
])("%s is refused", async (_what, body, status) => {
  await api.ask("post", base, { body }).expect(status);
});

test("of a room or an export that is not there", async () => {
  await api.ask("post", "/rooms/nirgends/exports", { body: { format: "json" } }).expect(404);
  await api.ask("get", `${base}/${newId()}`).expect(404);
  await api.ask("get", `${base}/${newId()}/file`).expect(404);
  await api.ask("delete", `${base}/${newId()}`).expect(404);
});
