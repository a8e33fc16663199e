/** The quotas of what is stored: bytes of files, and links into other networks. */
import { afterAll, afterEach, expect, it } from "@jest/globals";
import { z } from "zod";
import type { XmppClient } from "../cli/client/xmpp-client.ts";
import { childElements, type Element, x } from "../components/stanza.ts";
import { NS_HTTP_UPLOAD, uploadRequest, uploadSlot } from "../components/xep/xep-0363-http-upload.ts";
import { diskBytes, fileDeletion } from "../filetransfer/index.ts";
import { ensureRoom } from "../messaging/index.ts";
import { newId } from "../platform/ids.ts";
import { type OwnTenant, ownTenant } from "./support/own-tenant.ts";
import { openTestDatabase, realStack } from "./support/real.ts";

const { settings } = realStack();
const db = openTestDatabase();
let tenant: OwnTenant;

afterEach(() => tenant.close());
afterAll(() => db.close());

const askSlot = (client: XmppClient, size: number): Promise<Element> =>
  client.iq(x("iq", { type: "get", to: `upload.${tenant.domain}` }, uploadRequest.write({ filename: "a.bin", size })));
const conditions = (answer: Element) => childElements(answer.getChild("error") ?? x("none")).map(({ name }) => name);
const put = (answer: Element, size: number) => {
  const slot = answer.getChild("slot");
  if (!slot) throw new Error(`no slot: ${answer}`);
  return fetch(uploadSlot.read(slot).put.url, { method: "PUT", body: "x".repeat(size) });
};

it("bytes count from the slot on, two at once do not share the last ones, and deletion frees them", async () => {
  tenant = await ownTenant("quota-bytes", { storageBytes: 1_000 });
  const [ada, ben] = [await tenant.person("ada"), await tenant.person("ben")];
  const never = await askSlot(ada, 1_001);
  expect(conditions(never)).toEqual(["not-acceptable", "text", "file-too-large"]);
  expect(never.getChild("error")?.getChild("file-too-large", NS_HTTP_UPLOAD)?.getChildText("max-file-size")).toBe(
    "1000",
  );

  const first = await askSlot(ada, 600);
  // What is promised may lapse unused: it is said when.
  const promised = await askSlot(ben, 600);
  expect(conditions(promised)).toEqual(["resource-constraint", "text", "retry"]);
  expect(promised.toString()).toMatch(/quota storageBytes of 1000 is reached \(600 in use, 600 more/);
  expect((await put(first, 600)).status).toBe(201);
  // What is stored stays: no time can be told.
  expect(conditions(await askSlot(ben, 600))).toEqual(["resource-constraint", "text", "quota-reached"]);
  expect((await tenant.usage()).storageBytes).toEqual({ limit: 1_000, used: 600 });

  const both = await Promise.all([askSlot(ada, 400), askSlot(ben, 400)]);
  const given = both.filter((answer) => answer.attrs.type === "result");
  expect(given).toHaveLength(1);
  expect((await tenant.usage()).storageBytes?.used).toBe(1_000);

  // The quota is lowered while a slot is open: the upload is refused, and taken when there is room again.
  await tenant.setQuotas({ storageBytes: 900 });
  const [open] = given;
  if (!open) throw new Error("no slot");
  const full = await put(open, 400);
  expect({ status: full.status, problem: await full.json() }).toMatchObject({
    status: 507,
    problem: { type: "urn:kontor:problem:quota-reached", quota: "storageBytes", limit: 900 },
  });
  const deletion = fileDeletion({ db, bytes: diskBytes(settings.files.folder) });
  expect(await deletion.deleteBefore(tenant.id, new Date(Date.now() + 60_000), 10)).toBe(1);
  expect((await tenant.usage()).storageBytes).toEqual({ limit: 900, used: 400 });
  expect((await put(open, 400)).status).toBe(201);
  expect((await askSlot(ben, 500)).attrs.type).toBe("result");
});

it("links are made up to the limit, kept and changed at it, and made again after one is removed or the quota raised", async () => {
  tenant = await ownTenant("quota-links", { links: 1 });
  for (const room of ["a", "b"]) await ensureRoom(db, tenant.id, room, newId, new Date());
  const link = (room: string, nick = "bote") =>
    tenant.ask("POST", "/links", {
      room,
      network: "irc",
      config: { host: "irc.invalid", channel: "#office", nick },
    });
  const first = await link("a");
  expect(first.status).toBe(201);
  expect(await link("b")).toMatchObject({ status: 403, body: { quota: "links", limit: 1, used: 1 } });
  expect((await link("a", "kurier")).status).toBe(201);
  expect((await tenant.usage()).links).toEqual({ limit: 1, used: 1 });

  const { id } = z.object({ id: z.string() }).parse(first.body);
  expect((await tenant.ask("DELETE", `/links/${id}`)).status).toBe(204);
  const both = await Promise.all([link("a"), link("b")]);
  expect(both.map(({ status }) => status).sort()).toEqual([201, 403]);
  await tenant.setQuotas({ links: 2 });
  const again = await Promise.all([link("a"), link("b")]);
  expect(again.map(({ status }) => status)).toEqual([201, 201]);
});
