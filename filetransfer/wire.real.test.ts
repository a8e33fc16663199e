/** The whole way with the running service: a client of Prosody asks, the gateway takes and gives. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Element, x } from "../components/stanza.ts";
import { uploadRequest, uploadSlot } from "../components/xep/xep-0363-http-upload.ts";
import { realStack, signInAs } from "../test/support/real.ts";

type XmppClient = Awaited<ReturnType<typeof signInAs>>;

const { demo } = realStack();
const service = demo.tenants[0]?.upload ?? "";
let own: XmppClient;
let foreign: XmppClient;
beforeAll(async () => {
  [own, foreign] = await Promise.all([signInAs(demo, 0, 4), signInAs(demo, 1, 4)]);
});
afterAll(() => Promise.all([own, foreign].map((client) => client.stop())));

const ask = (client: XmppClient, size: number): Promise<Element> => {
  const wish = uploadRequest.write({ filename: "Vermerk 7.png", size, contentType: "image/png" });
  return client.iq(x("iq", { type: "get", to: service }, wish));
};

test("a person's file is put and got", async () => {
  const bytes = randomBytes(300_000);
  const element = (await ask(own, bytes.length)).getChild("slot");
  if (!element) throw new Error("no slot was given");
  const slot = uploadSlot.read(element);
  const put = await fetch(slot.put.url, { method: "PUT", body: bytes, headers: { "content-type": "image/png" } });
  expect(put.status).toBe(201);
  const got = await fetch(slot.get.url);
  expect(bytes.equals(Buffer.from(await got.arrayBuffer()))).toBe(true);
  // The app's own policy is for its pages; a file's must win.
  expect(got.headers.get("content-security-policy")).toBe("default-src 'none'; sandbox");
  expect(got.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
});

test("a person of another tenant gets no slot here", async () => {
  const answer = await ask(foreign, 5);
  expect(answer.attrs.type).toBe("error");
  expect(answer.getChild("error")?.getChild("forbidden")).toBeDefined();
});
