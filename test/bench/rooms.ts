/**
 * Our archived room beside Prosody's own rooms on the same server, with its archive in the same PostgreSQL and without
 * any: how many copies a second reach the occupants, and how long a message takes.
 */
import type { Benchmark } from "./benchmark.ts";
import { ourArchive, prosodyArchive } from "./rooms/archives.ts";
import { startLoad } from "./rooms/load-process.ts";
import { type Candidate, type Measured, measure } from "./rooms/measure.ts";
import { compared } from "./rooms/rows.ts";
import { type BenchServer, startServer } from "./rooms/server.ts";

const OCCUPANTS = 50;
const WARM_UP = { do: "flood", messages: 200, window: 40 } as const;
const FLOOD = { do: "flood", messages: 1_000, window: 40 } as const;
const PACE = { do: "pace", messages: 120, perSecond: 40 } as const;
const ROUNDS = 3;

export const rooms: Benchmark = {
  name: "rooms",
  description: `our archived room beside Prosody's mod_muc with and without mod_muc_mam, ${OCCUPANTS} occupants`,
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
      const candidates: readonly Candidate[] = [
        { name: "ours", room: `bench@rooms.${domain}`, archive: ours },
        { name: "mod_muc + mod_muc_mam", room: `bench@muc-archived.${domain}`, archive: peer },
        { name: "mod_muc", room: `bench@muc-plain.${domain}`, archive: undefined },
      ];
      const pids = { ...pidsOf(server), load: load.pid };
      const plan = { occupants: OCCUPANTS, rounds: ROUNDS, warmUp: WARM_UP, flood: FLOOD, pace: PACE };
      const measured: Measured[] = await measure(candidates, load, pids, plan, report);
      return compared(measured, plan);
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
