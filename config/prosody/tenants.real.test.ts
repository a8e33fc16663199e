import { readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import pg from "pg";
import { loadSecrets } from "../../cli/stack/secrets.ts";
import { type Stack, startStack } from "../../cli/stack/stack.ts";
import { ComponentUnderTest, Person } from "../../test/support/raw-clients.ts";
import { componentSecret } from "../component-secret.ts";

const nord = "amt-nord.localhost";
const sued = "schule-sued.localhost";
let folder: string;
let stack: Stack;
let anke: Person;
let lena: Person;
const open: { close(): Promise<void> }[] = [];

async function signIn(jid: string): Promise<Person> {
  const person = stack.demo.tenants.flatMap(({ people }) => people).find((each) => each.jid === jid);
  const { host, port } = stack.demo.xmpp;
  return Person.signIn({ host, port, jid, password: person?.password ?? "" });
}

async function component(domain: string): Promise<ComponentUnderTest> {
  const secret = componentSecret(stack.env.KONTOR_XMPP_SECRET ?? "", domain);
  const made = await ComponentUnderTest.open(stack.home.ports.components, domain, secret);
  open.push(made);
  return made;
}

/** Rewrites the consent list of the running server and has it read again, without a restart. */
async function partners(table: string): Promise<void> {
  const file = join(stack.home.folder, "prosody", "prosody.cfg.lua");
  writeFileSync(file, readFileSync(file, "utf8").replace(/^kontor_tenants = .*$/m, `kontor_tenants = ${table}`));
  const [result] = await stack.prosodyShell(["config:reload()"]);
  expect(result).toMatch(/^OK/);
}

const bothConsent = `{ ["${nord}"] = { "${sued}" }; ["${sued}"] = { "${nord}" } }`;
const onlyNordConsents = `{ ["${nord}"] = { "${sued}" }; ["${sued}"] = {  } }`;
const nobodyConsents = `{ ["${nord}"] = {  }; ["${sued}"] = {  } }`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kt-"));
  const portBase = process.env.KONTOR_TEST_PORT_BASE;
  stack = await startStack({ home: folder, portBase, withKontor: false });
  [anke, lena] = await Promise.all([signIn(`anke.thomsen@${nord}`), signIn(`lena.schuster@${sued}`)]);
}, 120_000);

afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  await partners(nobodyConsents);
});

