/** For tests: a Prosody of two tenants and a Redis of their own, the door between them, and clients. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Transform } from "node:stream";
import { type Client, client, xml } from "@xmpp/client";
import type { Redis } from "ioredis";
import { prosodyShell } from "../../cli/stack/prosody-shell.ts";
import { type ServedDoor, serveDoor } from "../../components/door.ts";
import { componentSecret } from "../../config/component-secret.ts";
import { prosodyConfig } from "../../config/prosody/generate.ts";
import { newId } from "../../platform/ids.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { type PresenceDeps, presenceDoor } from "../../presence/component.ts";
import {
  freePort,
  listenAnywhere,
  type RedisUnderTest,
  redisUnderTest,
  until,
} from "../../presence/redis-under-test.ts";
import { writeAccounts } from "../bench/rooms/accounts.ts";
import { type Connection, signInRaw } from "../bench/rooms/connection.ts";
import { silentLog } from "./real.ts";

export const nord = "nord.localhost";
export const sued = "sued.localhost";
const password = "correct horse";
export const master = "0123456789abcdef0123456789abcdef";
export const secretOf = (domain: string) => componentSecret(master, domain);

/** Between the door and the server; can be cut, and stays cut until it is mended. */
interface Cable {
  readonly port: number;
  cut(): void;
  mend(): void;
  /** From now on presence from the server is lost on the way, or is not any more. */
  losePresence(is: boolean): void;
  close(): void;
}

/** Not what an answer holds: that has no receiver of its own. */
const PRESENCE = /<presence\b(?=[^>]*\bto=)(?:[^>]*\/>|.*?<\/presence>)/gs;

export interface PresenceWorld {
  readonly ports: { readonly clients: number; readonly components: number; readonly http: number };
  readonly redisServer: RedisUnderTest;
  readonly redis: Redis;
  readonly cable: Cable;
  /** Of the tenant `nord`, over the cable. */
  openDoor(deps?: Partial<PresenceDeps>, log?: typeof silentLog): ServedDoor;
  startProsody(): Promise<void>;
  killProsody(): Promise<void>;
  prosodyPid(): number;
  signalProsody(signal: NodeJS.Signals): void;
  /** Lines in the shell of Prosody, and what it says to each. */
  shell(...lines: string[]): Promise<string[]>;
  /** Changes the configuration for the next start; gives what puts it back. */
  configure(change: (text: string) => string): () => void;
  /** The roster of somebody whom the server has not looked at yet: each item is mutual. */
  storeRoster(domain: string, localpart: string, contacts: readonly string[]): void;
  /** Signs in without becoming available. */
  signIn(jid: string, resource: string): Promise<Client>;
  /** The same, costing next to nothing. */
  signInRaw(jid: string, resource: string): Promise<Connection>;
  signOff(who: Client): Promise<void>;
  /** The connection ends without a word. */
  drop(who: Client): Promise<void>;
  signOffAll(): Promise<void>;
  close(): Promise<void>;
}

