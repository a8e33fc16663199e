/**
 * Our room with 2,000 occupants beside Prosody's mod_muc on the same server: how fast people get in, what memory one
 * costs, and how many copies of messages a second reach them. The peer tells everybody of everybody, so it gets as many
 * as enter within half a minute.
 */
import { type Benchmark, type Row, row } from "./benchmark.ts";
import { residentBytes } from "./memory.ts";
import { type LoadProcess, startLoad } from "./rooms/load-process.ts";
import { copiesPerSecond } from "./rooms/measure.ts";
import { type BenchServer, startServer } from "./rooms/server.ts";
import { percentile } from "./statistics.ts";

const OCCUPANTS = 2_000;
const ENTER = { do: "enter", window: 100 } as const;
/** For all to enter our room, and for as many as may be to enter the peer's. */
const WITHIN_MS = { ours: 80_000, peer: 30_000 } as const;
/** All at once. */
const STORM = { do: "enter", window: OCCUPANTS, withinMs: WITHIN_MS.ours } as const;
const FLOOD = { do: "flood", label: "flood", messages: 40, window: 20 } as const;

/** What one room did. */
interface BigRoom {
  readonly inside: number;
  /** From the first beginning until the last was inside. */
  readonly seconds: number;
  /** Growth of the memory of each process (bytes). */
  readonly grown: Readonly<Record<"components" | "prosody", number>>;
  readonly copiesPerSecond: number;
}

export const bigroom: Benchmark = {
  name: "bigroom",
  description: `our room with ${OCCUPANTS} occupants beside Prosody's mod_muc with as many as it lets in within half a minute`,
  run: async (report, signal) => {
    const server = await startServer(OCCUPANTS, report);
    const load = startLoad();
    const giveUp = () => load.stop();
    signal.addEventListener("abort", giveUp);
    try {
      signal.throwIfAborted();
      const { host, port } = server.stack.demo.xmpp;
      const { domain } = server.tenant;
      report(`${OCCUPANTS} people sign in`);
      await load.ask({ do: "connect", host, port, domain, people: [...server.people] });
      const ours = await measure(server, load, `big@rooms.${domain}`, WITHIN_MS.ours, report);
      if (ours.inside < OCCUPANTS) throw new Error(`only ${ours.inside} of ${OCCUPANTS} got into our room`);
      const storm = await load.ask({ ...STORM, room: `storm@rooms.${domain}` });
      const stormed = storm.entered ?? [];
      if (stormed.length < OCCUPANTS) throw new Error(`only ${stormed.length} of ${OCCUPANTS} came through the storm`);
      report(`all at once: ${seconds(stormed.at(-1))} s until the last was inside`);
      const peer = await measure(server, load, `big@muc-plain.${domain}`, WITHIN_MS.peer, report);
      return rowsOf(ours, peer, stormed);
    } catch (error) {
      // Why the load process went away is more than that it did.
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
      load.stop();
      await server.stop();
    }
  },
};

const seconds = (milliseconds = 0): number => Math.round(milliseconds) / 1_000;

async function measure(
  { stack }: BenchServer,
  load: LoadProcess,
  room: string,
  withinMs: number,
  report: (line: string) => void,
): Promise<BigRoom> {
  const memory = () => ({
    components: residentBytes(stack.pid("components") ?? 0),
    prosody: residentBytes(stack.pid("prosody") ?? 0),
  });
  const before = memory();
  const { entered = [] } = await load.ask({ ...ENTER, room, withinMs });
  const after = memory();
  const grown = { components: after.components - before.components, prosody: after.prosody - before.prosody };
  const perOccupant = (bytes: number) => Math.round(bytes / 1_024 / entered.length);
  report(
    `${room}: ${entered.length} inside after ${seconds(entered.at(-1))} s, KiB an occupant: ` +
      `components ${perOccupant(grown.components)}, server ${perOccupant(grown.prosody)}`,
  );
  const { outcome } = await load.ask({ ...FLOOD, room });
  if (outcome?.copies !== FLOOD.messages * entered.length) throw new Error(`${room}: copies are missing`);
  const rate = copiesPerSecond(outcome);
  report(`${room}: ${Math.round(rate)} copies/s`);
  return { inside: entered.length, seconds: seconds(entered.at(-1)), grown, copiesPerSecond: rate };
}

function rowsOf(ours: BigRoom, peer: BigRoom, stormed: readonly number[]): Row[] {
  const kilobytes = (bytes: number) => Math.round(bytes / 1_024);
  const inside = { ours: ours.inside, peer: peer.inside };
  const grown = {
    ours: { components: kilobytes(ours.grown.components), prosody: kilobytes(ours.grown.prosody) },
    peer: { components: kilobytes(peer.grown.components), prosody: kilobytes(peer.grown.prosody) },
  };
  const perOccupant = (each: BigRoom) => (each.grown.components + each.grown.prosody) / 1_024 / each.inside;
  const entered = (each: BigRoom) => each.inside / each.seconds;
  return [
    row("people entering, 100 at a time", entered(ours), entered(peer), "people/s", {
      ...{ better: "more", inside, seconds: { ours: ours.seconds, peer: peer.seconds } },
      stormSeconds: { all: seconds(stormed.at(-1)), half: seconds(percentile(stormed, 0.5)) },
    }),
    row("growth of memory per occupant, server and components", perOccupant(ours), perOccupant(peer), "KiB", {
      ...{ better: "less", inside, grownKiB: grown },
    }),
    row("copies delivered", ours.copiesPerSecond, peer.copiesPerSecond, "copies/s", {
      ...{ better: "more", inside, messages: FLOOD.messages, window: FLOOD.window },
    }),
  ];
}
