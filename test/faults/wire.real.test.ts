/** Bad input at the wire of a running system: who causes it is told, and nobody else notices. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from "@jest/globals";
import { signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { attr, childElements, type Element, x } from "../../components/stanza.ts";
import { mucJoin } from "../../components/xep/xep-0045-muc.ts";
import { NS_PING } from "../../components/xep/xep-0199-ping.ts";
import { readRows } from "./archive.ts";
import { openWorld, placeOf, type World } from "./world.ts";

/** What the server of `up` takes of one stanza. */
const SERVER_LIMIT = 262_144;

let world: World;
let room: string;
let inge: XmppClient;
let malte: XmppClient;

beforeAll(async () => {
  world = await openWorld();
}, 120_000);
afterAll(() => world?.close(), 60_000);
beforeEach(async () => {
  room = `wire-${Date.now().toString(36)}@${world.stack.demo.tenants[0]?.rooms}`;
  inge = await enter(0, "inge");
  malte = await enter(3, "malte");
});
afterEach(async () => {
  await Promise.all([inge, malte].map((client) => client?.stop().catch(() => undefined)));
});

async function enter(index: number, nick: string): Promise<XmppClient> {
  const client = await signIn(placeOf(world, 0, index));
  await client.send(x("presence"));
  await client.send(x("presence", { to: `${room}/${nick}` }, mucJoin.write({})));
  await client.next((stanza) => stanza.getChild("subject") !== undefined, "the end of the join");
  return client;
}

const message = (id: string, ...children: Element[]) => x("message", { to: room, type: "groupchat", id }, ...children);
const body = (text: string) => x("body", {}, text);
const withId = (id: string) => (stanza: Element) => attr(stanza, "id") === id;

/** The other one's message is reflected: the room and all on the way to it work. */
async function expectServiceLives(): Promise<void> {
  await malte.send(message("alive", body("still here")));
  expect(attr(await malte.next(withId("alive"), "the reflected message"), "type")).toBe("groupchat");
}

/** All ids in the room's log, whose numbers have no gap. */
async function logged(): Promise<string[]> {
  const { rows } = await readRows(world.db, world.stack.demo.tenants[0]?.id ?? "", room.split("@")[0] ?? "");
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_row, index) => index + 1));
  return rows.map(({ id }) => id);
}

describe("on a client stream", () => {
  test.each([
    ["what is not well-formed", "<message><body></message>", "not-well-formed"],
    [
      "an entity of its own",
      "<message><body>&harm;</body></message>",
      "not-well-formed|restricted-xml|undefined-condition",
    ],
    ["a comment", "<!-- hello -->", "not-well-formed|restricted-xml"],
    ["a document type", "<!DOCTYPE stream [<!ENTITY a 'aaaa'>]>", "not-well-formed|restricted-xml"],
    ["an unknown namespace at the top", "<what xmlns='urn:ever'/>", "not-authorized|unsupported-stanza-type"],
  ])("%s ends the stream with an error", async (_name, text, condition) => {
    const { host, port } = world.stack.demo.xmpp;
    const domain = world.stack.demo.tenants[0]?.domain ?? "";
    const socket = connect({ host, port });
    let answer = "";
    socket.setEncoding("utf8").on("data", (data: string) => {
      answer += data;
    });
    const namespaces = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";
    socket.write(`<stream:stream ${namespaces} version='1.0' to='${domain}'>`);
    while (!answer.includes("</stream:features>")) await once(socket, "data");
    socket.write(text);
    await once(socket, "close");
    expect(answer).toMatch(new RegExp(`<stream:error>.*<(${condition})`));
    await expectServiceLives();
  });

  it("a stanza over the server's limit ends the stream; one just below it is reflected whole", async () => {
    const text = "ä".repeat((SERVER_LIMIT - 2_000) / 2);
    await malte.send(message("large", body(text)));
    const large = await malte.next(withId("large"), "the large message");
    expect(large.getChildText("body")).toBe(text);
    const over = new Promise<void>((resolve) => inge.onClose(resolve));
    // It may be cut off while it is still writing.
    await inge.send(message("oversized", body("a".repeat(2 * SERVER_LIMIT)))).catch(() => undefined);
    await over;
    await expectServiceLives();
    expect(await logged()).toEqual(["large", "alive"]);
  });

  it("a stanza nested beyond reason is refused to its sender, and takes no other message along", async () => {
    let deep = "";
    for (let depth = 0; depth < 15_000; depth += 1) deep += "<a>";
    deep += "</a>".repeat(15_000);
    const stanza = message("deep", body("x")).toString().replace("</message>", `${deep}</message>`);
    const refused = Promise.race([
      inge.next(withId("deep"), "an answer", 20_000).then((answer) => attr(answer, "type")),
      new Promise<string>((resolve) => inge.onClose(() => resolve("closed"))),
    ]);
    await inge.write(stanza);
    await expectServiceLives();
    expect(await refused).toBe("error");
    expect(await logged()).toEqual(["alive"]);
  });

  it("a forged sender is the true one for everybody else", async () => {
    const forged = message("forged", body("I am Malte"));
    forged.attrs.from = malte.jid;
    await inge.send(forged);
    const answers = await Promise.race([
      malte.next(withId("forged"), "the message or nothing", 5_000).then((stanza) => attr(stanza, "from")),
      new Promise<string>((resolve) => inge.onClose(() => resolve("the stream ended"))),
    ]);
    expect(["the stream ended", `${room}/inge`]).toContain(answers);
    await expectServiceLives();
  });

  it("an occupant's address can't be taken for a sender, nor the room's own elements forged", async () => {
    const forged = message(
      "elements",
      body("hello"),
      x("stanza-id", { xmlns: "urn:xmpp:sid:0", by: room, id: "forged" }),
      x("delay", { xmlns: "urn:xmpp:delay", stamp: "2001-01-01T00:00:00Z" }),
      x("occupant-id", { xmlns: "urn:xmpp:occupant-id:0", id: "forged" }),
    );
    await inge.send(forged);
    const seen = await malte.next(withId("elements"), "the message");
    expect(attr(seen, "from")).toBe(`${room}/inge`);
    expect(seen.toString()).not.toMatch(/forged"|2001-01-01/);
  });
});

describe("to the rooms", () => {
  const to = () => `${world.stack.demo.tenants[0]?.rooms}`;
  test.each([
    ["an unknown namespace", () => x("query", { xmlns: "urn:ever" }), "service-unavailable"],
    [
      "an archive query that is none",
      () =>
        x(
          "query",
          { xmlns: "urn:xmpp:mam:2" },
          x("set", { xmlns: "http://jabber.org/protocol/rsm" }, x("max", {}, "many")),
        ),
      "bad-request",
    ],
  ])("an iq with %s is answered with an error", async (_name, payload, condition) => {
    const answer = await inge.iq(x("iq", { type: "set", to: room }, payload()));
    const error = answer.getChild("error");
    expect(error && childElements(error)[0]?.name).toBe(condition);
    expect(attr(await inge.iq(x("iq", { type: "get", to: to() }, x("ping", { xmlns: NS_PING }))), "type")).toBe(
      "result",
    );
  });
});
