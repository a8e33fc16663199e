/**
 * The peer: a privileged component (XEP-0356) that sets each item in each roster, on a host of its own of the same server.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ownConfigFolder } from "../../../cli/stack/parts/prosody.ts";
import { makePassword } from "../../../cli/stack/secrets.ts";
import { serviceUser } from "../../../cli/stack/service-user.ts";
import { attr, x } from "../../../components/stanza.ts";
import { openStream } from "../../../components/stream.ts";
import { luaOptions, luaString } from "../../../config/prosody/lua.ts";
import { silentLog } from "../../support/real.ts";
import { cpuSeconds } from "../cpu.ts";
import { writeAccounts } from "../rooms/accounts.ts";
import type { BenchServer } from "../rooms/server.ts";
import type { Asking } from "./load.ts";

const DOMAIN = "privileged.localhost";
const COMPONENT = `bench.${DOMAIN}`;
/** Requests under way. */
const WINDOW = 50;

export interface PeerResult {
  readonly members: number;
  readonly online: number;
  readonly seconds: number;
  readonly serverCpuSeconds: number;
  readonly wireBytes: number;
  readonly longestPingMs: number;
}

const sections = (secret: string): string =>
  [
    `VirtualHost ${luaString(DOMAIN)}`,
    luaOptions(
      { enabled: true, kontor_tenants: { [DOMAIN]: [] }, privileged_entities: { [COMPONENT]: { roster: "both" } } },
      "  ",
    ),
    `Component ${luaString(COMPONENT)}`,
    luaOptions(
      {
        component_secret: secret,
        kontor_tenants: { [DOMAIN]: [] },
        modules_enabled: ["kontor_tenants", "privilege", "delegation"],
        modules_disabled: ["s2s"],
      },
      "  ",
    ),
    "",
  ].join("\n");

/** Sets the items of `members` in the rosters of the first `online`, who are there; resolves when all were pushed. */
export async function privilegedPeer(
  { stack, settings }: BenchServer,
  { members, online }: { readonly members: number; readonly online: number },
  { load, report, pid }: { load: () => Asking; report: (line: string) => void; pid: number },
): Promise<PeerResult> {
  const secret = makePassword();
  writeFileSync(join(ownConfigFolder(stack.home), "privileged.cfg.lua"), sections(secret));
  const data = join(stack.home.folder, "prosody", "data");
  const users = Array.from({ length: members }, (_, n) => `bench-${n}`);
  const owner = serviceUser(() => undefined);
  const people = writeAccounts(data, DOMAIN, { users, password: makePassword() }, owner);
  const done = await stack.prosodyShell([
    "config:reload()",
    ...[DOMAIN, COMPONENT].map((each) => `host:activate(${luaString(each)})`),
  ]);
  const refused = done.find((result) => /error|fail|not /i.test(result));
  if (refused) throw new Error(`Prosody's shell: ${refused}`);
  const { host, port } = stack.demo.xmpp;
  const at = { host, port, domain: DOMAIN };
  const [watchers, pinger] = [load(), load()];
  await watchers({ do: "connect", ...at, people: people.slice(0, online) });
  const last = people[members - 1];
  if (!last) throw new Error("the peer has no people");

  const waiting = new Map<string, (error?: string) => void>();
  let up: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    up = resolve;
  });
  const stream = openStream({
    ...{ host: settings.xmpp.componentHost, port: settings.xmpp.componentPort, domain: COMPONENT, secret },
    ...{ maxStanzaBytes: settings.xmpp.maxStanzaBytes, log: silentLog },
    onStanza: (stanza) => {
      const id = attr(stanza, "id") ?? "";
      waiting.get(id)?.(attr(stanza, "type") === "error" ? stanza.toString() : undefined);
      waiting.delete(id);
    },
    onOversized: () => undefined,
    onOnline: up,
    onOffline: () => undefined,
  });
  await ready;
  let wireBytes = 0;
  const set = (person: number, member: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const id = `${person}-${member}`;
      const item = x(
        "item",
        { jid: `bench-${member}@${DOMAIN}`, name: `Person Nummer ${member}`, subscription: "both" },
        x("group", {}, "Alle"),
      );
      const iq = x(
        "iq",
        { type: "set", id, from: COMPONENT, to: `bench-${person}@${DOMAIN}` },
        x("query", { xmlns: "jabber:iq:roster" }, item),
      );
      waiting.set(id, (error) => (error === undefined ? resolve() : reject(new Error(error))));
      wireBytes += Buffer.byteLength(iq.toString());
      stream.send(iq);
    });

  try {
    await pinger({ do: "ping", ...at, person: last });
    const cpu = cpuSeconds(pid);
    const began = performance.now();
    const pushed = watchers({ do: "items", count: members - 1 });
    const pairs = Array.from({ length: members }, (_, member) => member).flatMap((member) =>
      Array.from({ length: online }, (_, person) => [person, member] as const).filter(([person]) => person !== member),
    );
    const workers = Array.from({ length: WINDOW }, async () => {
      for (let pair = pairs.shift(); pair; pair = pairs.shift()) await set(...pair);
    });
    await Promise.all(workers);
    await pushed;
    const seconds = (performance.now() - began) / 1_000;
    const serverCpuSeconds = cpuSeconds(pid) - cpu;
    const { longestMs = 0 } = await pinger({ do: "stop-ping" });
    const result = { members, online, seconds, serverCpuSeconds, wireBytes, longestPingMs: longestMs };
    report(`privileged sets: ${JSON.stringify(result)}`);
    return result;
  } finally {
    await stream.close();
  }
}
