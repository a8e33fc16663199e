/**
 * A group of 5,000 appears in the rosters of those who are online, beside the same by roster sets of a privileged
 * component (XEP-0356) on the same server, for as many members as is bearable.
 */
import type { ChildProcess } from "node:child_process";
import { directoryChanged } from "../../identity/index.ts";
import { openDatabase } from "../../platform/postgres.ts";
import { openRedis, redisReady } from "../../platform/redis.ts";
import { wake } from "../../platform/wake.ts";
import { groupParts } from "../../presence/groups-wire.ts";
import { readRosterGroup } from "../../presence/store-groups.ts";
import { silentLog } from "../support/real.ts";
import { type Benchmark, type Row, row } from "./benchmark.ts";
import { cpuSeconds } from "./cpu.ts";
import { startWatchers } from "./groups/load.ts";
import { addGroup, addPeople, removeGroup, renamePerson } from "./groups/people.ts";
import { type PeerResult, privilegedPeer } from "./groups/privileged.ts";
import { residentBytes } from "./memory.ts";
import { startServer } from "./rooms/server.ts";

const MEMBERS = 5_000;
const ONLINE = 100;
/** The peer's: each item is stored with the whole roster, so that more of them are slower than in proportion. */
const PEER = { members: 200, online: 20 } as const;

export const groups: Benchmark = {
  name: "groups",
  description: `a group of ${MEMBERS} appears to ${ONLINE} who are online, beside privileged roster sets`,
  run: async (report, signal) => {
    const server = await startServer(ONLINE + 1, report);
    const children: ChildProcess[] = [];
    const closing: (() => Promise<void>)[] = [() => server.stop()];
    const giveUp = () => {
      for (const child of children) child.kill();
    };
    signal.addEventListener("abort", giveUp);
    try {
      const { stack, settings, tenant, people } = server;
      const { host, port } = stack.demo.xmpp;
      const at = { host, port, domain: tenant.domain };
      const owner = openDatabase({ url: settings.database.adminUrl ?? settings.database.url, poolSize: 2 }, silentLog);
      const redis = openRedis(settings.redis.url, silentLog);
      closing.unshift(
        () => owner.close(),
        async () => redis.disconnect(),
      );
      await redisReady(redis, 10_000);
      const load = () => startWatchers(children);
      const pids = { server: stack.pid("prosody") ?? 0, components: stack.pid("components") ?? 0 };
      await addPeople(owner, tenant.id, MEMBERS);
      const watchers = load();
      const pinger = load();
      await watchers({ do: "connect", ...at, people: people.slice(0, ONLINE) });
      const changed = () => wake(redis, directoryChanged, { tenant: tenant.id }, silentLog);

      /** Until everybody has got so many items. */
      const measured = async (name: string, items: number, work: () => Promise<unknown>) => {
        signal.throwIfAborted();
        await pinger({ do: "ping", ...at, person: people[ONLINE] ?? { user: "", password: "" } });
        const cpu = [cpuSeconds(pids.server), cpuSeconds(pids.components)] as const;
        const memory = residentBytes(pids.server);
        await work();
        const began = performance.now();
        await changed();
        const { bytes = 0 } = await watchers({ do: "items", count: items });
        const seconds = (performance.now() - began) / 1_000;
        const { longestMs = 0 } = await pinger({ do: "stop-ping" });
        const found = {
          seconds,
          longestPingMs: longestMs,
          serverCpuSeconds: cpuSeconds(pids.server) - cpu[0],
          componentsCpuSeconds: cpuSeconds(pids.components) - cpu[1],
          clientMegabytes: bytes / 1e6,
          serverGrownMegabytes: (residentBytes(pids.server) - memory) / 1e6,
        };
        report(`${name}: ${JSON.stringify(found)}`);
        return found;
      };

      let id = "";
      const appears = await measured("it appears", MEMBERS - 1, async () => {
        id = await addGroup(owner, tenant.id, "Alle");
      });
      const group = await readRosterGroup(owner, tenant.id, id);
      const wireBytes = group
        ? groupParts(group).reduce((sum, each) => sum + Buffer.byteLength(each.toString()), 0)
        : 0;
      const renamed = await measured("one is renamed", 1, () =>
        renamePerson(owner, tenant.id, `bench-${MEMBERS - 1}`, "Anders"),
      );
      const goes = await measured("it goes", MEMBERS - 1, () => removeGroup(owner, tenant.id, id));
      const peer = await privilegedPeer(server, PEER, { load, report, pid: pids.server });
      return rowsOf(appears, peer, { wireBytes, renamed, goes });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
      giveUp();
      for (const close of closing) await close();
    }
  },
};

interface Measured {
  readonly seconds: number;
  readonly longestPingMs: number;
  readonly serverCpuSeconds: number;
  readonly componentsCpuSeconds: number;
  readonly clientMegabytes: number;
  readonly serverGrownMegabytes: number;
}

const rounded = (measured: Measured): Record<keyof Measured, number> => ({
  seconds: Math.round(measured.seconds * 100) / 100,
  longestPingMs: Math.round(measured.longestPingMs),
  serverCpuSeconds: Math.round(measured.serverCpuSeconds * 100) / 100,
  componentsCpuSeconds: Math.round(measured.componentsCpuSeconds * 100) / 100,
  clientMegabytes: Math.round(measured.clientMegabytes * 10) / 10,
  serverGrownMegabytes: Math.round(measured.serverGrownMegabytes * 10) / 10,
});

function rowsOf(
  appears: Measured,
  peer: PeerResult,
  also: { readonly wireBytes: number; readonly renamed: Measured; readonly goes: Measured },
): Row[] {
  const items = (MEMBERS - 1) * ONLINE;
  const peerItems = (peer.members - 1) * peer.online;
  const scale = items / peerItems;
  const detail = {
    better: "less",
    members: MEMBERS,
    online: ONLINE,
    ours: { appears: rounded(appears), oneRenamed: rounded(also.renamed), goes: rounded(also.goes) },
    peer: {
      ...{ members: peer.members, online: peer.online, measuredSeconds: peer.seconds },
      ...{ measuredServerCpuSeconds: peer.serverCpuSeconds, longestPingMs: Math.round(peer.longestPingMs) },
      scaledBy: scale,
      scaling:
        "in proportion to the items of those online; each item is stored with its whole roster, so that 5,000 cost more, " +
        "and those who are not online would have to be written as well",
    },
  } as const;
  return [
    row("group appears to all online", appears.seconds, peer.seconds * scale, "s", detail),
    row("server CPU", appears.serverCpuSeconds, peer.serverCpuSeconds * scale, "s", detail),
    row("on the component stream", also.wireBytes / 1e6, (peer.wireBytes * scale) / 1e6, "MB", detail),
    row("longest answer to a ping meanwhile", appears.longestPingMs, peer.longestPingMs, "ms", detail),
  ];
}
