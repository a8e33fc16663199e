import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { silentLog } from "../test/support/real.ts";
import { type ServedDoor, serveDoor } from "./door.ts";
import { openTestServer, type Peer, SECRET, type TestServer } from "./testkit.ts";

let server: TestServer;
let served: ServedDoor;
let peer: Peer;
let messages: string[];

beforeEach(async () => {
  messages = [];
  server = await openTestServer();
  const door = {
    prefix: "x",
    open: () => ({
      iq: [],
      identity: { category: "component", type: "generic", name: "Test" },
      features: [],
      message: ({ stanza }: { stanza: { attrs: Record<string, unknown> } }) =>
        void messages.push(String(stanza.attrs.id)),
    }),
  };
  const tenant = { id: "amt", domain: "amt.example", partners: ["partner.example"] };
  served = serveDoor(door, tenant, {
    ...{ host: "127.0.0.1", port: server.port, secretOf: () => SECRET, maxStanzaBytes: 10_000 },
    ...{ newId: () => "id", log: silentLog },
  });
  peer = await server.peer(0);
  await peer.accept();
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
