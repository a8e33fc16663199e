/** The door against a Prosody and a Redis of its own, with real clients; each of the three is killed or cut off. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { type Client, client, xml } from "@xmpp/client";
import type { Redis } from "ioredis";
import { type ServedDoor, serveDoor } from "../components/door.ts";
import { componentSecret } from "../config/component-secret.ts";
import { prosodyConfig } from "../config/prosody/generate.ts";
import { newId } from "../platform/ids.ts";
import { openRedis, redisReady } from "../platform/redis.ts";
import { silentLog } from "../test/support/real.ts";
import { presenceDoor } from "./component.ts";
import type { Device } from "./core.ts";
import { freePort, listenAnywhere, type RedisUnderTest, redisUnderTest, until } from "./redis-under-test.ts";
import { presenceReader } from "./store.ts";

const nord = "nord.localhost";
const sued = "sued.localhost";
const password = "correct horse";
const master = "0123456789abcdef0123456789abcdef";
const secretOf = (domain: string) => componentSecret(master, domain);

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "kpres-"));
const clients = new Set<Client>();
let ports: { clients: number; components: number; http: number };
let prosody: ChildProcess;
let redisServer: RedisUnderTest;
let redis: Redis;
let cable: Cable;
let served: ServedDoor;

/** Between the door and the server; can be cut, and stays cut until it is mended. */
interface Cable {
  readonly port: number;
  cut(): void;
  mend(): void;
  close(): void;
}

