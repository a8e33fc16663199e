import { setTimeout as sleep } from "node:timers/promises";
import { cpuSeconds, machineSeconds } from "../cpu.ts";
import type { Archive } from "./archives.ts";
import type { LoadProcess } from "./load-process.ts";
import type { Command, Outcome } from "./protocol.ts";

/** One room that is measured, and where its messages must be found afterwards. */
export interface Candidate {
  readonly name: string;
  readonly room: string;
  readonly archive: Archive | undefined;
  /** The process of its occupants, and the processes that may be at work for it. */
  readonly load: LoadProcess;
  readonly pids: Readonly<Record<string, number>>;
}

type Playing = Extract<Command, { label: string }>;
type Flood = Omit<Extract<Command, { do: "flood" }>, "room" | "label">;
type Pace = Omit<Extract<Command, { do: "pace" }>, "room" | "label">;

export interface Plan {
  readonly occupants: number;
  readonly rounds: number;
  readonly warmUp: Flood;
  readonly flood: Flood;
  readonly pace: Pace;
}

/** How one round went: what the occupants saw, and the processor time of each process meanwhile (seconds). */
export interface Round extends Outcome {
  readonly cpu: Readonly<Record<string, number>>;
}

/** All rounds of one candidate. */
export interface Measured {
  readonly candidate: Candidate;
  readonly floods: readonly Round[];
  readonly paced: readonly Round[];
}

/**
 * Plays all rounds, the candidates in turn so that what else the machine does meets all of them alike. Throws when a
 * copy or a row of an archive is missing.
 */
export async function measure(
  candidates: readonly Candidate[],
  plan: Plan,
  report: (line: string) => void,
): Promise<Measured[]> {
  const play = (candidate: Candidate, command: Playing) => playRound(candidate, command, plan.occupants);
  for (const candidate of candidates) {
    report(`${candidate.name}: ${plan.occupants} occupants enter, warm-up`);
    await candidate.load.ask({ do: "join", room: candidate.room, occupants: plan.occupants });
    await play(candidate, { ...plan.warmUp, room: candidate.room, label: "warm-up" });
  }
  const measured = candidates.map((candidate) => ({ candidate, floods: [] as Round[], paced: [] as Round[] }));
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const { candidate, floods } of measured) {
      const flood = await play(candidate, { ...plan.flood, room: candidate.room, label: `flood-${round}` });
      floods.push(flood);
      report(`round ${round}, ${candidate.name}: ${Math.round(copiesPerSecond(flood))} copies/s`);
    }
    for (const { candidate, paced } of measured) {
      paced.push(await play(candidate, { ...plan.pace, room: candidate.room, label: `paced-${round}` }));
    }
  }
  return measured;
}

/** What a round delivered in a second. */
export function copiesPerSecond({ copies, elapsed }: Outcome): number {
  return (copies * 1_000) / elapsed;
}

async function playRound(candidate: Candidate, command: Playing, occupants: number): Promise<Round> {
  const { load, pids } = candidate;
  const before = usage(pids);
  const { outcome: played } = await load.ask(command);
  const after = usage(pids);
  const cpu = Object.fromEntries(Object.keys(after).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]));
  const { messages, label } = command;
  if (!played || played.copies !== messages * occupants) {
    throw new Error(`${candidate.name}: ${played?.copies ?? 0} of ${messages * occupants} copies arrived`);
  }
  if (candidate.archive) await archived(candidate.archive, candidate, label, messages);
  return { ...played, cpu };
}

/** Seconds by process so far. `elsewhere` is what the machine did besides: it says how far a figure can be trusted. */
function usage(pids: Readonly<Record<string, number>>): Record<string, number> {
  const named = Object.entries(pids).map(([name, pid]) => [name, cpuSeconds(pid)] as const);
  const known = named.reduce((sum, [, seconds]) => sum + seconds, 0);
  return { ...Object.fromEntries(named), elsewhere: machineSeconds() - known };
}

/** An archive may be written behind the delivery, but not long. */
const ARCHIVED_WITHIN_MS = 2_000;

async function archived(archive: Archive, { name, room }: Candidate, label: string, messages: number): Promise<void> {
  for (let waited = 0; ; waited += 50) {
    const found = await archive.count(room, label);
    if (found === messages) return;
    if (waited >= ARCHIVED_WITHIN_MS) throw new Error(`${name}: ${found} of ${messages} messages are in the archive`);
    await sleep(50);
  }
}
