import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
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

/** Resolves when the door knows that the server makes copies. */
async function serverCopies(): Promise<void> {
  const features = "<feature var='urn:kontor:fanout:0'/><feature var='urn:kontor:bundle:0'/>";
  const query = `<query xmlns='http://jabber.org/protocol/disco#info'>${features}</query>`;
  peer.socket.write(`<iq type='result' id='id' from='amt.example' to='x.amt.example'>${query}</iq>`);
  await say("inge@amt.example/1");
}

test("a server that copies gets one stanza with the list of receivers", async () => {
  await serverCopies();
  copies();
  const list = "a@amt.example/1\nb@amt.example/2";
  const before = await peer.got(`<fanout xmlns="urn:kontor:fanout:0">${list}</fanout></message>`);
  expect(before).toContain('<message to="x.amt.example" from="r@x.amt.example/N">');
});

describe("beside a server that keeps what it gave", () => {
  const from = "from='inge@amt.example/1' to='x.amt.example'";
  const offered = async (upTo: number) => {
    peer.socket.write(`<hold xmlns='urn:kontor:hold:0' upto='e:${upTo}'/>`);
    await peer.got('<hold xmlns="urn:kontor:hold:0"/>');
  };

  test("each stanza is released when it is done with: handled, answered or refused", async () => {
    await offered(0);
    peer.socket.write(`<message kontor-held='e:1' id='m' ${from}/>`);
    await peer.got('<release xmlns="urn:kontor:hold:0">e:1</release>');
    expect(messages).toEqual(["m"]);
    peer.socket.write(`<iq type='get' id='p' kontor-held='e:2' ${from}><ping xmlns='urn:xmpp:ping'/></iq>`);
    expect(await peer.got('<release xmlns="urn:kontor:hold:0">e:2</release>')).toContain('<iq type="result"');
    peer.socket.write(`<message kontor-held='e:3' id='n' from='eve@schule.example/x' to='x.amt.example'/>`);
    expect(await peer.got('<release xmlns="urn:kontor:hold:0">e:3</release>')).toContain("<forbidden");
    peer.socket.write(`<message kontor-held='e:4' id='o' ${from}><body>${"a".repeat(20_000)}</body></message>`);
    expect(await peer.got('<release xmlns="urn:kontor:hold:0">e:4</release>')).toContain("<not-acceptable");
  });

  test("a release goes with the copies when the server makes them, and after them when it does not", async () => {
    await offered(5);
    const stanza = x("message", { from: "r@x.amt.example/N" });
    const [a, b] = ["a@amt.example/1", "b@amt.example/2"];
    context.sendToAll(stanza, [a, b], "e:5");
    expect(await peer.got('<release xmlns="urn:kontor:hold:0">e:5</release>')).toContain(`<message to="${b}"`);
    expect([context.isReleased("e:5"), context.isReleased("e:4")]).toEqual([true, false]);
    await serverCopies();
    context.sendToAll(stanza, [a, b], "e:4");
    expect(await peer.got('<release xmlns="urn:kontor:hold:0">e:4</release></message>')).toContain("<fanout");
    context.sendToAll(stanza, [], "e:3");
    await peer.got('<release xmlns="urn:kontor:hold:0">e:3</release>');
  });
});

test("a list too long for one stanza is cut, and the release goes with its end", async () => {
  peer.socket.write("<hold xmlns='urn:kontor:hold:0' upto='e:0'/>");
  await serverCopies();
  const receivers = Array.from({ length: 50 }, (_, n) => `${"n".repeat(3_000)}${n}@amt.example/r`);
  context.sendToAll(x("message", { from: "r@x.amt.example/N" }), receivers, "e:1");
  const sent = await peer.got("</release></message>");
  const lists = [...sent.matchAll(/<fanout[^>]*>([^<]*)<\/fanout>/g)].map(([, list]) => list?.split("\n") ?? []);
  expect([lists.length, lists.flat(), sent.split("<release").length]).toEqual([2, receivers, 2]);
});

test("many stanzas to one receiver go as they are, and in bundles to a server that takes them", async () => {
  const to = "a@amt.example/1";
  const stanza = (body: string) => `<message from="r@x.amt.example" to="${to}"><body>${body}</body></message>`;
  const short = [stanza("1"), stanza("]]&gt;"), stanza("<![CDATA[2]]>")];
  /** What comes until the end that is sent behind it. */
  const sent = async (stanzas: readonly string[]) => {
    context.sendMany(stanzas, to);
    context.send(x("message", { id: "end" }));
    const got = await peer.got('<message id="end"/>');
    return got.slice(got.indexOf("<message"));
  };
  expect(await sent(short)).toBe(short.join(""));
  await serverCopies();
  const bundle = (text: string) =>
    `<message from="x.amt.example" to="x.amt.example"><bundle to="${to}" xmlns="urn:kontor:bundle:0"><![CDATA[${text}]]></bundle></message>`;
  const long = { fits: stanza("a".repeat(49_000)), alone: stanza("b".repeat(60_000)), last: stanza("c") };
  const expected = [
    bundle(short.join("").replace("]]>", "]]]]><![CDATA[>") + long.fits),
    long.alone,
    bundle(long.last),
  ];
  expect((await sent([...short, ...Object.values(long)])).split("</bundle>").map(summary)).toEqual(
    expected.join("").split("</bundle>").map(summary),
  );
});

const summary = (text: string) => text.replaceAll(/(.)\1{99,}/g, (run, letter) => `${letter} x ${run.length}`);
