import { afterEach, expect, test } from "@jest/globals";
import type { Connection, FarError, FarMessage, FarOccupant } from "../../bridge/network.ts";
import { irc } from "./index.ts";
import { cable, type IrcPerson, ircPerson, ngircd, type TestServer, until } from "./testkit.ts";

const channel = "#office";
const silent = { error: () => undefined, warn: () => undefined, info: () => undefined, debug: () => undefined };
const log = { ...silent, with: () => log };
const toClose: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

async function server(more: readonly string[] = []): Promise<TestServer> {
  const started = await ngircd(more);
  toClose.push(() => started.remove());
  return started;
}

async function person(port: number, nick: string): Promise<IrcPerson> {
  const joined = await ircPerson(port, nick, channel);
  toClose.push(() => joined.leave());
  return joined;
}

async function bridge(port: number, config: Record<string, unknown> = {}) {
  const messages: FarMessage[] = [];
  let occupants: readonly FarOccupant[] = [];
  const closed: FarError[] = [];
  let ids = 0;
  const newId = () => String(++ids);
  const context = { log, newId, clock: Date.now, maxLineBytes: 400, signal: new AbortController().signal };
  const place = irc.place({ host: "127.0.0.1", port, tls: false, channel, nick: "kontor", ...config });
  const connection: Connection = await place.connect(context, {
    message: (message) => messages.push(message),
    occupants: (list) => {
      occupants = list;
    },
    closed: (reason) => closed.push(reason),
  });
  toClose.push(() => connection.close());
  const away = () => occupants.flatMap(({ nick, away: words }) => (words === null ? [] : [[nick, words]]));
  return { connection, messages, closed, away, occupants: () => occupants.map(({ nick }) => nick).sort() };
}

const part = (text: string, nick = "Anke", action = false) => ({ logId: "1", part: 0, nick, action, text });

test("lines of the room are said by the bot and confirmed", async () => {
  const { port } = await server();
  const ole = await person(port, "ole");
  const { connection } = await bridge(port);
  const result = await connection.send([part("moin"), part("winkt", "Anke", true)]);
  expect(result.failure).toBeUndefined();
  expect(new Set(result.done.map(({ farId }) => farId)).size).toBe(2);
  await ole.hears("* Anke winkt");
  expect(ole.heard.map(({ nick, text }) => [nick, text.replaceAll("\u000f", "")])).toEqual([
    ["kontor", "<Anke> moin"],
    ["kontor", "* Anke winkt"],
  ]);
});

test("the longest line arrives whole", async () => {
  const { port } = await server();
  const ole = await person(port, "ole");
  const { connection } = await bridge(port);
  const said = { nick: "Anke", action: false };
  const text = `${"ä".repeat(Math.floor(connection.textBytes(said) / 2) - 1)}!`;
  await connection.send([part(text)]);
  await ole.hears("!");
  expect(ole.heard[0]?.text).toBe(`<Anke> ${text}\u000f\u000f`);
});

test("what people say, do and note comes in without formatting; the bot's own lines do not", async () => {
  const { port } = await server();
  const ole = await person(port, "Ole");
  const { connection, messages } = await bridge(port);
  await connection.send([part("mine")]);
  ole.say("\u000304,01rot\u0003 und \u0002fett\u000f");
  ole.raw("PRIVMSG", channel, "\u0001ACTION winkt allen\u0001");
  ole.raw("NOTICE", channel, "ein Hinweis");
  ole.raw("TOPIC", channel, "Neues Thema");
  await until("four messages", () => messages.length >= 4);
  expect(messages.map(({ nick, farUser, action, text }) => ({ nick, farUser, action, text }))).toEqual([
    { nick: "Ole", farUser: "ole", action: false, text: "rot und fett" },
    { nick: "Ole", farUser: "ole", action: true, text: "winkt allen" },
    { nick: "Ole", farUser: "ole", action: false, text: "ein Hinweis" },
    { nick: "Ole", farUser: "ole", action: true, text: "set the topic to: Neues Thema" },
  ]);
});