async function layCable(to: () => number): Promise<Cable> {
  const sockets = new Set<Socket>();
  let whole = true;
  const server = createServer((near) => {
    if (!whole) return void near.destroy();
    const far = connect(to(), "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
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
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function writeConfig(): void {
  const loopback = ["127.0.0.1"];
  const data = join(folder, "data");
  for (const host of [nord, sued]) {
    const accounts = join(data, host.replaceAll(".", "%2e"), "accounts");
    mkdirSync(accounts, { recursive: true });
    for (const name of ["anna", "bert"]) {
      writeFileSync(join(accounts, `${name}.dat`), `return { ["password"] = "${password}" };\n`);
    }
  }
  const text = prosodyConfig(
    {
      tenants: [
        { domain: nord, partners: [sued] },
        { domain: sued, partners: [nord] },
      ],
      interfaces: { clients: loopback, components: loopback, http: loopback },
      ports: { clients: ports.clients, components: ports.components, http: ports.http },
      folders: {
        data,
        certificates: folder,
        plugins: [new URL("../config/prosody/plugins", import.meta.url).pathname, "/usr/lib/prosody/modules"],
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

async function startProsody(): Promise<void> {
  prosody = spawn("prosody", ["-F", "--config", join(folder, "prosody.cfg.lua")], { stdio: "ignore" });
  await until(
    async () => {
      const socket = connect(ports.clients, "127.0.0.1");
      const open = await Promise.race([
        once(socket, "connect").then(() => true),
        once(socket, "close").then(() => false),
      ]).catch(() => false);
      socket.destroy();
      return open;
    },
    (open) => open,
  );
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

function openDoor(log = silentLog): ServedDoor {
  return serveDoor(
    presenceDoor({ redis, clock: Date.now, timing: { grant: 3_000, answer: 3_000, check: 500 } }),
    { id: "nord", domain: nord, partners: [sued] },
    {
      host: "127.0.0.1",
      port: cable.port,
      secretOf,
      maxStanzaBytes: 262_144,
      newId,
      log,
    },
  );
}
/** Signs in without becoming available. */
async function signIn(jid: string, resource: string): Promise<Client> {
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
}

const available = (who: Client, fields: Record<string, string> = {}) =>
  who.send(xml("presence", {}, ...Object.entries(fields).map(([name, text]) => xml(name, {}, text))));

async function signOff(who: Client): Promise<void> {
  clients.delete(who);
  await who.stop();
}

const view = async () => {
  const { since, people } = await presenceReader(redis).read("nord", ["anna", "bert"]);
  const short = ({ resource, show, status }: Device) => [resource, show, status].filter(Boolean).join(" ");
  const shown = Object.fromEntries([...people].map(([name, { devices }]) => [name, devices.map(short)]));
  return since === undefined ? "unknown" : shown;
};
const seen = async (expected: unknown) => {
  await until(
    () => view().catch(() => "away"),
    (found) => JSON.stringify(found) === JSON.stringify(expected),
  );
};

beforeAll(async () => {
  ports = { clients: await freePort(), components: await freePort(), http: await freePort() };
  writeConfig();
  redisServer = await redisUnderTest();
  redisServer.start();
  redis = openRedis(redisServer.url, silentLog);
  cable = await layCable(() => ports.components);
  await Promise.all([startProsody(), redisReady(redis, 20_000)]);
});

beforeEach(async () => {
  served = openDoor();
  await seen({});
});

afterEach(async () => {
  await Promise.all([...clients].map(signOff));
  await served.close();
});

afterAll(async () => {
  redis.disconnect();
  cable.close();
  await Promise.all([kill(prosody), redisServer.kill()]);
  rmSync(folder, { recursive: true, force: true });
});

describe("what people do is seen", () => {
  test("available, away with a status, available again, off", async () => {
    const anna = await signIn(`anna@${nord}`, "phone");
    await available(anna);
    await seen({ anna: ["phone online"] });
    await available(anna, { show: "away", status: "At lunch" });
    await seen({ anna: ["phone away At lunch"] });
    await available(anna);
    await seen({ anna: ["phone online"] });
    await anna.send(xml("presence", { type: "unavailable" }));
    await seen({});
  });

  test("two devices: the one of higher priority speaks, and the other when it has gone", async () => {
    const phone = await signIn(`anna@${nord}`, "phone");
    const desk = await signIn(`anna@${nord}`, "desk");
    await available(phone, { priority: "1", show: "xa" });
    await available(desk, { priority: "5", show: "dnd" });
    await seen({ anna: ["desk dnd", "phone xa"] });
    await signOff(desk);
    await seen({ anna: ["phone xa"] });
  });

  test("a client that is cut off goes", async () => {
    const anna = await signIn(`anna@${nord}`, "phone");
    await available(anna);
    await seen({ anna: ["phone online"] });
    clients.delete(anna);
    // Closes the socket, not the stream.
    await anna.disconnect();
    await seen({});
  });

  test("signed in but not available is away", async () => {
    await signIn(`anna@${nord}`, "phone");
    await available(await signIn(`bert@${nord}`, "phone"));
    await seen({ bert: ["phone online"] });
  });
});

test("people of a partner are not the tenant's, even of the same name", async () => {
  const stranger = await signIn(`anna@${sued}`, "phone");
  await available(stranger);
  await stranger.send(xml("presence", { to: `presence.${nord}` }));
  // The server handles one client's stanzas in order: its answer says that both have passed.
  await stranger.iqCaller.request(xml("iq", { type: "get", to: sued }, xml("ping", { xmlns: "urn:xmpp:ping" })));
  await available(await signIn(`bert@${nord}`, "phone"));
  await seen({ bert: ["phone online"] });
});

test("a subscription to the door is declined, and a message too", async () => {
  const anna = await signIn(`anna@${nord}`, "phone");
  await available(anna);
  const answers: string[] = [];
  anna.on("stanza", (stanza) => answers.push(`${stanza.name} ${stanza.attrs.type} ${stanza.attrs.from}`));
  // Prosody tells subscription matters only to who asked for the roster (RFC 6121 2.2).
  await anna.iqCaller.request(xml("iq", { type: "get" }, xml("query", { xmlns: "jabber:iq:roster" })));
  await anna.send(xml("presence", { type: "subscribe", to: `presence.${nord}` }));
  await anna.send(xml("message", { type: "chat", to: `presence.${nord}` }, xml("body", {}, "Moin")));
  await until(
    () => answers,
    (all) => all.includes(`presence unsubscribed presence.${nord}`) && all.includes(`message error presence.${nord}`),
  );
});

describe("whatever ends and comes back", () => {
  test("the stream is cut: nothing is known, then what happened meanwhile", async () => {
    const anna = await signIn(`anna@${nord}`, "phone");
    const bert = await signIn(`bert@${nord}`, "phone");
    await available(anna);
    await available(bert);
    await seen({ anna: ["phone online"], bert: ["phone online"] });
    cable.cut();
    await seen("unknown");
    await available(anna, { show: "dnd" });
    await signOff(bert);
    cable.mend();
    await seen({ anna: ["phone dnd"] });
  });

  test("the server is killed: nobody is there until they sign in again", async () => {
    await available(await signIn(`anna@${nord}`, "phone"));
    await seen({ anna: ["phone online"] });
    clients.clear();
    await kill(prosody);
    await seen("unknown");
    await startProsody();
    await seen({});
    await available(await signIn(`bert@${nord}`, "phone"));
    await seen({ bert: ["phone online"] });
  });

  test("the server hangs: nothing is known, then what happened meanwhile", async () => {
    const anna = await signIn(`anna@${nord}`, "phone");
    await available(anna);
    await seen({ anna: ["phone online"] });
    prosody.kill("SIGSTOP");
    await seen("unknown");
    await available(anna, { show: "away" });
    prosody.kill("SIGCONT");
    await seen({ anna: ["phone away"] });
  });

  test("the server grants nothing: nothing is known and the log says what to do, until it grants", async () => {
    await served.close();
    await kill(prosody);
    const file = join(folder, "prosody.cfg.lua");
    const right = readFileSync(file, "utf8");
    writeFileSync(file, right.replaceAll("privileged_entities", "privileged_nobody"));
    await startProsody();
    const said: string[] = [];
    const listening: typeof silentLog = { ...silentLog, error: (text) => void said.push(text), with: () => listening };
    served = openDoor(listening);
    await until(
      () => said,
      (lines) => lines.some((line) => line.includes("privileged_entities")),
    );
    expect(await view()).toBe("unknown");
    writeFileSync(file, right);
    await kill(prosody);
    await startProsody();
    await available(await signIn(`anna@${nord}`, "phone"));
    await seen({ anna: ["phone online"] });
  });

  test("this process starts anew: who is there is shown, since when they are", async () => {
    const before = Date.now();
    await available(await signIn(`anna@${nord}`, "phone"), { status: "Here" });
    await seen({ anna: ["phone online Here"] });
    await served.close();
    await seen("unknown");
    const after = Date.now();
    served = openDoor();
    await seen({ anna: ["phone online Here"] });
    const [device] = (await presenceReader(redis).read("nord", ["anna"])).people.get("anna")?.devices ?? [];
    // The server's stamp has whole seconds.
    expect(device?.at).toBeGreaterThanOrEqual(Math.floor(before / 1000) * 1000);
    expect(device?.at).toBeLessThanOrEqual(after);
  });

  test("Redis is killed: what happens meanwhile is shown when it is back", async () => {
    const anna = await signIn(`anna@${nord}`, "phone");
    const bert = await signIn(`bert@${nord}`, "phone");
    await available(anna);
    await available(bert);
    await seen({ anna: ["phone online"], bert: ["phone online"] });
    await redisServer.kill();
    await seen("away");
    await available(anna, { show: "xa" });
    await signOff(bert);
    redisServer.start();
    await seen({ anna: ["phone xa"] });
  });
});
