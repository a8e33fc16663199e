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
  /** Growth of what the server holds, and of the memory of those components that serve the room (bytes). */
  readonly grown: { readonly server: number; readonly components: number };
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
      const ours = await measure(
        server,
        load,
        { room: `big@rooms.${domain}`, withinMs: WITHIN_MS.ours, served: "here" },
        report,
      );
      if (ours.inside < OCCUPANTS) throw new Error(`only ${ours.inside} of ${OCCUPANTS} got into our room`);
      const storm = await load.ask({ ...STORM, room: `storm@rooms.${domain}` });
      const stormed = storm.entered ?? [];
      if (stormed.length < OCCUPANTS) throw new Error(`only ${stormed.length} of ${OCCUPANTS} came through the storm`);
      report(`all at once: ${seconds(stormed.at(-1))} s until the last was inside`);
      const peer = await measure(
        server,
        load,
        { room: `big@muc-plain.${domain}`, withinMs: WITHIN_MS.peer, served: "by the server" },
        report,
      );
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

/** What the server's Lua holds once all its garbage is collected: how much of that lies about is the collector's affair. */
async function heldBytes(stack: BenchServer["stack"]): Promise<number> {
  const [, answer = ""] = await stack.prosodyShell(["> collectgarbage()", "> collectgarbage('count')"]);
  const kilobytes = Number(/([\d.]+)$/.exec(answer)?.[1]);
  if (!(kilobytes > 0)) throw new Error(`Prosody's shell: ${answer}`);
  return kilobytes * 1_024;
}

const seconds = (milliseconds = 0): number => Math.round(milliseconds) / 1_000;

async function measure(
  { stack }: BenchServer,
  load: LoadProcess,
  { room, withinMs, served }: { room: string; withinMs: number; served: "here" | "by the server" },
  report: (line: string) => void,
): Promise<BigRoom> {
  const memory = async () => ({
    server: await heldBytes(stack),
    components: served === "here" ? residentBytes(stack.pid("components") ?? 0) : 0,
  });
  const before = await memory();
  const { entered = [] } = await load.ask({ ...ENTER, room, withinMs });
  const after = await memory();
  const grown = { server: after.server - before.server, components: after.components - before.components };
  const perOccupant = (bytes: number) => Math.round(bytes / 1_024 / entered.length);
  report(
    `${room}: ${entered.length} inside after ${seconds(entered.at(-1))} s, KiB an occupant: ` +
      `components ${perOccupant(grown.components)}, server ${perOccupant(grown.server)}`,
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
    ours: { components: kilobytes(ours.grown.components), server: kilobytes(ours.grown.server) },
    peer: { components: kilobytes(peer.grown.components), server: kilobytes(peer.grown.server) },
  };
  const perOccupant = (each: BigRoom) => (each.grown.components + each.grown.server) / 1_024 / each.inside;
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
