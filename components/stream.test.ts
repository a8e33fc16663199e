import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { Log } from "../platform/log.ts";
import { type Element, x } from "./stanza.ts";
import { type ComponentStream, openStream, type StreamOptions } from "./stream.ts";
import { DOMAIN, HEADER, openTestServer, SECRET, type TestServer } from "./testkit.ts";

let server: TestServer;
let stream: ComponentStream;
let lines: string[];
let events: string[];
let changed: () => void;

/** Resolves when the condition holds: looked at whenever something happened. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise<void>((resolve) => {
      changed = resolve;
    });
  }
}
const note = (list: string[], what: string) => {
  list.push(what);
  changed();
};

beforeEach(async () => {
  [lines, events] = [[], []];
  changed = () => undefined;
  server = await openTestServer();
});
afterEach(async () => {
  await stream.close();
  await server.close();
});

function open(more: Partial<StreamOptions> = {}): void {
  const line = (_message: string, fields: Readonly<Record<string, unknown>> = {}) =>
    note(lines, String(fields.reason ?? ""));
  const log: Log = { error: line, warn: line, info: line, debug: line, with: () => log };
  stream = openStream({
    ...{ host: "127.0.0.1", port: server.port, domain: DOMAIN, secret: SECRET, maxStanzaBytes: 10_000, log },
    onStanza: (stanza) => note(events, `stanza ${stanza.attrs.id}`),
    onOversized: (stanza) => note(events, `oversized ${stanza.attrs.id}`),
    onOnline: () => note(events, "online"),
    onOffline: () => note(events, "offline"),
    ...more,
  });
}

describe("a component stream", () => {
  it("proves that it knows the secret, then carries stanzas both ways", async () => {
    open();
    expect(stream.send(x("message", { id: "early" }))).toBe(false);
    const first = await server.peer(0);
    await first.accept();
    await until(() => events.includes("online"));
    first.socket.write("<message id='1'/><message id='2'><body>ü</body></message>");
    await until(() => events.includes("stanza 2"));
    expect(events).toEqual(["online", "stanza 1", "stanza 2"]);
    expect(stream.send(x("message", { id: "3" }, x("body", {}, "ß")))).toBe(true);
    await first.got('<message id="3"><body>ß</body></message>');
  });

  it("comes back after a lost connection, and what was written meanwhile is refused", async () => {
    open();
    await (await server.peer(0)).accept();
    await until(() => events.includes("online"));
    (await server.peer(0)).socket.destroy();
    await until(() => events.includes("offline"));
    expect([stream.online, stream.write("<message/>")]).toEqual([false, false]);
    await (await server.peer(1)).accept();
    await until(() => events.length === 3);
    expect([events, stream.online]).toEqual([["online", "offline", "online"], true]);
  });

  it.each([
    ["<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>", "secret differs"],
    ["<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>", "stands by"],
    [
      "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
      "does not know this domain",
    ],
    ["<message/>", "instead of a handshake"],
    ["</wrong>", "not an XMPP stream"],
    ["</stream:stream>", "closed the stream"],
  ])("says why it was turned away by %s, is never online and tries again", async (answer, why) => {
    open();
    const first = await server.peer(0);
    await first.got(">");
    first.socket.write(HEADER + answer);
    await server.peer(1);
    expect([events, lines.filter((line) => line.includes(why)).length]).toEqual([[], 1]);
  });

  it("skips an oversized stanza and stays up", async () => {
    open();
    const first = await server.peer(0);
    await first.accept();
    await until(() => events.includes("online"));
    first.socket.write(`<message id='1'><body>${"a".repeat(20_000)}</body></message><message id='2'/>`);
    await until(() => events.includes("stanza 2"));
    expect(events).toEqual(["online", "oversized 1", "stanza 2"]);
  });

  it("reads on only while not too many stanzas are being worked on", async () => {
    let running = 0;
    let most = 0;
    const done: (() => void)[] = [];
    const onStanza = (stanza: Element) => {
      running += 1;
      most = Math.max(most, running);
      if (stanza.attrs.id === "last") note(events, "last");
      changed();
      return new Promise<void>((resolve) => done.push(resolve)).then(() => {
        running -= 1;
      });
    };
    open({ onStanza });
    const first = await server.peer(0);
    await first.accept();
    await until(() => events.includes("online"));
    // Far more than both sockets hold between them.
    const total = 60_000;
    const stanza = `<message><body>${"a".repeat(200)}</body></message>`;
    first.socket.write(`${stanza.repeat(total)}<message id='last'/>`);
    await until(() => running > 2_000);
    // A test that was given up must not go on beside those after it.
    const mine = events;
    while (mine === events && !mine.includes("last")) {
      for (const finish of done.splice(0)) finish();
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const finish of done.splice(0)) finish();
    // What was in the packet under way when the limit was reached is still taken.
    expect(most).toBeLessThan(total / 10);
  });

  it("reads nothing more while the server does not take what is written", async () => {
    open();
    const first = await server.peer(0);
    await first.accept();
    await until(() => events.includes("online"));
    first.socket.pause();
    const text = `<message><body>${"a".repeat(1_000_000)}</body></message>`;
    for (let count = 0; count < 20; count += 1) stream.write(text);
    stream.write("<message id='last'/>");
    first.socket.write("<message id='1'/>");
    await new Promise((resolve) => setImmediate(resolve));
    const before = [...events];
    first.socket.resume();
    await first.got("<message id='last'/>");
    await until(() => events.includes("stanza 1"));
    expect(before).toEqual(["online"]);
  });

  it("closes for good, with a farewell", async () => {
    open();
    const first = await server.peer(0);
    await first.accept();
    await until(() => events.includes("online"));
    const farewell = first.got("</stream:stream>");
    await stream.close();
    await farewell;
    expect([events, stream.online]).toEqual([["online", "offline"], false]);
  });
});
