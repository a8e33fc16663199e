/** What the server's module takes of groups, and from whom: a real Prosody of two tenants, and streams of our own. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { nord, type PresenceWorld, presenceWorld, secretOf, sued } from "../test/support/presence-servers.ts";
import { ComponentUnderTest } from "../test/support/raw-clients.ts";

const NS = "urn:kontor:groups:1";
let world: PresenceWorld;
/** Of each domain of a component. */
let streams: Record<string, ComponentUnderTest> = {};
let asked = 0;

const connect = (domain: string) => ComponentUnderTest.open(world.ports.components, domain, secretOf(domain));

/** The server's answer to a request of a component. */
async function ask(type: "get" | "set", payload: string, { by = `presence.${nord}`, to = nord } = {}): Promise<string> {
  const stream = streams[by];
  if (!stream) throw new Error(`${by} has no stream`);
  const id = `asked-${++asked}`;
  await stream.send(`<iq type='${type}' id='${id}' from='${by}' to='${to}'>${payload}</iq>`);
  return stream.next(`<iq [^>]*id='${id}'(?:[^>]*/|[\\s\\S]*?</iq)`);
}
const member = (local: string, name = local) => `<member local='${local}' name='${name}'/>`;
interface Shape {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly part: number;
  readonly parts: number;
}
const usual: Shape = { id: "bau", name: "Bauamt", hash: "h1", part: 1, parts: 1 };
const group = (shape: Partial<Shape>, ...members: string[]) => {
  const attrs = Object.entries({ ...usual, ...shape }).map(([key, value]) => `${key}='${value}'`);
  return `<group xmlns='${NS}' ${attrs.join(" ")}>${members.join("")}</group>`;
};
const both = [member("anna", "Anna Ahrens"), member("bert", "Bert Boysen")];
const held = async () => {
  const answer = await ask("get", `<groups xmlns='${NS}'/>`);
  return [...answer.matchAll(/<group [^>]*>/g)].map(([each]) => /\bid='([^']*)'/.exec(each)?.[1]);
};
const roster = (jid: string, by?: string) =>
  ask("get", "<query xmlns='jabber:iq:roster'/>", { to: jid, ...(by === undefined ? {} : { by }) });

beforeAll(async () => {
  world = await presenceWorld(["anna", "bert"]);
  for (const domain of [`presence.${nord}`, `presence.${sued}`, `rooms.${nord}`]) {
    streams[domain] = await connect(domain);
  }
  await Promise.all([nord, sued].map((each) => streams[`presence.${each}`]?.next("urn:xmpp:privilege")));
  expect(await ask("set", group({}, ...both))).toContain("type='result'");
}, 60_000);
afterAll(async () => {
  await Promise.all(Object.values(streams).map((each) => each.close()));
  streams = {};
  await world?.close();
}, 30_000);

describe("of a tenant", () => {
  it("a roster that its component asks for by privilege (XEP-0356) shows the group", async () => {
    const found = await roster(`anna@${nord}`);
    expect(found).toContain("<group>Bauamt</group>");
    expect(found).toMatch(
      /<item (?=[^>]*jid='bert@nord.localhost')(?=[^>]*name='Bert Boysen')[^>]*subscription='both'/,
    );
  });

  it("another tenant's people have nothing, and its component cannot ask for theirs", async () => {
    const same = await roster(`anna@${sued}`, `presence.${sued}`);
    expect(same).toContain("type='result'");
    expect(same).not.toContain("<item");
    expect(await roster(`anna@${nord}`, `presence.${sued}`)).toContain("type='error'");
  });

  it.each([`presence.${sued}`, `rooms.${nord}`])("%s can neither tell groups nor see which there are", async (by) => {
    for (const [type, payload] of [
      ["set", group({ name: "Fremd", hash: "h2" }, ...both)],
      ["set", `<group xmlns='${NS}' id='bau' remove='true'/>`],
      ["get", `<groups xmlns='${NS}'/>`],
    ] as const) {
      expect(await ask(type, payload, { by })).toContain("<forbidden ");
    }
    expect(await roster(`anna@${nord}`)).toContain("<group>Bauamt</group>");
  });

  it("nor under the name of the component that may", async () => {
    const stream = streams[`presence.${sued}`];
    await stream?.send(
      `<iq type='set' id='false' from='presence.${nord}' to='${nord}'>${group({ name: "Fremd", hash: "h3" }, ...both)}</iq>`,
    );
    expect(await stream?.next("<stream:error")).toContain("invalid-from");
    expect(await roster(`anna@${nord}`)).toContain("<group>Bauamt</group>");
  });
});

