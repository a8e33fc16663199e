/** The rules of visibility in the servers themselves: told by a plain component, seen by real clients of two tenants. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { signIn as signInClient } from "../../cli/client/xmpp-client.ts";
import { serverNames } from "../../cli/stack/server-kind.ts";
import type { Stack } from "../../cli/stack/stack.ts";
import { componentSecret } from "../../config/component-secret.ts";
import { openWorld, type World } from "../faults/world.ts";
import { ComponentUnderTest, Person } from "../support/raw-clients.ts";
import { type ServerUnderTest, serverUnderTest } from "../support/server-under-test.ts";

const nord = "amt-nord.localhost";
const sued = "schule-sued.localhost";
const NS = "urn:kontor:visibility:1";
const anke = `anke.thomsen@${nord}`;
const malte = `malte.jensen@${nord}`;
const svenja = `svenja.carstens@${nord}`;
const lena = `lena.schuster@${sued}`;
const florian = `florian.huber@${sued}`;
const everyone = { within: "everyone", partners: "everyone" };

let world: World;
let stack: Stack;
let server: ServerUnderTest;
let teller: ComponentUnderTest;
let count = 0;
const online = new Map<string, Person>();
const components: ComponentUnderTest[] = [];

async function component(domain: string): Promise<ComponentUnderTest> {
  const secret = componentSecret(stack.env.KONTOR_XMPP_SECRET ?? "", domain);
  const made = await ComponentUnderTest.open(stack.home.ports.components, domain, secret);
  components.push(made);
  return made;
}

async function signIn(jid: string): Promise<Person> {
  const person = stack.demo.tenants.flatMap(({ people }) => people).find((each) => each.jid === jid);
  const { host, port } = stack.demo.xmpp;
  const made = await Person.signIn({ host, port, jid, password: person?.password ?? "" });
  online.set(jid, made);
  // Who asked for the roster is told of subscriptions (RFC 6121 2.2).
  await made.sendForAnswer("<iq type='get'><query xmlns='jabber:iq:roster'/></iq>");
  await made.allUntilNow();
  return made;
}

const at = (jid: string): Person => {
  const found = online.get(jid);
  if (!found) throw new Error(`${jid} is not signed in`);
  return found;
};

async function signOff(jid: string): Promise<void> {
  await at(jid).close();
  online.delete(jid);
}

/** Sends a request as the component and gives the answer. */
async function ask(from: ComponentUnderTest, domain: string, payload: string, to = nord): Promise<string> {
  const id = `t${++count}`;
  await from.send(`<iq type='set' id='${id}' from='${domain}' to='${to}'>${payload}</iq>`);
  const all = await from.next(`<iq[^>]*id=["']${id}["'][^>]*(?:/|>[\\s\\S]*</iq)`);
  return all.slice(all.search(new RegExp(`<iq[^>]*id=["']${id}["']`)));
}

