/**
 * Our archived room beside Prosody's own rooms on the same server, with their archive in the same PostgreSQL and without
 * any, and beside ejabberd's with theirs: how many copies a second reach the occupants, and how long a message takes.
 */
import type { Benchmark, Row } from "./benchmark.ts";
import { type Archive, ejabberdArchive, ourArchive, prosodyArchive } from "./rooms/archives.ts";
import type { Account } from "./rooms/connection.ts";
import { startEjabberd } from "./rooms/ejabberd.ts";
import { type LoadProcess, startLoad } from "./rooms/load-process.ts";
import { type Candidate, measure, type Plan } from "./rooms/measure.ts";
import { compared } from "./rooms/rows.ts";
import { type BenchServer, startServer } from "./rooms/server.ts";

/** As many messages as make 50,000 copies a round, and 10,000 to warm up. */
const SIZES = [
  { occupants: 50, messages: 1_000, warmUp: 200 },
  { occupants: 200, messages: 250, warmUp: 50 },
] as const;
const OCCUPANTS = 200;
const WINDOW = 40;
const PACE = { do: "pace", messages: 120, perSecond: 40 } as const;
const ROUNDS = 3;

export const rooms: Benchmark = {
  name: "rooms",
  description: `our archived room beside mod_muc of Prosody and of ejabberd, with their archives and without, ${SIZES.map(({ occupants }) => occupants).join(" and ")} occupants`,
  run: async (report, signal) => {
    const server = await startServer(OCCUPANTS, report);
    const loads: LoadProcess[] = [];
    const closing: (() => Promise<void>)[] = [() => server.stop()];
    const giveUp = () => {
      for (const load of loads) load.stop();
    };
    signal.addEventListener("abort", giveUp);
    const crowd = async (at: { readonly host: string; readonly port: number }, domain: string, people: Account[]) => {
      signal.throwIfAborted();
      const load = startLoad();
      loads.push(load);
      await load.ask({ do: "connect", ...at, domain, people });
      return load;
    };
    const opened = (archive: Archive) => {
      closing.unshift(() => archive.close());
      return archive;
    };
    try {
      const { domain } = server.tenant;
      const ejabberd = await startEjabberd(
        server,
        server.people.map(({ user }) => user),
        report,
      );
      closing.unshift(() => ejabberd.stop());
      const { host, port } = server.stack.demo.xmpp;
      const load = await crowd({ host, port }, domain, [...server.people]);
      const peerLoad = await crowd(ejabberd, ejabberd.domain, [...ejabberd.people]);
      const own = { load, pids: { ...pidsOf(server), load: load.pid } };
      const peer = { load: peerLoad, pids: { ...pidsOf(server), ejabberd: ejabberd.pid, load: peerLoad.pid } };
      const [ours, prosodys, ejabberds] = [
        opened(ourArchive(server)),
        opened(prosodyArchive(server)),
        opened(ejabberdArchive(ejabberd.archiveUrl)),
      ];
      const rows: Row[] = [];
      for (const { occupants, messages, warmUp } of SIZES) {
        const room = (at: string) => `bench-${occupants}@${at}`;
        const candidates: readonly Candidate[] = [
          { name: "ours", room: room(`rooms.${domain}`), archive: ours, ...own },
          { name: "mod_muc + mod_muc_mam", room: room(`muc-archived.${domain}`), archive: prosodys, ...own },
          { name: "mod_muc", room: room(`muc-plain.${domain}`), archive: undefined, ...own },
          { name: "ejabberd mod_muc + mod_mam", room: room(`muc.${ejabberd.domain}`), archive: ejabberds, ...peer },
        ];
        const plan: Plan = {
          ...{ occupants, rounds: ROUNDS, pace: PACE },
          warmUp: { do: "flood", messages: warmUp, window: WINDOW },
          flood: { do: "flood", messages, window: WINDOW },
        };
        rows.push(...compared(await measure(candidates, plan, report), plan));
      }
      return rows;
    } catch (error) {
      // Why the load process went away is more than that it did.
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
      giveUp();
      for (const close of closing) await close();
    }
  },
};

function pidsOf({ stack }: BenchServer): Record<string, number> {
  const names = ["prosody", "postgres", "components", "gateway", "redis"];
  return Object.fromEntries(names.flatMap((name) => [[name, stack.pid(name) ?? 0]]));
}