describe("a part that is not as it should be is refused, and what was held stays", () => {
  const many = (count: number) => Array.from({ length: count }, (_, n) => member(`p${n}`));
  it.each([
    ["without an id", group({ id: "" }, ...both)],
    ["with an id that is none", group({ id: "../bau" }, ...both)],
    ["with a long id", group({ id: "i".repeat(65) }, ...both)],
    ["without a hash", group({ hash: "" }, ...both)],
    ["with a long hash", group({ hash: "h".repeat(129) }, ...both)],
    ["without a name", group({ name: "" }, ...both)],
    ["with a long name", group({ name: "ä".repeat(501) }, ...both)],
    ["of no parts", group({ part: 0, parts: 0 }, ...both)],
    ["behind the last", group({ part: 2 }, ...both)],
    ["of too many parts", group({ parts: 101 }, ...both)],
    ["with no number", group({ part: Number.NaN }, ...both)],
    ["with a member without a name", group({ hash: "h4" }, ...both, member("cara", ""))],
    ["with a member without a local part", group({ hash: "h4" }, ...both, member("", "Cara"))],
    ["with a local part as no account has it", group({ hash: "h4" }, ...both, member("Cara"))],
    ["with more members than a part may have", group({ hash: "h4" }, ...many(1_001))],
    ["that is not the first", group({ hash: "h4", part: 2, parts: 2 }, ...both)],
  ])("%s", async (_, payload) => {
    expect(await ask("set", payload)).toContain("<bad-request ");
    expect(await held()).toEqual(["bau"]);
    expect(await roster(`anna@${nord}`)).toContain("<group>Bauamt</group>");
  });

  it.each([
    ["of another group", { id: "tief" }],
    ["of another hash", { hash: "h6" }],
    ["of another number of parts", { parts: 4 }],
    ["out of order", { part: 3 }],
  ])("after a first one, one %s; what had come of it is forgotten", async (_, other) => {
    const shape = { name: "Hochbau", hash: "h5", part: 1, parts: 3 };
    expect(await ask("set", group(shape, ...both))).toContain("type='result'");
    expect(await ask("set", group({ ...shape, part: 2, ...other }, member("cara")))).toContain("<bad-request ");
    expect(await ask("set", group({ ...shape, part: 2 }, member("cara")))).toContain("<bad-request ");
    expect(await roster(`anna@${nord}`)).toContain("<group>Bauamt</group>");
  });

  it("one more group than a tenant may have, while those that are there can change", async () => {
    const first = streams[`presence.${nord}`];
    const fill = Array.from({ length: 999 }, (_, n) => {
      const one = group({ id: `g${n}`, name: `G ${n}` });
      return `<iq type='set' id='fill-${n}' from='presence.${nord}' to='${nord}'>${one}</iq>`;
    });
    await first?.send(fill.join(""));
    await first?.next("id='fill-998'");
    expect(await held()).toHaveLength(1_000);
    expect(await ask("set", group({ id: "zuviel" }, ...both))).toContain("<policy-violation ");
    expect(await ask("set", group({ name: "Hochbau", hash: "h7" }, ...both))).toContain("type='result'");
    expect(await roster(`anna@${nord}`)).toContain("<group>Hochbau</group>");
    expect(await ask("set", `<group xmlns='${NS}' id='g0' remove='true'/>`)).toContain("type='result'");
    expect(await ask("set", group({ id: "zuviel", name: "Neu" }, ...both))).toContain("type='result'");
    expect(await roster(`anna@${nord}`)).toContain("<group>Neu</group>");
  });
});
