/** For tests: a real ngircd, a cable to it that can be pulled, and a person with a raw client. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import irc from "irc-framework";

const PATIENCE_MS = 15_000;

/** Resolves when `condition` gives something; looks again and again, and rejects with `what` after 15 s. */
export async function until<T>(what: string, condition: () => Promise<T | undefined | false> | T | undefined | false) {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > end) throw new Error(`Not within ${PATIENCE_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("No port");
  return address.port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.end(() => resolve(true)));
    socket.once("error", () => resolve(false));
  });

export interface TestServer {
  readonly port: number;
  /** Starts it, again after a kill. */
  start(): Promise<void>;
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** ngircd on a free port in a folder of its own; `more` are further lines of its configuration. */
export async function ngircd(more: readonly string[] = []): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "kontor-irc-"));
  const file = join(folder, "ngircd.conf");
  const port = await freePort();
  const lines = [
    ...["[Global]", "Name = irc.test", "Info = test", "AdminInfo1 = test", "AdminEMail = admin@irc.test"],
    ...["Listen = 127.0.0.1", `Ports = ${port}`, 'MotdPhrase = "Moin"'],
    ...["[Limits]", "MaxConnections = 0", "MaxConnectionsIP = 0", "MaxNickLength = 30", "MaxPenaltyTime = 0"],
    ...["[Options]", "DNS = no", "Ident = no", "PAM = no", "SyslogFacility = local1", "OperCanUseMode = yes"],
    ...["[Operator]", "Name = boss", "Password = boss"],
    ...more,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  let child: ChildProcess | undefined;
  const server: TestServer = {
    port,
    start: async () => {
      const env = { PATH: `${process.env.PATH}:/usr/sbin`, LC_ALL: "C.UTF-8" };
      child = spawn("ngircd", ["--nodaemon", "--config", file], { env, stdio: "ignore" });
      await until("ngircd answers", () => answers(port));
    },
    kill: async () => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
    remove: async () => {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}

export interface Cable {
  readonly port: number;
  /** Cuts what runs over it and refuses what comes. */
  pull(): void;
  plug(): void;
  /** Lets nothing back from the server, without closing: what was sent stays unconfirmed. */
  mute(): void;
  remove(): Promise<void>;
}

/** A TCP connection to `target` that a test can cut. */
export async function cable(target: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let plugged = true;
  let muted = false;
  const server: Server = createServer((near) => {
    if (!plugged) return near.destroy();
    const far = connect(target, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("data", (data: Buffer) => (muted && socket === far ? undefined : other.write(data)));
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    port: address.port,
    pull: () => {
      plugged = false;
      for (const socket of sockets) socket.destroy();
    },
    plug: () => {
      plugged = true;
      muted = false;
    },
    mute: () => {
      muted = true;
    },
    remove: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

export interface IrcPerson {
  /** What was said in the channel, formatting and all, oldest first. */
  readonly heard: { readonly nick: string; readonly text: string }[];
  readonly present: ReadonlySet<string>;
  say(text: string): void;
  raw(...words: string[]): void;
  hears(text: string): Promise<void>;
  /** Who of the channel is marked as away there. */
  whoIsAway(): Promise<string[]>;
  leave(): Promise<void>;
}

/** A person in a channel. */
export async function ircPerson(port: number, nick: string, channel: string): Promise<IrcPerson> {
  const client = new irc.Client();
  const heard: { nick: string; text: string }[] = [];
  const present = new Set<string>();
  let joined = false;
  let closed = false;
  client.on("socket close", () => {
    closed = true;
  });
  const keep = (event: { nick?: string; target?: string; message?: string }) => {
    if (event.target === channel) heard.push({ nick: event.nick ?? "", text: event.message ?? "" });
  };
  client.on("privmsg", keep);
  client.on("notice", keep);
  client.on("registered", () => client.join(channel));
  client.on("userlist", ({ users }) => {
    for (const user of users) if (user.nick) present.add(user.nick);
    joined = true;
  });
  client.on("join", (event) => event.nick && present.add(event.nick));
  client.on("part", (event) => event.nick && present.delete(event.nick));
  client.on("quit", (event) => event.nick && present.delete(event.nick));
  client.connect({
    ...{ host: "127.0.0.1", port, tls: false, rejectUnauthorized: true, nick, username: nick, gecos: nick },
    ...{ version: null, sasl_disconnect_on_fail: false, auto_reconnect: false },
    ...{ ping_interval: 30, ping_timeout: 120, message_max_length: 400 },
  });
  await until(`${nick} is in ${channel}`, () => joined);
  return {
    heard,
    present,
    say: (text) => client.say(channel, text),
    raw: (...words) => client.raw(...words),
    hears: async (text) =>
      void (await until(`${nick} hears ${text}`, () => heard.some((line) => line.text.includes(text)))),
    whoIsAway: () =>
      new Promise((resolve) => {
        client.on("wholist", ({ users }) =>
          resolve(users.flatMap((each) => (each.away && each.nick ? [each.nick] : []))),
        );
        client.who(channel);
      }),
    leave: async () => {
      client.connection.end(undefined, true);
      await until(`${nick} has left`, () => closed);
    },
  };
}
