/**
 * Our archived room beside Prosody's own rooms on the same server, with its archive in the same PostgreSQL and without
 * any: how many copies a second reach the occupants, and how long a message takes.
 */
import type { Benchmark, Row } from "./benchmark.ts";
import { ourArchive, prosodyArchive } from "./rooms/archives.ts";
import { startLoad } from "./rooms/load-process.ts";
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
  description: `our archived room beside Prosody's mod_muc with and without mod_muc_mam, ${SIZES.map(({ occupants }) => occupants).join(" and ")} occupants`,
  run: async (report, signal) => {
    const server = await startServer(OCCUPANTS, report);
    const archives = [ourArchive(server), prosodyArchive(server)] as const;
    const load = startLoad();
    const giveUp = () => load.stop();
    signal.addEventListener("abort", giveUp);
    try {
      signal.throwIfAborted();
      const { host, port } = server.stack.demo.xmpp;
      await load.ask({ do: "connect", host, port, domain: server.tenant.domain, people: [...server.people] });
      const [ours, peer] = archives;
      const { domain } = server.tenant;
      const pids = { ...pidsOf(server), load: load.pid };
      const rows: Row[] = [];
      for (const { occupants, messages, warmUp } of SIZES) {
        const candidates: readonly Candidate[] = [
          { name: "ours", room: `bench-${occupants}@rooms.${domain}`, archive: ours },
          { name: "mod_muc + mod_muc_mam", room: `bench-${occupants}@muc-archived.${domain}`, archive: peer },
          { name: "mod_muc", room: `bench-${occupants}@muc-plain.${domain}`, archive: undefined },
        ];
        const plan: Plan = {
          ...{ occupants, rounds: ROUNDS, pace: PACE },
          warmUp: { do: "flood", messages: warmUp, window: WINDOW },
          flood: { do: "flood", messages, window: WINDOW },
        };
        rows.push(...compared(await measure(candidates, load, pids, plan, report), plan));
      }
      return rows;
    } catch (error) {
      // Why the load process went away is more than that it did.
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
      load.stop();
      await Promise.all(archives.map((archive) => archive.close()));
      await server.stop();
    }
  },
};

function pidsOf({ stack }: BenchServer): Record<string, number> {
  const names = ["prosody", "postgres", "components", "gateway", "redis"];
  return Object.fromEntries(names.flatMap((name) => [[name, stack.pid(name) ?? 0]]));
}
