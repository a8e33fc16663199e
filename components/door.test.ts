import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { silentLog } from "../test/support/real.ts";
import { type DoorContext, type ServedDoor, serveDoor } from "./door.ts";
import { x } from "./stanza.ts";
import { openTestServer, type Peer, SECRET, type TestServer } from "./testkit.ts";

let server: TestServer;
let served: ServedDoor;
let peer: Peer;
let messages: string[];
let context: DoorContext;

beforeEach(async () => {
  messages = [];
  server = await openTestServer();
  const door = {
    prefix: "x",
    open: (given: DoorContext) => {
      context = given;
      return handlers;
    },
  };
  const handlers = {
    iq: [],
    identity: { category: "component", type: "generic", name: "Test" },
    features: [],
    message: ({ stanza }: { stanza: { attrs: Record<string, unknown> } }) =>
      void messages.push(String(stanza.attrs.id)),
  };
  const tenant = { id: "amt", domain: "amt.example", partners: ["partner.example"] };
  served = serveDoor(door, tenant, {
    ...{ host: "127.0.0.1", port: server.port, secretOf: () => SECRET, maxStanzaBytes: 10_000 },
    ...{ newId: () => "id", log: silentLog },
  });
  peer = await server.peer(0);
  await peer.accept();
  // Each stream begins with the question what the server can.
  await peer.got('<query xmlns="http://jabber.org/protocol/disco#info"/></iq>');
});
afterEach(async () => {
  await served.close();
  await server.close();
});

/** Sends a message and then a ping, whose answer comes after whatever the message caused. */
async function say(from: string): Promise<{ readonly handled: boolean; readonly answer: string }> {
  const [message, ping] = [`<message id='m' from='${from}' to='x.amt.example'/>`, "<ping xmlns='urn:xmpp:ping'/>"];
  peer.socket.write(`${message}<iq type='get' id='p' from='a@amt.example/r' to='x.amt.example'>${ping}</iq>`);
  const answer = await peer.got('<iq type="result"');
  return { handled: messages.includes("m"), answer };
}

test.each(["inge@amt.example/büro", "rooms.amt.example", "bot@partner.example", "x@rooms.partner.example"])(
  "%s may come in",
  async (from) => {
    expect(await say(from)).toEqual({ handled: true, answer: "" });
  },
);

test.each(["eve@schule.example/x", "eve@notamt.example", "eve@amt.example.evil.example", "example", "amt.exampl"])(
  "%s belongs to somebody else and is refused, whatever the server let through",
  async (from) => {
    const { handled, answer } = await say(from);
    expect(handled).toBe(false);
    expect(answer).toContain(
      `<message type="error" from="x.amt.example" to="${from}" id="m"><error type="auth"><forbidden`,
    );
  },
);

test("who sent too much at once is told", async () => {
  peer.socket.write(
    `<message id='m' from='inge@amt.example/büro' to='x.amt.example'><body>${"a".repeat(20_000)}</body></message>`,
  );
  expect(await peer.got("<text")).toContain('to="inge@amt.example/büro" id="m"><error type="modify"><not-acceptable');
});

const copies = () =>
  context.sendToAll(x("message", { from: "r@x.amt.example/N" }), ["a@amt.example/1", "b@amt.example/2"]);

test("until the server says that it copies, each receiver gets a stanza of its own", async () => {
  expect(copies()).toBe(true);
  expect(await peer.got('<message to="b@amt.example/2"')).toContain('<message to="a@amt.example/1"');
});

test("a server that copies gets one stanza with the list of receivers", async () => {
  const features = "<feature var='urn:kontor:fanout:0'/>";
  const query = `<query xmlns='http://jabber.org/protocol/disco#info'>${features}</query>`;
  peer.socket.write(`<iq type='result' id='id' from='amt.example' to='x.amt.example'>${query}</iq>`);
  await say("inge@amt.example/1");
  copies();
  const list = "a@amt.example/1\nb@amt.example/2";
  const before = await peer.got(`<fanout xmlns="urn:kontor:fanout:0">${list}</fanout></message>`);
  expect(before).toContain('<message to="x.amt.example" from="r@x.amt.example/N">');
});