async function tell(payload: string): Promise<void> {
  const answer = await ask(teller, `presence.${nord}`, payload);
  if (!/type=["']result["']/.test(answer)) throw new Error(answer);
}

interface Rules {
  readonly within: string;
  readonly partners: string;
  readonly hideTimes?: boolean;
}
const rules = ({ within, partners, hideTimes = false }: Rules) =>
  tell(`<rules xmlns='${NS}' within='${within}' partners='${partners}' hide-times='${hideTimes}'/>`);
const person = (attributes: string) => tell(`<people xmlns='${NS}'><person ${attributes}/></people>`);
const own = (jid: string, attributes = "") => person(`local='${jid.split("@")[0]}' ${attributes}`);

/** What of all presence that a person was sent is from another one. */
async function presenceOf(seen: string, viewer: string): Promise<string[]> {
  await online.get(seen)?.allUntilNow();
  return (await at(viewer).allUntilNow()).filter((each) => each.startsWith("<presence") && each.includes(`"${seen}`));
}

/** Whether what anke broadcasts, and says to each of those who are no contacts, is delivered. */
async function whoSees(): Promise<string[]> {
  const mark = `m${++count}`;
  await at(anke).send(`<presence><status>${mark}</status></presence>`);
  for (const jid of [svenja, florian]) {
    await at(anke).send(`<presence to='${jid}/test'><status>${mark}</status></presence>`);
  }
  const found: string[] = [];
  for (const jid of [malte, svenja, lena, florian]) {
    if ((await presenceOf(anke, jid)).some((each) => each.includes(mark))) found.push(jid.split(".")[0] ?? "");
  }
  return found;
}

async function befriend(viewer: string, seen: string): Promise<void> {
  await at(viewer).send(`<presence type='subscribe' to='${seen}'/>`);
  await at(viewer).allUntilNow();
  await at(seen).send(`<presence type='subscribed' to='${viewer}'/>`);
  await at(seen).allUntilNow();
  await at(viewer).next(`subscribed`);
  await at(viewer).allUntilNow();
}

async function forget(one: string, other: string): Promise<void> {
  for (const [mine, theirs] of [
    [one, other],
    [other, one],
  ] as const) {
    await at(mine).send(
      `<iq type='set' id='r${++count}'><query xmlns='jabber:iq:roster'><item jid='${theirs}' subscription='remove'/></query></iq>`,
    );
    await at(mine).allUntilNow();
  }
  await at(one).allUntilNow();
}

describe.each(serverNames)("%s", (name) => {
  beforeAll(async () => {
    world = await openWorld({ withKontor: false, server: name });
    stack = world.stack;
    server = serverUnderTest(stack);
    await server.setPartners(nord, sued);
    teller = await component(`presence.${nord}`);
    await Promise.all([anke, malte, svenja, lena, florian].map(signIn));
    await rules({ within: "contacts", partners: "contacts" });
    await befriend(malte, anke);
    await befriend(lena, anke);
  }, 120_000);

  beforeEach(async () => {
    await tell(`<people xmlns='${NS}' part='1' parts='1'/>`);
    await rules(everyone);
    // Who speaks is settled first: nothing waits in the queue any more, to be taken back unseen by what a test does.
    for (const each of online.values()) {
      await each.send("<presence/>");
      await each.allUntilNow();
    }
    for (const each of online.values()) await each.allUntilNow();
  });

  afterAll(async () => {
    await Promise.all([...online.values()].map((each) => each.close()));
    await Promise.all(components.map((each) => each.close()));
    online.clear();
    components.length = 0;
    await world?.close();
  }, 60_000);

  describe("who sees a person", () => {
    const [m, s, l, f] = ["malte", "svenja", "lena", "florian"];
    it.each([
      ["everyone", "everyone", undefined, [m, s, l, f]],
      ["everyone", "contacts", undefined, [m, s, l]],
      ["everyone", "nobody", undefined, [m, s]],
      ["contacts", "everyone", undefined, [m, l, f]],
      ["contacts", "contacts", undefined, [m, l]],
      ["groups", "contacts", undefined, [l]],
      ["nobody", "nobody", undefined, []],
      ["nobody", "everyone", undefined, [l, f]],
      ["everyone", "everyone", "contacts", [m, l]],
      ["everyone", "everyone", "groups", []],
      ["everyone", "everyone", "nobody", []],
      ["nobody", "nobody", "everyone", []],
      ["contacts", "nobody", "everyone", [m]],
    ])("within %s, partners %s, own choice %s", async (within, partners, audience, seen) => {
      await rules({ within, partners });
      if (audience) await own(anke, `audience='${audience}'`);
      expect(await whoSees()).toEqual(seen);
    });
  });

  describe("rules change while people are online", () => {
    it("who may not see any more sees him go, and come when he may again", async () => {
      await at(anke).send("<presence><show>away</show><status>Bis gleich</status></presence>");
      await at(anke).allUntilNow();
      for (const jid of [malte, lena]) await at(jid).allUntilNow();
      await rules({ within: "nobody", partners: "nobody" });
      for (const jid of [malte, lena]) await at(jid).next(`type="unavailable"`);
      for (const jid of [malte, lena]) {
        const [gone, ...more] = await presenceOf(anke, jid);
        expect(gone).toMatch(new RegExp(`^<presence[^>]*from="${anke}/test"`));
        expect(gone).toContain('type="unavailable"');
        expect(more).toEqual([]);
      }
      await rules({ within: "contacts", partners: "nobody" });
      await at(malte).next("Bis gleich");
      expect(await presenceOf(anke, malte)).toEqual([expect.stringContaining("<show>away</show>")]);
      expect(await presenceOf(anke, lena)).toEqual([]);
    });

    it("what does not change for somebody is not said again", async () => {
      await rules({ within: "contacts", partners: "nobody" });
      await at(lena).next(`type="unavailable"`);
      expect(await presenceOf(anke, malte)).toEqual([]);
      await own(anke, "audience='contacts'");
      await own(svenja, "audience='nobody'");
      await rules({ within: "everyone", partners: "contacts" });
      await at(lena).next(`${anke}/test`);
      expect(await presenceOf(anke, malte)).toEqual([]);
    });

    it("somebody who goes at that very moment is gone for who saw him, and for nobody else", async () => {
      const desk = await signIn(svenja);
      await at(svenja).send(`<presence to='${malte}/test'/>`);
      await presenceOf(svenja, malte);
      if (name === "prosody") {
        // Both in one turn of the server, in which no timer runs: the change waits in its queue when he goes.
        const [result] = await stack.prosodyShell([
          [
            '> local st, post = require "util.stanza", prosody.core_process_stanza',
            `local told = st.iq({ type = "set", id = "q", from = "presence.${nord}", to = "${nord}" })`,
            `told:tag("rules", { xmlns = "${NS}", within = "nobody", partners = "nobody", ["hide-times"] = "false" })`,
            `post(prosody.hosts["presence.${nord}"].modules.component.session, told)`,
            `post(prosody.full_sessions["${svenja}/test"], st.presence({ type = "unavailable" }))`,
          ].join("; "),
        ]);
        expect(result).not.toMatch(/error|attempt/i);
      } else {
        // One write each: his session has them in either order.
        const told = `<rules xmlns='${NS}' within='nobody' partners='nobody' hide-times='false'/>`;
        await teller.send(`<iq type='set' id='t${++count}' from='presence.${nord}' to='${nord}'>${told}</iq>`);
        await desk.send("<presence type='unavailable'/>");
      }
      await at(malte).next(`type="unavailable"`);
      await desk.allUntilNow();
      const gone = await presenceOf(svenja, malte);
      expect(gone).toHaveLength(1);
      expect(await presenceOf(svenja, lena)).toEqual([]);
      await desk.send("<presence/>");
    });

    it("directed presence is taken back and given again as well", async () => {
      await at(anke).send("<presence/>");
      await at(anke).send(`<presence to='${florian}/test'/>`);
      expect(await presenceOf(anke, florian)).toHaveLength(1);
      await rules({ within: "everyone", partners: "contacts" });
      expect(await at(florian).next(`type="unavailable"`)).toContain(`${anke}/test`);
      await at(florian).allUntilNow();
      await rules(everyone);
      await at(florian).next(`${anke}/test`);
      await at(anke).send(`<presence type='unavailable' to='${florian}/test'/>`);
      await presenceOf(anke, florian);
    });
  });

  describe("who may not see gets the same whether somebody is there or not", () => {
    /** What the answers are while anke is there, and while she is not. */
    async function both(answers: () => Promise<string[]>): Promise<[string[], string[]]> {
      const clean = (all: string[]) => all.map((each) => each.replace(/ id="[^"]*"/g, "").replace(/\ba\d+\b/g, ""));
      const there = clean(await answers());
      await signOff(anke);
      for (const each of online.values()) await each.allUntilNow();
      const away = clean(await answers());
      await signIn(anke);
      for (const each of online.values()) await each.allUntilNow();
      return [there, away];
    }

    it.each([
      ["a probe", `<presence type='probe' to='${anke}'/>`, /type="unavailable"/],
      ["a probe of a device", `<presence type='probe' to='${anke}/test'/>`, /type="unavailable"/],
      // Prosody answers with a push; ejabberd knows that there is nothing to ask for.
      [
        "a subscription once more",
        `<presence type='subscribe' to='${anke}'/>`,
        name === "prosody" ? /^<iq[^>]*type="set".*subscription="to"/ : undefined,
      ],
      [
        "a ping of a device",
        `<iq type='get' id='x' to='${anke}/test'><ping xmlns='urn:xmpp:ping'/></iq>`,
        /service-unav/,
      ],
      [
        "the time of a device",
        `<iq type='get' id='x' to='${anke}/test'><time xmlns='urn:xmpp:time'/></iq>`,
        /service-unavailable/,
      ],
      [
        "its last activity",
        `<iq type='get' id='x' to='${anke}'><query xmlns='jabber:iq:last'/></iq>`,
        /service-unavailable/,
      ],
      [
        "a message that is not kept",
        `<message type='chat' id='x' to='${anke}'><body>?</body><no-store xmlns='urn:xmpp:hints'/></message>`,
        undefined,
      ],
      [
        "the same to a device",
        `<message type='chat' id='x' to='${anke}/test'><body>?</body><no-store xmlns='urn:xmpp:hints'/></message>`,
        undefined,
      ],
      [
        "a message of no room",
        `<message type='groupchat' id='x' to='${anke}/test'><body>?</body></message>`,
        /service-unavailable/,
      ],
    ])("%s", async (_, stanza, expected) => {
      await rules({ within: "nobody", partners: "nobody" });
      await at(malte).next(`type="unavailable"`);
      await at(malte).allUntilNow();
      for (const viewer of [malte, lena]) {
        const [there, away] = await both(async () => {
          await at(viewer).send(stanza);
          return at(viewer).allUntilNow();
        });
        expect(there).toEqual(away);
        if (expected) expect(there.join()).toMatch(expected);
        else expect(there).toEqual([]);
      }
    });

    it("messages reach him all the same, and who may see asks his devices", async () => {
      await rules({ within: "nobody", partners: "contacts" });
      await at(malte).next(`type="unavailable"`);
      await at(malte).send(`<message type='chat' to='${anke}/test'><body>Moin</body></message>`);
      await at(malte).allUntilNow();
      await at(anke).next("Moin");
      await at(lena).send(`<iq type='get' id='v1' to='${anke}/test'><time xmlns='urn:xmpp:time'/></iq>`);
      await at(anke).next("urn:xmpp:time");
    });
  });

  describe("subscriptions", () => {
    const roster = async (jid: string) =>
      at(jid).sendForAnswer("<iq type='get'><query xmlns='jabber:iq:roster'/></iq>");

    it("are approved at once where everyone sees everyone, without a question to the client", async () => {
      await at(malte).send(`<presence type='subscribe' to='${svenja}'/>`);
      const told = (await at(malte).allUntilNow()).join();
      expect(told).toContain('type="subscribed"');
      expect(told).toContain(`${svenja}/test`);
      expect((await at(svenja).allUntilNow()).join()).not.toContain('type="subscribe"');
      expect(await roster(malte)).toMatch(new RegExp(`<item[^>]*jid="${svenja}"[^>]*>`));
      expect(await roster(malte)).toMatch(
        new RegExp(`(subscription="to"[^>]*jid="${svenja}"|jid="${svenja}"[^>]*subscription="to")`),
      );
      expect(await roster(svenja)).toMatch(
        new RegExp(`(subscription="from"[^>]*jid="${malte}"|jid="${malte}"[^>]*subscription="from")`),
      );
      // The other way makes it mutual.
      await at(svenja).send(`<presence type='subscribe' to='${malte}'/>`);
      await at(svenja).allUntilNow();
      expect(await roster(svenja)).toMatch(/subscription="both"/);
      await forget(malte, svenja);
    });

    it("also of somebody who is away, and who is told of it later", async () => {
      await signOff(svenja);
      await at(malte).send(`<presence type='subscribe' to='${svenja}'/>`);
      expect((await at(malte).allUntilNow()).join()).toContain('type="subscribed"');
      await signIn(svenja);
      await at(malte).next(`${svenja}/test`);
      await forget(malte, svenja);
    });

    it("that wait for an answer are approved when the rules begin to give it", async () => {
      await rules({ within: "contacts", partners: "contacts" });
      for (const asker of [malte, florian]) {
        await at(asker).send(`<presence type='subscribe' to='${svenja}'/>`);
        await at(asker).allUntilNow();
      }
      await rules(everyone);
      await at(malte).next(`${svenja}/test`);
      expect((await at(malte).allUntilNow()).join()).toContain('type="subscribed"');
      expect((await at(florian).allUntilNow()).join()).not.toContain("subscribed");
      expect(await roster(florian)).toContain('ask="subscribe"');
      await at(svenja).send(`<presence type='unsubscribed' to='${florian}'/>`);
      for (const asker of [malte, florian]) await forget(asker, svenja);
    });

    it.each([
      ["narrower rules", { within: "contacts", partners: "everyone" }, "", malte],
      ["a narrower choice of his own", everyone, "audience='contacts'", malte],
      ["a partner, whatever the rules", everyone, "", florian],
    ])("are a question under %s", async (_, given, choice, asker) => {
      await rules(given);
      if (choice) await own(svenja, choice);
      await at(asker).send(`<presence type='subscribe' to='${svenja}'/>`);
      await at(asker).allUntilNow();
      expect((await at(svenja).allUntilNow()).join()).toContain('type="subscribe"');
      expect(await roster(asker)).toContain('ask="subscribe"');
      await at(svenja).send(`<presence type='unsubscribed' to='${asker}'/>`);
      await at(svenja).allUntilNow();
      await forget(asker, svenja);
    });

    it("taken back: the last that the other one is told is that he went", async () => {
      await rules({ within: "contacts", partners: "contacts" });
      await befriend(malte, svenja);
      await at(svenja).send(`<presence type='unsubscribed' to='${malte}'/>`);
      const told = await presenceOf(svenja, malte);
      // The word of it itself may come before or after (RFC 6121 3.2.2).
      const last = told.filter((each) => !each.includes('type="unsubscribed"')).at(-1);
      expect(last).toContain('type="unavailable"');
      expect(last).toContain(`${svenja}/test`);
      await at(svenja).send("<presence><status>nochmal</status></presence>");
      expect(await presenceOf(svenja, malte)).toEqual([]);
      await forget(malte, svenja);
    });

    it("taken back from somebody who could not see: he is told nothing of being there", async () => {
      await rules({ within: "contacts", partners: "contacts" });
      await befriend(malte, svenja);
      await own(svenja, "audience='nobody'");
      await at(malte).next('type="unavailable"');
      await at(malte).allUntilNow();
      await at(svenja).send(`<presence type='unsubscribed' to='${malte}'/>`);
      expect((await presenceOf(svenja, malte)).join()).not.toContain("unavailable");
      await forget(malte, svenja);
    });
  });

  it("working-time mode: nothing says since when", async () => {
    const idle = "<idle xmlns='urn:xmpp:idle:1' since='2026-11-30T08:00:00Z'/>";
    const late = "<query xmlns='jabber:iq:last' seconds='3600'/>";
    const say = `<presence><show>away</show>${idle}${late}</presence>`;
    await at(anke).send(say);
    expect((await presenceOf(anke, malte)).join()).toMatch(/idle.*seconds/);
    await own(anke, "hide-times='true'");
    await at(malte).next(anke);
    const [again] = await presenceOf(anke, malte);
    expect(again).toContain("<show>away</show>");
    expect(again).not.toMatch(/idle|seconds|delay/);
    await own(anke);
    await at(malte).next("delay");
    await rules({ ...everyone, hideTimes: true });
    for (const jid of [malte, lena]) {
      await at(jid).next(anke);
      await at(jid).send(`<presence type='probe' to='${anke}'/>`);
      for (const told of (await presenceOf(anke, jid)).slice(-1)) expect(told).not.toMatch(/idle|seconds|delay/);
      const since = `<iq type='get' to='${anke}/test'><query xmlns='jabber:iq:last'/></iq>`;
      expect(await at(jid).sendForAnswer(since)).toContain("service-unavailable");
    }
  });

  // beside ejabberd no groups are shown in rosters.
  (name === "prosody" ? describe : describe.skip)("groups that are shown in rosters", () => {
    const group = (...members: string[]) => {
      const named = members.map((jid) => `<member local='${jid.split("@")[0]}' name='${jid.split("@")[0]}'/>`).join("");
      const hash = `h${++count}`;
      return tell(
        `<group xmlns='urn:kontor:groups:1' id='g1' name='Amt' hash='${hash}' part='1' parts='1'>${named}</group>`,
      );
    };
    afterEach(() => tell("<group xmlns='urn:kontor:groups:1' id='g1' remove='true'/>"));

    it("make colleagues of it see each other where only groups do, and nobody else", async () => {
      await rules({ within: "groups", partners: "contacts" });
      await at(malte).next('type="unavailable"');
      await group(anke, svenja);
      await at(svenja).next(`${anke}/test`);
      expect(await whoSees()).toEqual(["svenja", "lena"]);
      await own(anke, "audience='nobody'");
      await at(svenja).next(`type="unavailable"`);
      expect(await whoSees()).toEqual([]);
      await own(anke, "audience='groups'");
      await at(svenja).next(`${anke}/test`);
      expect(await whoSees()).toEqual(["svenja"]);
    });

    it("and who leaves one is told that the others went, before he sees nothing more of them", async () => {
      await rules({ within: "groups", partners: "contacts" });
      await group(anke, svenja);
      await at(svenja).next(`${anke}/test`);
      await at(svenja).allUntilNow();
      await group(anke);
      expect(await at(svenja).next('type="unavailable"')).toContain(`${anke}/test`);
      expect(await whoSees()).toEqual(["lena"]);
    });

    it("and from somebody hidden who leaves one nobody learns that he was there", async () => {
      await own(anke, "audience='nobody'");
      await group(anke, svenja, malte);
      await at(svenja).next(`${malte}/test`);
      await at(svenja).allUntilNow();
      await group(svenja);
      await at(svenja).next('type="unavailable"');
      expect((await presenceOf(anke, svenja)).filter((each) => each.includes("/test"))).toEqual([]);
    });
  });

  describe("in place of what a client says", () => {
    afterEach(async () => {
      await at(anke).send("<presence/>");
      await at(anke).allUntilNow();
    });

    it("a show and a status are laid over it, for others alone, and are gone when told so", async () => {
      await at(anke).send("<presence><show>chat</show><status>Da</status><priority>3</priority></presence>");
      for (const jid of [anke, malte, lena]) await at(jid).allUntilNow();
      await own(anke, "show='dnd'");
      await at(malte).next("<show>dnd</show>");
      const [busy] = await presenceOf(anke, malte);
      expect(busy).toMatch(/<status>Da<\/status>/);
      expect(busy).toMatch(/<priority>3<\/priority>/);
      expect(busy).not.toContain("<show>chat</show>");
      await own(anke, "show='dnd' status='Nicht im Büro'");
      expect(await at(lena).next("Nicht im Büro")).not.toContain("<status>Da</status>");
      // What she says meanwhile is under it as well.
      await at(malte).allUntilNow();
      await at(anke).send("<presence><show>away</show><status>Kaffee</status></presence>");
      const [meanwhile] = await presenceOf(anke, malte);
      expect(meanwhile).toContain("<show>dnd</show>");
      expect(meanwhile).not.toContain("Kaffee");
      expect(teller.everything).toContain("Kaffee");
      expect(teller.everything).not.toContain("Nicht im Büro</status><");
      await own(anke);
      expect(await at(malte).next("Kaffee")).toContain("<show>away</show>");
    });

    it("other devices of the person see what he says himself", async () => {
      await own(anke, "show='dnd' status='Besprechung'");
      const { host, port } = stack.demo.xmpp;
      const password = stack.demo.tenants[0]?.people.find((each) => each.jid === anke)?.password ?? "";
      await at(anke).send("<presence><status>Selbst</status></presence>");
      await at(anke).allUntilNow();
      const before = await at(malte).allUntilNow();
      expect(before.join()).toContain("Besprechung");
      const phone = await signInClient({ host, port, jid: anke, password, resource: "phone" });
      await phone.send("<presence/>");
      const seen = await phone.next((each) => each.toString().includes("Selbst"), "the other device");
      expect(seen.toString()).not.toMatch(/dnd|Besprechung/);
      await phone.stop();
    });

    it("who is away and out of office is so with his status, for who may see", async () => {
      await own(svenja, "status='Im Urlaub'");
      await rules({ within: "contacts", partners: "contacts" });
      await befriend(malte, svenja);
      await signOff(svenja);
      await at(malte).allUntilNow();
      await at(malte).send(`<presence type='probe' to='${svenja}'/>`);
      expect((await presenceOf(svenja, malte)).join()).toMatch(/type="unavailable".*Im Urlaub/);
      await own(svenja, "status='Im Urlaub' audience='nobody'");
      await at(malte).send(`<presence type='probe' to='${svenja}'/>`);
      expect((await presenceOf(svenja, malte)).join()).not.toContain("Im Urlaub");
      await signIn(svenja);
      await forget(malte, svenja);
    });
  });

  it("what somebody does (PEP) is for who may see, as events and when asked for, whatever access he gave", async () => {
    const activity = "http://jabber.org/protocol/activity";
    const publish = (what: string) =>
      at(anke).sendForAnswer(
        `<iq type='set'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='${activity}'><item id='current'><activity xmlns='${activity}'><${what}/></activity></item></publish><publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='pubsub#access_model'><value>open</value></field></x></publish-options></pubsub></iq>`,
      );
    const items = (jid: string) =>
      at(jid).sendForAnswer(
        `<iq type='get' to='${anke}'><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='${activity}'/></pubsub></iq>`,
      );
    expect(await publish("working")).toContain('type="result"');
    for (const jid of [malte, lena, florian]) {
      const subscribe = `<iq type='set' to='${anke}'><pubsub xmlns='http://jabber.org/protocol/pubsub'><subscribe node='${activity}' jid='${jid}'/></pubsub></iq>`;
      expect(await at(jid).sendForAnswer(subscribe)).toContain('type="result"');
      expect(await items(jid)).toContain("<working");
    }
    await rules({ within: "nobody", partners: "contacts" });
    await at(malte).next('type="unavailable"');
    for (const each of online.values()) await each.allUntilNow();
    await publish("relaxing");
    expect((await at(lena).allUntilNow()).join()).toContain("<relaxing");
    expect((await at(malte).allUntilNow()).join()).not.toContain("relaxing");
    expect((await at(florian).allUntilNow()).join()).not.toContain("relaxing");
    expect(await items(lena)).toContain("<relaxing");
    for (const jid of [malte, florian]) expect(await items(jid)).toContain("forbidden");
    expect(await items(anke)).toContain("<relaxing");
  });

  describe("refused", () => {
    const narrow = `<rules xmlns='${NS}' within='nobody' partners='nobody' hide-times='true'/>`;

    it("from a client, even an administrator, from another component and from a partner's", async () => {
      const answer = await at(anke).sendForAnswer(`<iq type='set' to='${nord}'>${narrow}</iq>`);
      expect(answer).toContain("forbidden");
      const rooms = await component(`rooms.${nord}`);
      expect(await ask(rooms, `rooms.${nord}`, narrow)).toContain("forbidden");
      const partner = await component(`presence.${sued}`);
      expect(await ask(partner, `presence.${sued}`, narrow)).toContain("forbidden");
      expect(await whoSees()).toEqual(["malte", "svenja", "lena", "florian"]);
    });

    const many = Array.from({ length: 1_001 }, (_, index) => `<person local='p${index}'/>`).join("");
    it.each([
      ["rules without partners", `<rules xmlns='${NS}' within='nobody' hide-times='false'/>`],
      ["an unknown audience", `<rules xmlns='${NS}' within='friends' partners='nobody' hide-times='false'/>`],
      ["a person without a name", `<people xmlns='${NS}'><person audience='nobody'/></people>`],
      ["a name that is none", `<people xmlns='${NS}'><person local='a b' audience='nobody'/></people>`],
      ["a show that is none", `<people xmlns='${NS}'><person local='anke.thomsen' show='gone'/></people>`],
      ["a long status", `<people xmlns='${NS}'><person local='anke.thomsen' status='${"x".repeat(2_001)}'/></people>`],
      ["too many at once", `<people xmlns='${NS}'><person local='anke.thomsen' audience='nobody'/>${many}</people>`],
      [
        "one wrong among right ones",
        `<people xmlns='${NS}'><person local='anke.thomsen' audience='nobody'/><x/></people>`,
      ],
      ["a second part without a first", `<people xmlns='${NS}' part='2' parts='2'/>`],
      ["a part of unknown number", `<people xmlns='${NS}' part='1'/>`],
    ])("%s, and nothing changes", async (_, payload) => {
      expect(await ask(teller, `presence.${nord}`, payload)).toMatch(/bad-request|unexpected-request/);
      expect(await whoSees()).toEqual(["malte", "svenja", "lena", "florian"]);
    });
  });

  it("all people anew, in parts: who is hidden stays so until the last, and whom none names is as the rules have it", async () => {
    await own(anke, "audience='contacts'");
    expect(await whoSees()).toEqual(["malte", "lena"]);
    await tell(`<people xmlns='${NS}' part='1' parts='2'><person local='malte.jensen' audience='nobody'/></people>`);
    expect(await whoSees()).toEqual(["malte", "lena"]);
    await tell(`<people xmlns='${NS}' part='2' parts='2'><person local='svenja.carstens' audience='nobody'/></people>`);
    expect(await whoSees()).toEqual(["malte", "svenja", "lena", "florian"]);
    await at(malte).send(`<presence to='${svenja}/test'/>`);
    expect(await presenceOf(malte, svenja)).toEqual([]);
  });

  it("the server's restart keeps rules and what people hide, but not what was shown in their place", async () => {
    await rules({ within: "contacts", partners: "nobody" });
    await own(anke, "show='dnd'");
    await own(svenja, "audience='nobody'");
    await at(malte).next("<show>dnd</show>");
    const ended = [...online.keys()];
    await Promise.all([...online.values()].map((each) => each.close()));
    online.clear();
    await stack.kill(name, "SIGKILL");
    await stack.whenUp(name);
    for (const jid of ended) await signIn(jid);
    expect(await whoSees()).toEqual(["malte"]);
    await at(malte).send(`<presence type='probe' to='${anke}'/>`);
    expect((await presenceOf(anke, malte)).join()).not.toContain("dnd");
    await at(svenja).send(`<presence to='${malte}/test'/>`);
    expect(await presenceOf(svenja, malte)).toEqual([]);
    teller = await component(`presence.${nord}`);
  });

  it("a feed that is dead shows nobody in a meeting, and hides what it hid; a reload of the module changes nothing", async () => {
    await own(anke, "show='dnd' audience='contacts'");
    await at(malte).next("<show>dnd</show>");
    await server.setFeedSeconds(nord, 1);
    await at(malte).send(`<presence type='probe' to='${anke}'/>`);
    expect((await presenceOf(anke, malte)).join()).toContain("<show>dnd</show>");
    await teller.close();
    await at(malte).next(`from="${anke}/test"`);
    expect((await presenceOf(anke, malte)).join()).not.toContain("dnd");
    expect(await whoSees()).toEqual(["malte", "lena"]);
  });
});