afterAll(async () => {
  await Promise.all([anke?.close(), lena?.close()]);
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

describe("tenants of one server", () => {
  it.each([
    ["a message to a person", `<message type='chat' to='lena.schuster@${sued}'><body>Moin</body></message>`],
    ["a message to a session", `<message type='chat' to='lena.schuster@${sued}/test'><body>Moin</body></message>`],
    ["a message to a room", `<message type='groupchat' to='x@rooms.${sued}'><body>Moin</body></message>`],
    ["a subscription", `<presence type='subscribe' to='lena.schuster@${sued}'/>`],
    ["directed presence", `<presence to='lena.schuster@${sued}/test'/>`],
    [
      "joining a conference",
      `<presence to='x@conference.${sued}/anke'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
    ],
    ["joining a room", `<presence to='x@rooms.${sued}/anke'><x xmlns='http://jabber.org/protocol/muc'/></presence>`],
    [
      "service discovery of a host",
      `<iq type='get' to='${sued}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
    ],
    [
      "service discovery of rooms",
      `<iq type='get' to='rooms.${sued}'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`,
    ],
    [
      "an upload slot",
      `<iq type='get' to='upload.${sued}'><request xmlns='urn:xmpp:http:upload:0' filename='a' size='1'/></iq>`,
    ],
    ["a vCard", `<iq type='get' to='lena.schuster@${sued}'><vCard xmlns='vcard-temp'/></iq>`],
    ["a domain that is not there", `<message type='chat' to='x@unknown.${sued}'><body>Moin</body></message>`],
    [
      "a forged sender",
      `<message type='chat' from='florian.huber@${sued}' to='lena.schuster@${sued}'><body>Moin</body></message>`,
    ],
  ])("refuse %s", async (_, stanza) => {
    const answer = await anke.sendForAnswer(stanza);
    expect(answer).toMatch(/type="error"/);
    expect(answer).toMatch(/<error[^>]* type="auth"|<error type="auth"/);
    expect(answer).toContain("<forbidden");
    expect(await lena.allUntilNow()).toEqual([]);
  });

  it("leave a tenant's own people alone: a conference by Jitsi's name, a colleague, the archive", async () => {
    const room = `[amt-nord]lage@conference.${nord}`;
    await anke.send(`<presence to='${room}/anke'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
    expect((await anke.allUntilNow()).join()).toMatch(/status code="110"/);
    await anke.send(`<message type='chat' to='malte.jensen@${nord}'><body>Moin Malte</body></message>`);
    await anke.allUntilNow();
    // One copy in the archive of each of the two.
    expect(await archived(nord)).toBe(2);
  });

  it("never answer an error with an error", async () => {
    const quiet = [
      `<message type='error' to='lena.schuster@${sued}'><error type='cancel'/></message>`,
      `<iq type='result' id='r1' to='lena.schuster@${sued}/test'/>`,
      `<presence type='unavailable' to='lena.schuster@${sued}'/>`,
    ];
    for (const stanza of quiet) await anke.send(stanza);
    expect(await anke.allUntilNow()).toEqual([]);
    expect(await lena.allUntilNow()).toEqual([]);
  });

  it("leave no trace of a refused subscription in the roster, nor of a refused message in the archive", async () => {
    await anke.sendForAnswer(`<presence type='subscribe' to='lena.schuster@${sued}'/>`);
    const roster = await anke.sendForAnswer("<iq type='get'><query xmlns='jabber:iq:roster'/></iq>");
    expect(roster).not.toContain(sued);
    await anke.sendForAnswer(`<message type='chat' to='lena.schuster@${sued}'><body>Moin</body></message>`);
    expect(await archived(sued)).toBe(0);
  });

  it("bind components as well", async () => {
    const rooms = await component(`rooms.${nord}`);
    await rooms.send(`<message from='x@rooms.${nord}' to='lena.schuster@${sued}' id='c1'><body>Moin</body></message>`);
    expect(await rooms.next("id='c1'")).toContain("<forbidden");
    await rooms.send(
      `<iq type='get' from='rooms.${nord}' to='upload.${sued}' id='c2'><ping xmlns='urn:xmpp:ping'/></iq>`,
    );
    expect(await rooms.next("id='c2'")).toContain("<forbidden");
    expect(await lena.allUntilNow()).toEqual([]);
  });

  it("end the stream of a component that forges another domain", async () => {
    const rooms = await component(`rooms.${nord}`);
    await rooms.send(`<message from='x@rooms.${sued}' to='lena.schuster@${sued}' id='f1'><body>Moin</body></message>`);
    expect(await rooms.next("stream:error")).toContain("invalid-from");
    expect(await lena.allUntilNow()).toEqual([]);
  });

  it("keep the first of two streams of a component", async () => {
    const first = await component(`rooms.${nord}`);
    await expect(component(`rooms.${nord}`)).rejects.toThrow(/conflict/);
    await first.send(`<iq type='get' from='rooms.${nord}' to='${nord}' id='k1'><ping xmlns='urn:xmpp:ping'/></iq>`);
    expect(await first.next("id='k1'")).toContain("result");
  });

  it("do not let privilege leap over: no presence of others, no message in the name of others", async () => {
    const presence = await component(`presence.${nord}`);
    const told = await presence.next("from='anke.thomsen@");
    expect(told).toContain("<presence");
    const forged = `<message xmlns='jabber:client' from='florian.huber@${sued}' to='lena.schuster@${sued}'><body>x</body></message>`;
    const wrapped = `<privilege xmlns='urn:xmpp:privilege:2'><forwarded xmlns='urn:xmpp:forward:0'>${forged}</forwarded></privilege>`;
    await presence.send(`<message from='presence.${nord}' to='${nord}' id='p1'>${wrapped}</message>`);
    expect(await presence.next("id='p1'")).toContain("<forbidden");
    expect(await lena.allUntilNow()).toEqual([]);
    expect(presence.everything).not.toContain(`@${sued}/`);
  });

  it("may talk when both consent, and only then", async () => {
    const stanza = `<message type='chat' to='lena.schuster@${sued}'><body>Moin</body></message>`;
    await partners(onlyNordConsents);
    expect(await anke.sendForAnswer(stanza)).toContain("<forbidden");
    expect(await lena.allUntilNow()).toEqual([]);
    await partners(bothConsent);
    await anke.send(stanza);
    await anke.allUntilNow();
    expect((await lena.allUntilNow()).join()).toContain("<body>Moin</body>");
    const info = await anke.sendForAnswer(
      `<iq type='get' to='conference.${sued}'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
    );
    expect(info).toContain('type="result"');
    expect(await archived(sued)).toBe(1);
  });
});

describe("a bundle of stanzas for one receiver", () => {
  const rooms = `rooms.${nord}`;
  const ankes = `anke.thomsen@${nord}/test`;
  const said = (room: string, to: string, id: string, body: string) =>
    `<message from='${room}@${rooms}' to='${to}' type='groupchat' id='${id}'><body>${body}</body></message>`;
  const bundle = (to: string, ...stanzas: string[]) => {
    const text = stanzas.join("").replaceAll("]]>", "]]]]><![CDATA[>");
    return `<message from='${rooms}' to='${rooms}'><bundle xmlns='urn:kontor:bundle:0' to='${to}'><![CDATA[${text}]]></bundle></message>`;
  };
  /** All that the receiver has once what was sent until now was dealt with. */
  const received = async (sender: ComponentUnderTest, receiver: Person) => {
    const id = `until-${Math.random()}`;
    await sender.send(`<iq type='get' from='${rooms}' to='${nord}' id='${id}'><ping xmlns='urn:xmpp:ping'/></iq>`);
    await sender.next(`id='${id}'`);
    return receiver.allUntilNow();
  };

  it("comes as it is, in order", async () => {
    const sender = await component(rooms);
    await sender.send(
      bundle(ankes, said("leise", ankes, "b1", "grün &amp; ]]&gt;"), said("leise", ankes, "b2", "<![CDATA[<b>]]>")),
    );
    const all = await received(sender, anke);
    expect(all.map((text) => /<body>.*<\/body>/.exec(text)?.[0])).toEqual([
      "<body>grün &amp; ]]&gt;</body>",
      "<body>&lt;b&gt;</body>",
    ]);
  });

  it("passes the list of whom the receiver blocks", async () => {
    const sender = await component(rooms);
    const blocking = (what: string) =>
      anke.sendForAnswer(
        `<iq type='set'><${what} xmlns='urn:xmpp:blocking'><item jid='laut@${rooms}'/></${what}></iq>`,
      );
    await blocking("block");
    await sender.send(bundle(ankes, said("laut", ankes, "b3", "1"), said("leise", ankes, "b4", "2")));
    const all = await received(sender, anke);
    expect(all.filter((text) => text.startsWith("<message")).map((text) => /id="b\d"/.exec(text)?.[0])).toEqual([
      'id="b4"',
    ]);
    await blocking("unblock");
  });

  it("goes nowhere for another tenant's people, and comes back from who is not there", async () => {
    const sender = await component(rooms);
    const lenas = `lena.schuster@${sued}/test`;
    const nobody = `holger.brandt@${nord}/nowhere`;
    await sender.send(
      bundle(lenas, said("leise", lenas, "b5", "x")) + bundle(nobody, said("leise", nobody, "b6", "x")),
    );
    expect(await received(sender, lena)).toEqual([]);
    expect(await sender.next("id='b5'")).toContain("<forbidden");
    expect(await sender.next("id='b6'")).toContain("<service-unavailable");
  });
});

/** Messages in the personal archives of a host; Prosody makes the table with the first of them. */
async function archived(host: string): Promise<number> {
  const { prosodyDatabase } = loadSecrets(stack.home);
  const client = new pg.Client({
    connectionString: `postgres://prosody:${prosodyDatabase}@127.0.0.1:${stack.home.ports.postgres}/prosody`,
  });
  await client.connect();
  try {
    const table = await client.query("select from pg_tables where tablename = 'prosodyarchive'");
    if (!table.rowCount) return 0;
    return (await client.query("select from prosodyarchive where host = $1", [host])).rowCount ?? 0;
  } finally {
    await client.end();
  }
}