async function layCable(to: number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let whole = true;
  let losing = false;
  const lossy = () =>
    new Transform({
      // There is little traffic in tests: an element comes in one piece.
      transform: (chunk: Buffer, _encoding, done) => done(null, losing ? String(chunk).replace(PRESENCE, "") : chunk),
    });
  const server = createServer((near) => {
    if (!whole) return void near.destroy();
    const far = connect(to, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      (one === far ? one.pipe(lossy()) : one).pipe(other);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  return {
    port: await listenAnywhere(server),
    cut: () => {
      whole = false;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      whole = true;
    },
    losePresence: (is) => {
      losing = is;
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function writeConfig(folder: string, ports: PresenceWorld["ports"], people: readonly string[]): void {
  const loopback = ["127.0.0.1"];
  const data = join(folder, "data");
  for (const host of [nord, sued]) {
    writeAccounts(data, host, { users: people, password }, undefined);
  }
  const text = prosodyConfig(
    {
      tenants: [
        { domain: nord, partners: [sued] },
        { domain: sued, partners: [nord] },
      ],
      interfaces: { clients: loopback, components: loopback, http: loopback },
      ports,
      folders: {
        data,
        certificates: folder,
        plugins: [new URL("../../config/prosody/plugins", import.meta.url).pathname, "/usr/lib/prosody/modules"],
      },
      certificate: { certificate: join(folder, "none.crt"), key: join(folder, "none.key") },
      // Nobody writes messages here, so the archive's database need not be there.
      archive: { host: "127.0.0.1", port: 1, database: "none", user: "none", password: "none" },
      plainStreams: true,
      web: { behindTls: false, origins: "*", websocketUrl: "ws://127.0.0.1/xmpp-websocket" },
      maxStanzaBytes: 262_144,
      clientRate: "1mb/s",
      runAsRoot: process.getuid?.() === 0,
      logLevel: "warn",
    },
    secretOf,
  );
  writeFileSync(join(folder, "prosody.cfg.lua"), text);
  chmodSync(folder, 0o755);
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const open = await Promise.race([
    once(socket, "connect").then(() => true),
    once(socket, "close").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return open;
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

export async function presenceWorld(people: readonly string[] = ["anna", "bert"]): Promise<PresenceWorld> {
  const folder = mkdtempSync(join(tmpdir(), "kpres-"));
  const ports = { clients: await freePort(), components: await freePort(), http: await freePort() };
  writeConfig(folder, ports, people);
  const config = join(folder, "prosody.cfg.lua");
  const clients = new Set<Client>();
  const raw = new Set<Connection>();
  let prosody: ChildProcess | undefined;
  const redisServer = await redisUnderTest();
  redisServer.start();
  const redis = openRedis(redisServer.url, silentLog);
  const cable = await layCable(ports.components);

  const startProsody = async () => {
    prosody = spawn("prosody", ["-F", "--config", config], { stdio: "ignore" });
    // The server opens its ports one after the other.
    for (const port of [ports.clients, ports.components]) await until(() => isOpen(port), Boolean);
  };
  const signOff = async (who: Client) => {
    clients.delete(who);
    await who.stop();
  };
  await Promise.all([startProsody(), redisReady(redis, 20_000)]);

  return {
    ports,
    redisServer,
    redis,
    cable,
    shell: (...lines) => prosodyShell(join(folder, "data", "prosody.sock"), lines),
    startProsody,
    signOff,
    openDoor: (deps, log = silentLog) =>
      serveDoor(
        presenceDoor({
          redis,
          clock: Date.now,
          log,
          timing: { grant: 3_000, answer: 3_000, check: 500, compare: 300_000, page: 10 },
          ...deps,
        }),
        { id: "nord", domain: nord, partners: [sued] },
        { host: "127.0.0.1", port: cable.port, secretOf, maxStanzaBytes: 262_144, newId, log },
      ),
    killProsody: async () => {
      clients.clear();
      await kill(prosody);
    },
    prosodyPid: () => prosody?.pid ?? 0,
    signalProsody: (signal) => void prosody?.kill(signal),
    configure: (change) => {
      const right = readFileSync(config, "utf8");
      writeFileSync(config, change(right));
      return () => writeFileSync(config, right);
    },
    storeRoster: (domain, localpart, contacts) => {
      const rosters = join(folder, "data", domain.replaceAll(".", "%2e"), "roster");
      mkdirSync(rosters, { recursive: true });
      const items = contacts.map((each) => `["${each}"] = { subscription = "both", groups = {} };`);
      const text = `return { [false] = { version = 1, pending = {} }; ${items.join(" ")} };\n`;
      writeFileSync(join(rosters, `${localpart}.dat`), text);
    },
    signIn: async (jid, resource) => {
      const [username = "", domain = ""] = jid.split("@");
      const made = client({ service: `xmpp://127.0.0.1:${ports.clients}`, domain, username, password, resource });
      made.reconnect.stop();
      // Without stream management a broken connection is seen at once.
      made.prependListener("element", (element) => {
        if (!element.is("features")) return;
        element.children = element.children.filter(
          (child) => typeof child === "string" || !["starttls", "sm"].includes(child.name),
        );
      });
      made.on("error", () => undefined);
      await made.start();
      clients.add(made);
      return made;
    },
    signInRaw: async (jid, resource) => {
      const [user = "", domain = ""] = jid.split("@");
      const made = await signInRaw({ host: "127.0.0.1", port: ports.clients, domain }, { user, password }, resource);
      raw.add(made);
      return made;
    },
    drop: async (who) => {
      clients.delete(who);
      // Closes the socket, not the stream.
      await who.disconnect();
    },
    signOffAll: async () => {
      for (const each of raw) each.close();
      raw.clear();
      await Promise.all([...clients].map(signOff));
    },
    close: async () => {
      redis.disconnect();
      cable.close();
      await Promise.all([kill(prosody), redisServer.kill()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const available = (who: Client, fields: Record<string, string> = {}, ...more: Parameters<typeof xml>[2][]) =>
  who.send(xml("presence", {}, ...Object.entries(fields).map(([name, text]) => xml(name, {}, text)), ...more));
