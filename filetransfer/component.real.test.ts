import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import request from "supertest";
import type { DoorContext } from "../components/door.ts";
import { createRouter, type Router } from "../components/router.ts";
import { attr, type Element, x } from "../components/stanza.ts";
import { discoInfo, NS_DISCO_INFO } from "../components/xep/xep-0030-service-discovery.ts";
import { NS_HTTP_UPLOAD, uploadForm, uploadRequest, uploadSlot } from "../components/xep/xep-0363-http-upload.ts";
import { newId } from "../platform/ids.ts";
import { openWorld, type World } from "../test/support/file-world.ts";
import { silentLog } from "../test/support/real.ts";
import { uploadDoor } from "./component.ts";
import { MAX_OPEN_SLOTS } from "./core.ts";

let world: World;
let router: Router;
const sent: Element[] = [];

beforeAll(async () => {
  world = await openWorld();
  const domain = `upload.${world.domain}`;
  const send = (stanza: Element) => sent.push(stanza) > 0;
  const context: DoorContext = {
    tenant: { id: world.tenant, domain: world.domain, partners: ["partner.test"] },
    domain,
    log: silentLog,
    send,
    sendToAll: () => false,
    release: () => undefined,
    isReleased: () => false,
    sendMany: () => false,
    restart: () => undefined,
    request: () => Promise.reject(new Error("nobody is asked here")),
    exchange: () => Promise.reject(new Error("nobody is asked here")),
  };
  router = createRouter({
    ...uploadDoor(world.deps).open(context),
    send,
    log: silentLog,
    newId,
    admit: () => undefined,
  });
});
beforeEach(() => {
  world.ahead = 0;
});
afterAll(() => world.close());

async function ask(from: string, payload: Element): Promise<Element> {
  await router.route(x("iq", { type: "get", id: "1", from, to: `upload.${world.domain}` }, payload));
  const answer = sent.pop();
  if (!answer) throw new Error("no answer");
  return answer;
}

const someone = () => `${world.prefix}svenja@${world.domain}/phone`;
const wish = (size: number, filename = "a.png") => uploadRequest.write({ filename, size, contentType: "image/png" });
const conditions = (answer: Element) =>
  answer.getChild("error")?.children.map((child) => (typeof child === "object" ? child.name : ""));

describe("the upload service", () => {
  test("tells what it is and its largest size", async () => {
    const answer = await ask(someone(), x("query", { xmlns: NS_DISCO_INFO }));
    const query = answer.getChild("query");
    const info = query && discoInfo.read(query);
    expect(info?.identities).toEqual([{ category: "store", type: "file", name: "HTTP File Upload" }]);
    expect(info?.features).toContain(NS_HTTP_UPLOAD);
    expect(info?.forms).toEqual([uploadForm(world.deps.settings.files.maxBytes)]);
  });

  test("gives a slot whose links work", async () => {
    const answer = await ask(someone(), wish(5, "../très cool.png"));
    const element = answer.getChild("slot");
    if (!element) throw new Error(`no slot: ${answer}`);
    const slot = uploadSlot.read(element);
    const path = (url: string) => url.slice(world.deps.settings.http.publicUrl.length);
    expect(slot.put.url).toMatch(/\/tr%C3%A8s%20cool\.png\?size=5&/);
    await request(world.app()).put(path(slot.put.url)).set("Content-Type", "image/png").send("12345").expect(201);
    await request(world.app()).get(path(slot.get.url)).expect(200);
  });

  test("names the limit to who asks for too much", async () => {
    const answer = await ask(someone(), wish(world.deps.settings.files.maxBytes + 1));
    expect(conditions(answer)).toEqual(["not-acceptable", "text", "file-too-large"]);
    const size = answer.getChild("error")?.getChild("file-too-large", NS_HTTP_UPLOAD)?.getChildText("max-file-size");
    expect(size).toBe(String(world.deps.settings.files.maxBytes));
  });

  test.each([
    ["a partner", "someone@partner.test/x"],
    ["another component of the tenant", "rooms.DOMAIN"],
    ["a person of a subdomain", "someone@rooms.DOMAIN"],
    ["the server itself", "DOMAIN"],
  ])("gives none to %s", async (_who, from) => {
    const answer = await ask(from.replace("DOMAIN", world.domain), wish(5));
    expect(conditions(answer)).toEqual(["forbidden", "text"]);
  });

  test.each([
    [{ filename: "a" }],
    [{ filename: "a", size: "-1" }],
    [{ filename: "a", size: "1e3" }],
    [{ size: "1" }],
    [{ filename: "a", size: "1", "content-type": "no type" }],
  ])("refuses %j as malformed", async (attrs) => {
    const answer = await ask(someone(), x("request", { xmlns: NS_HTTP_UPLOAD, ...attrs }));
    expect(conditions(answer)).toEqual(["bad-request", "text"]);
  });

  test("bounds the unused slots of a person and tells when to come back", async () => {
    const eager = `${world.prefix}eager@${world.domain}/x`;
    for (let count = 0; count < MAX_OPEN_SLOTS; count += 1) await ask(eager, wish(5));
    const answer = await ask(eager, wish(5));
    expect(conditions(answer)).toEqual(["resource-constraint", "text", "retry"]);
    const retry = answer.getChild("error")?.getChild("retry", NS_HTTP_UPLOAD);
    const wait = Date.parse((retry && attr(retry, "stamp")) ?? "") - Date.now();
    expect(wait).toBeGreaterThan(200_000);
    expect(wait).toBeLessThanOrEqual(301_000);
    // Another person is not kept waiting by it, and the first one may come back.
    expect((await ask(someone(), wish(5))).attrs.type).toBe("result");
    world.ahead = 301_000;
    expect((await ask(eager, wish(5))).attrs.type).toBe("result");
  });
});
