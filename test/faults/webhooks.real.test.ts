/**
 * Webhooks through the whole system: people at the XMPP server, a receiver behind TLS, and workers that are killed in the
 * middle of a delivery. Whatever happens, the receiver has in the end what is the case.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { z } from "zod";
import { signIn, type XmppClient } from "../../cli/client/xmpp-client.ts";
import { localCertificate } from "../../cli/stack/certificate.ts";
import { homeOf, repository } from "../../cli/stack/home.ts";
import { x } from "../../components/stanza.ts";
import { addToken } from "../../identity/index.ts";
import { newId } from "../../platform/ids.ts";
import { newSecret } from "../../platform/secrets.ts";
import { verified, type WebhookReceiver, webhookReceiver } from "../support/webhook-receiver.ts";
import { openWorld, placeOf, type World } from "./world.ts";

let world: World;
let receiver: WebhookReceiver;
let second: ChildProcess;
let folder: string;
let webhook: { id: string; secret: string };
const clients: XmppClient[] = [];
const former = { ...process.env };
const token = newSecret("test");
const PEOPLE = 3;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kontor-webhooks-"));
  const files = localCertificate(homeOf({ home: folder }), ["localhost"], undefined);
  // Of the processes that are started here.
  process.env.NODE_EXTRA_CA_CERTS = files.certificate;
  process.env.KONTOR_SIGN_IN_ALLOW_LOCAL_PROVIDERS = "true";
  world = await openWorld();
  receiver = await webhookReceiver({
    cert: readFileSync(files.certificate, "utf8"),
    key: readFileSync(files.key, "utf8"),
  });
  for (let index = 0; index < PEOPLE; index += 1) clients.push(await signIn(placeOf(world, 0, index)));
  const now = new Date();
  const made = { label: "webhooks", scopes: ["presence:webhooks"], expiresAt: new Date(now.getTime() + 3_600_000) };
  await addToken(world.db, { ...made, id: newId(), token, tenant: world.stack.demo.tenants[0]?.id ?? "" }, now);
  webhook = z.object({ id: z.uuid(), secret: z.string() }).parse(await ask("POST", "", { url: receiver.url }));
  second = spawnWorker();
}, 180_000);
afterAll(async () => {
  for (const client of clients) await client.stop();
  second?.kill("SIGTERM");
  await receiver?.stop();
  await world?.close();
  await rm(folder, { recursive: true, force: true });
  for (const name of ["NODE_EXTRA_CA_CERTS", "KONTOR_SIGN_IN_ALLOW_LOCAL_PROVIDERS"]) {
    if (former[name] === undefined) delete process.env[name];
    else process.env[name] = former[name];
  }
}, 60_000);
beforeEach(() => {
  receiver.answer = () => ({ status: 204 });
});

/** A worker beside the one of the system, which is started anew whenever it was killed. */
function spawnWorker(): ChildProcess {
  const loader = join(repository, "node_modules", "tsx", "dist", "loader.mjs");
  const env = { ...process.env, ...world.stack.env, KONTOR_HEALTH_WORKER_PORT: "0" };
  const args = ["--import", loader, join(repository, "cli", "main.ts"), "worker"];
  return spawn(process.execPath, args, { env, cwd: folder, stdio: "ignore" });
}

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const { demo } = world.stack;
  const tenant = demo.tenants[0]?.id;
  const answer = await fetch(`${demo.http}/api/v1/tenants/${tenant}/presence-webhooks${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  return answer.json();
}
const say = (index: number, show: string, status: string) =>
  clients[index]?.send(x("presence", {}, x("show", {}, show), x("status", {}, status)));
const shown = (index: number) => receiver.shown.get(placeOf(world, 0, index).jid.split("@")[0] ?? "");
const isShown = (index: number, show: string, status: string) =>
  shown(index)?.show === show && shown(index)?.status === status;
/** Never two at once, and never an older one behind a newer. */
function inOrder(): void {
  const numbers = receiver.received.map(({ said }) => said.data.delivery ?? 0);
  expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
  expect(receiver.mostAtOnce).toBe(1);
}

test("over TLS, what a person's client says reaches the receiver", async () => {
  expect(await ask("POST", `/${webhook.id}/test`)).toMatchObject({ delivered: true, status: 204 });
  receiver.received.length = 0;
  await say(0, "dnd", "first");
  await receiver.until("it is told", () => isShown(0, "dnd", "first"), 30_000);
});

test("both workers are killed in the middle of a delivery: the next one tells what is the case then", async () => {
  let held = 0;
  receiver.answer = () => {
    held += 1;
    return "hold";
  };
  await say(0, "away", "while it is held");
  await receiver.until("a delivery is held", () => held === 1);
  const killed = once(second, "exit");
  second.kill("SIGKILL");
  await Promise.all([killed, world.stack.kill("worker", "SIGKILL")]);
  await say(0, "xa", "after the end");
  receiver.answer = () => ({ status: 204 });
  await world.stack.whenUp("worker");
  second = spawnWorker();
  await receiver.until("it is told", () => isShown(0, "xa", "after the end"), 60_000);
  inOrder();
}, 120_000);

test("parts are killed one after the other while people change: all is told in the end", async () => {
  const shows = ["chat", "away", "xa", "dnd"];
  let round = 0;
  for (const part of ["worker", "components", "redis", "worker", "postgres", "gateway"]) {
    round += 1;
    for (let index = 0; index < PEOPLE; index += 1) await say(index, shows[round % 4] ?? "", `round ${round}`);
    const { length } = receiver.received;
    // Some of it is under way.
    await receiver.until("a delivery", () => receiver.received.length > length, 60_000);
    await world.stack.kill(part, "SIGKILL");
    round += 1;
    for (let index = 0; index < PEOPLE; index += 1) await say(index, shows[round % 4] ?? "", `round ${round}`);
    await world.stack.whenUp(part);
  }
  const everybody = Array.from({ length: PEOPLE }, (_, index) => index);
  const last = () => everybody.every((index) => isShown(index, shows[round % 4] ?? "", `round ${round}`));
  await receiver.until("all are told of as they are", last, 60_000);
  inOrder();
}, 300_000);

test("all of it was signed, and the secret stands in no log", async () => {
  const { secret } = webhook;
  const all = receiver.received.map((received) => ({ secret, received }));
  expect(await verified(all)).toEqual(all.map(() => true));
  for (const part of ["worker", "gateway", "components"]) {
    const log = readFileSync(join(world.stack.env.KONTOR_HOME ?? "", "logs", `${part}.log`), "utf8");
    expect(log.length).toBeGreaterThan(0);
    for (const each of [secret.slice("whsec_".length), "very-private", "while it is held"])
      expect(log).not.toContain(each);
  }
});