test("a line that came over a bridge is not told, so that a ring of links does not repeat it", async () => {
  const { port } = await server();
  const ole = await person(port, "ole");
  const first = await bridge(port);
  const second = await bridge(port, { nick: "other" });
  await first.connection.send([part("einmal")]);
  ole.say("danach");
  await until("the second bot hears ole", () => second.messages.length > 0);
  expect(second.messages.map(({ text }) => text)).toEqual(["danach"]);
});

test("who is there follows names, joins, nicks, parts and quits", async () => {
  const { port } = await server();
  const ole = await person(port, "ole");
  const { occupants } = await bridge(port);
  expect(occupants()).toEqual(["ole"]);
  const ida = await ircPerson(port, "ida", channel);
  await until("ida came", () => occupants().join() === "ida,ole");
  ole.raw("NICK", "olaf");
  await until("ole is olaf", () => occupants().join() === "ida,olaf");
  ole.raw("PART", channel);
  await until("olaf left", () => occupants().join() === "ida");
  await ida.leave();
  await until("ida quit", () => occupants().length === 0);
});

test("who is away is known from the start, and asked for where the server does not tell", async () => {
  const { port } = await server();
  const ole = await person(port, "ole");
  const ida = await person(port, "ida");
  ole.raw("AWAY", "Bin Tisch");
  // ngircd works off ole's lines before it sends this on.
  ole.say("weg");
  await ida.hears("weg");
  const { away } = await bridge(port, { awaySeconds: 10 });
  await until("ole is away", () => JSON.stringify(away()) === '[["ole",""]]');
  ole.raw("AWAY");
  ida.raw("AWAY", "Bis morgen");
  await until("ole is back and ida away", () => JSON.stringify(away()) === '[["ida",""]]');
});

test("a taken nick gets a figure", async () => {
  const { port } = await server();
  const taken = await person(port, "kontor");
  await bridge(port);
  await until("the bot is there under another nick", () => taken.present.has("kontor1"));
  expect([...taken.present].sort()).toEqual(["kontor", "kontor1"]);
});

test("a kick ends the connection with its reason", async () => {
  const { port } = await server();
  const ole = await person(port, "ole");
  const { closed } = await bridge(port);
  ole.raw("KICK", channel, "kontor", "raus hier");
  await until("closed", () => closed.length > 0);
  expect(closed.map(({ message, permanent }) => [message, permanent])).toEqual([["Kicked by ole: raus hier", false]]);
});

test("a channel that takes nothing from the bot refuses, and the connection stays", async () => {
  const { port } = await server();
  const ole = await person(port, "ole");
  const { connection, closed } = await bridge(port);
  ole.raw("MODE", channel, "+m");
  ole.raw("MODE", channel, "+v", "kontor");
  ole.raw("MODE", channel, "-v", "kontor");
  // ngircd works off ole's lines before it answers this.
  ole.say("bereit");
  await until("the mode is set", async () => (await connection.send([part("?")])).done[0]?.refused);
  expect(closed).toEqual([]);
});

test("a wrong key, a wrong password and a closed port say so", async () => {
  const keyed = await server(["[Channel]", `Name = ${channel}`, "Modes = +k geheim"]);
  await expect(bridge(keyed.port)).rejects.toMatchObject({
    permanent: true,
    message: expect.stringContaining(channel),
  });
  const { connection } = await bridge(keyed.port, { key: "geheim" });
  expect((await connection.send([part("drin")])).done).toHaveLength(1);
  await keyed.kill();
  await expect(bridge(keyed.port, { key: "geheim" })).rejects.toMatchObject({
    permanent: false,
    message: expect.stringContaining("ECONNREFUSED"),
  });
});

test("a line whose confirmation never comes fails when the connection ends", async () => {
  const running = await server();
  const wire = await cable(running.port);
  toClose.push(() => wire.remove());
  const { connection, closed } = await bridge(wire.port);
  wire.mute();
  const sending = connection.send([part("vielleicht")]);
  wire.pull();
  expect(await sending).toMatchObject({ done: [], failure: { permanent: false } });
  expect(closed).toHaveLength(1);
  expect(await connection.send([part("zu spät")])).toMatchObject({ done: [], failure: { permanent: false } });
});
