/** What the steps of the tour share: the running demo, who signed in, and what was made on the way. */
import { randomBytes } from "node:crypto";
import irc from "irc-framework";
import { type Element, x } from "../../components/stanza.ts";
import { NS_MUC } from "../../components/xep/xep-0045-muc.ts";
import { type SignIn, signIn, type XmppClient } from "../client/xmpp-client.ts";
import type { Demo } from "../stack/demo-file.ts";

type DemoTenant = Demo["tenants"][number];

export interface World {
  readonly demo: Demo;
  readonly north: DemoTenant;
  readonly south: DemoTenant;
  /** A name that no earlier tour used. */
  readonly name: string;
  /** Bare address of the tour's room, and the IRC channel it is linked with. */
  readonly room: string;
  readonly channel: string;
  /** Signs in the person of a tenant by the place in the demo's list; signed off at the end of the tour. */
  signIn(tenant: DemoTenant, index: number): Promise<XmppClient>;
  /** Asks the REST interface with the demo's token; rejects with the problem for what is no success. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  /** A person on IRC, on the demo's IRC server; leaves at the end of the tour. */
  ircPerson(nick: string): Promise<IrcPerson>;
  /** Done at the end, whatever happened. */
  atEnd(work: () => Promise<unknown>): void;
  close(): Promise<void>;
}

export interface IrcPerson {
  say(text: string): void;
  /** Resolves with the first line of the channel, said before or after, that fits. */
  hears(fits: (line: string) => boolean, what: string): Promise<string>;
}

const PATIENCE_MS = 20_000;

export function openWorld(demo: Demo): World {
  const [north, south] = demo.tenants;
  if (!north || !south) throw new Error("the tour needs a demo with two tenants");
  const name = `tour-${randomBytes(4).toString("hex")}`;
  const ends: (() => Promise<unknown>)[] = [];
  const channel = `#${name}`;

  return {
    demo,
    north,
    south,
    name,
    room: `${name}@${north.rooms}`,
    channel,
    signIn: async (tenant, index) => {
      const person = tenant.people[index];
      if (!person) throw new Error(`${tenant.id} has no person ${index}`);
      const options: SignIn = {
        host: demo.xmpp.host,
        port: demo.xmpp.port,
        jid: person.jid,
        password: person.password,
      };
      const client = await signIn(options);
      ends.push(() => client.stop());
      await client.send(x("presence"));
      return client;
    },
    api: async (method, path, body) => {
      const response = await fetch(`${demo.http}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${demo.token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === "" ? undefined : JSON.parse(text);
    },
    ircPerson: async (nick) => {
      const person = await joinIrc(demo.irc.host, demo.irc.port, nick, channel);
      ends.push(async () => person.quit());
      return person;
    },
    atEnd: (work) => void ends.push(work),
    close: async () => {
      for (const end of ends.reverse()) await end().catch(() => undefined);
    },
  };
}

async function joinIrc(
  host: string,
  port: number,
  nick: string,
  channel: string,
): Promise<IrcPerson & { quit(): void }> {
  const client = new irc.Client();
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  client.on("privmsg", ({ target, message }) => {
    if (target === channel && message !== undefined) lines.push(message);
    for (const look of [...waiting]) look();
  });
  await within(`${nick} on IRC`, (done) => {
    client.on("registered", () => client.join(channel));
    client.on("join", (event) => {
      if (event.nick === nick) done(undefined);
    });
    client.connect({
      host,
      port,
      nick,
      username: nick,
      gecos: nick,
      tls: false,
      rejectUnauthorized: true,
      version: null,
      sasl_disconnect_on_fail: false,
      auto_reconnect: false,
      ping_interval: 30,
      ping_timeout: 60,
      message_max_length: 350,
    });
  });
  return {
    say: (text) => client.say(channel, text),
    hears: (fits, what) =>
      within(what, (done) => {
        const look = () => {
          const found = lines.find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          done(found);
        };
        waiting.add(look);
        look();
      }),
    quit: () => client.quit(),
  };
}

/** Resolves when `start` calls done, rejects when that takes too long. */
function within<T>(what: string, start: (done: (value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what}: not within ${PATIENCE_MS / 1_000} s`)), PATIENCE_MS);
    start((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}

/** Asks again until the answer is there; rejects after 20 s. */
export async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    const value = await ask();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Enters a room and waits until the join is complete: its subject is the last that comes. */
export async function enter(client: XmppClient, room: string, nick: string): Promise<void> {
  await client.send(x("presence", { to: `${room}/${nick}` }, x("x", { xmlns: NS_MUC })));
  const last = (stanza: Element) => stanza.attrs.from?.startsWith(room) === true && ends(stanza);
  const stanza = await client.next(last, `the room ${room}`);
  if (stanza.attrs.type === "error") throw new Error(`${room} refuses: ${stanza.toString()}`);
}

const ends = (stanza: Element): boolean =>
  stanza.attrs.type === "error" || (stanza.name === "message" && stanza.getChild("subject") !== undefined);
