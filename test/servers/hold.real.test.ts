/** What the servers do for components: they keep what these are given, serve one at a time, tell who is there. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { z } from "zod";
import { ejabberdApi } from "../../cli/stack/ejabberd-api.ts";
import { loadSecrets } from "../../cli/stack/secrets.ts";
import { serverNames } from "../../cli/stack/server-kind.ts";
import { serviceUser } from "../../cli/stack/service-user.ts";
import type { Stack } from "../../cli/stack/stack.ts";
import { componentSecret } from "../../config/component-secret.ts";
import { openWorld, type World } from "../faults/world.ts";
import { ComponentUnderTest, Person } from "../support/raw-clients.ts";
import { eventually } from "../support/real.ts";

const rooms = "rooms.amt-nord.localhost";
const HOLD = "<hold xmlns='urn:kontor:hold:0'/>";
let world: World;
let stack: Stack;
let anke: Person;
let open: ComponentUnderTest[] = [];

/** One try. */
async function connect(domain: string): Promise<ComponentUnderTest> {
  const secret = componentSecret(loadSecrets(stack.home).xmpp, domain);
  const made = await ComponentUnderTest.open(stack.home.ports.components, domain, secret);
  open.push(made);
  return made;
}
/** As soon as the server has seen that the one before is gone. */
const takeOver = (domain: string): Promise<ComponentUnderTest> =>
  eventually(
    () =>
      connect(domain).catch((error: unknown) => {
        if (error instanceof Error && error.message.includes("conflict")) return undefined;
        throw error;
      }),
    `${domain} is free`,
  );
async function component(): Promise<ComponentUnderTest> {
  const made = await takeOver(rooms);
  await made.next("upto='[^']*'");
  return made;
}
/** A component that took up the offer. */
async function holding(): Promise<ComponentUnderTest> {
  const made = await component();
  await made.send(HOLD);
  // Once this is answered, the server has taken note.
  await made.send(
    `<iq type='get' from='${rooms}' to='amt-nord.localhost' id='noted'><ping xmlns='urn:xmpp:ping'/></iq>`,
  );
  await made.next("id='noted'");
  return made;
}
const say = (id: string) =>
  anke.send(`<message type='groupchat' to='x@${rooms}' id='${id}' kontor-held='forged'><body>Moin</body></message>`);
const markOf = async (server: ComponentUnderTest, id: string) =>
  /kontor-held='([^']+)'/.exec(/<message[^>]*>/.exec(await server.next(`id='${id}'`))?.[0] ?? "")?.[1] ?? "";
const release = (marks: string) => `<release xmlns='urn:kontor:hold:0'>${marks}</release>`;
const order = ({ everything }: ComponentUnderTest) => [...everything.matchAll(/ id='(m\d)'/g)].map(([, id]) => id);

/** Makes the server give up on a component that is away much sooner. */
async function holdShortly(): Promise<void> {
  const { home } = stack;
  if (stack.status().parts.every(({ name }) => name !== "ejabberd")) {
    await stack.prosodyShell(["> require'core.configmanager'.set('*', 'kontor_hold_seconds', 0.2)"]);
    return;
  }
  const file = join(home.folder, "ejabberd", "ejabberd.yml");
  const listener = z.looseObject({ module: z.string() });
  const config = z.looseObject({ listen: z.array(listener) }).parse(JSON.parse(readFileSync(file, "utf8")));
  const listen = config.listen.map((each) =>
    each.module === "kontor_component" ? { ...each, held_seconds: 1 } : each,
  );
  writeFileSync(file, JSON.stringify({ ...config, listen }));
  await ejabberdApi(
    home,
    serviceUser(() => undefined),
  ).call("reload_config");
}

describe.each(serverNames)("%s", (server) => {
  beforeAll(async () => {
    world = await openWorld({ withKontor: false, server });
    stack = world.stack;
    const { host, port } = stack.demo.xmpp;
    const person = stack.demo.tenants[0]?.people.find(({ jid }) => jid.startsWith("anke.thomsen@"));
    anke = await Person.signIn({ host, port, jid: person?.jid ?? "", password: person?.password ?? "" });
  }, 120_000);
  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
    open = [];
  });
  afterAll(async () => {
    await anke?.close();
    await world?.close();
  }, 60_000);

  it("tells the presence of a tenant who is there, and since when, at each start of its stream", async () => {
    await anke.send("<presence><status>am Platz</status></presence>");
    await anke.allUntilNow();
    for (const _ of ["first", "second"]) {
      const presence = await takeOver("presence.amt-nord.localhost");
      // In either order.
      await presence.next("<delay[^>]* stamp='20.*am Platz</status>|am Platz</status>.*<delay[^>]* stamp='20[^<]*");
      await presence.close();
    }
  });

  it("gives a domain to one stream, and turns a second one away while that one stands", async () => {
    const first = await component();
    await expect(connect(rooms)).rejects.toThrow("conflict");
    await say("m1");
    await first.next("id='m1'");
    await first.close();
    await component();
  });

  it("is given out again, in order and before what came while it was away, until it is released", async () => {
    const first = await holding();
    await say("m1");
    await say("m2");
    await say("m3");
    const mark = await markOf(first, "m2");
    expect(mark).not.toBe("forged");
    await markOf(first, "m3");
    await first.send(release(mark));
    await first.close();
    await say("m4");
    await anke.allUntilNow();
    const second = await holding();
    await second.next("id='m4'");
    expect(order(second)).toEqual(["m1", "m3", "m4"]);
    // Only the first two may have been done before.
    const upTo = Number(/upto='[^']*:(\d+)'/.exec(second.everything)?.[1]);
    const marks = await Promise.all(["m1", "m3", "m4"].map((id) => markOf(second, id)));
    expect(marks.map((each) => Number(each.split(":")[1]) <= upTo)).toEqual([true, true, false]);
    await second.send(release(marks.join("\n")));
    await second.close();
    const third = await holding();
    await say("m5");
    await third.next("id='m5'");
    expect(order(third)).toEqual(["m5"]);
    await third.send(release(await markOf(third, "m5")));
  });

  it("is released together with the copies", async () => {
    const first = await holding();
    await say("m1");
    const mark = await markOf(first, "m1");
    const list = `<fanout xmlns='urn:kontor:fanout:0'>${"anke.thomsen@amt-nord.localhost/test"}</fanout>`;
    await first.send(`<message from='x@${rooms}/A' to='${rooms}' id='copy'>${list}${release(mark)}</message>`);
    await anke.sendForAnswer(`<iq type='get' to='amt-nord.localhost'><ping xmlns='urn:xmpp:ping'/></iq>`);
    await first.close();
    const second = await holding();
    await say("m2");
    await second.next("id='m2'");
    expect(order(second)).toEqual(["m2"]);
    await second.send(release(await markOf(second, "m2")));
  });

  it("waits for nobody for ever: who was not served in time gets the error, what was given out is kept", async () => {
    await holdShortly();
    const first = await holding();
    await say("m1");
    await markOf(first, "m1");
    await first.close();
    await say("m2");
    expect(await anke.next('id="m2"')).toContain("remote-server-timeout");
    await say("m3");
    expect(await anke.next('id="m3"')).toContain("remote-server-timeout");
    // One that does not take up the offer gets everything as it always was.
    const plain = await component();
    await say("m4");
    expect(await plain.next("id='m4'")).not.toMatch(/kontor-held='(?!forged)/);
    await plain.close();
    const second = await holding();
    await second.next("id='m1'");
    expect(order(second)).toEqual(["m1"]);
    await second.send(release(await markOf(second, "m1")));
  });
});
