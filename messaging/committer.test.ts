import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import type { KontorError } from "../platform/errors.ts";
import { InDoubtError } from "../platform/postgres.ts";
import { silentLog } from "../test/support/real.ts";
import { type CommitEntry, FencedError } from "./commit.ts";
import { createCommitter } from "./committer.ts";
import { WithdrawnError } from "./store-commands.ts";

const away = () => Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
const inDoubt = () => new InDoubtError(away());

function entry(seq: number, at: Date): CommitEntry {
  const rest = { sender: null, nick: "n", occupantId: "o", origin: null, originRef: null, body: null };
  return { ...rest, tenant: "t", fence: 1, roomId: "r", seq, id: `id-${seq}`, at, stanza: "", subject: undefined };
}

function nameOf(error: Error): string {
  if (error instanceof FencedError) return "fenced";
  return error instanceof WithdrawnError ? "withdrawn" : (error as KontorError).code;
}

/** A committer whose commits the test answers one by one, and what became of each message. */
function open(prepare: () => Promise<void> = async () => undefined) {
  const commits: { readonly seqs: number[]; readonly settle: (error?: Error) => Promise<void> }[] = [];
  const fates: string[] = [];
  const committer = createCommitter({
    commit: (entries) =>
      new Promise((resolve, reject) => {
        const settle = async (error?: Error) => {
          if (error) reject(error);
          else resolve();
          await jest.advanceTimersByTimeAsync(0);
        };
        commits.push({ seqs: entries.map(({ seq }) => seq), settle });
      }),
    prepare,
    clock: () => 0,
    log: silentLog,
    onBatch: () => undefined,
  });
  const append = (seq: number, place = (at: Date) => entry(seq, at)) =>
    committer.append({
      place,
      committed: (stored) => fates.push(`${stored.seq} committed`),
      failed: (error) => fates.push(`${seq} ${nameOf(error)}`),
    });
  return { committer, commits, fates, append };
}

const turn = () => jest.advanceTimersByTimeAsync(0);

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe("group commit", () => {
  it("gathers what comes in during a commit for the next, in order, 500 at most", async () => {
    const { commits, fates, append } = open();
    append(1);
    await turn();
    for (let seq = 2; seq <= 700; seq += 1) append(seq);
    await commits[0]?.settle();
    await commits[1]?.settle();
    await commits[2]?.settle();
    expect(commits.map(({ seqs }) => [seqs[0], seqs.length])).toEqual([
      [1, 1],
      [2, 500],
      [502, 199],
    ]);
    expect(fates).toEqual(Array.from({ length: 700 }, (_unused, index) => `${index + 1} committed`));
  });

  it("tells nobody before the commit is done", async () => {
    const { commits, fates, append } = open();
    append(1);
    await turn();
    expect(fates).toEqual([]);
    await commits[0]?.settle();
    expect(fates).toEqual(["1 committed"]);
  });

  it("refuses a batch that was surely not stored, and goes on with the next", async () => {
    const { commits, fates, append } = open();
    append(1);
    append(2);
    await turn();
    append(3);
    await commits[0]?.settle(away());
    await commits[1]?.settle();
    expect(fates).toEqual(["1 unavailable", "2 unavailable", "3 committed"]);
  });

  it("refuses before it gives places while the day's partition can't be made", async () => {
    const { commits, fates, append } = open(() => Promise.reject(away()));
    append(1, () => {
      throw new Error("placed");
    });
    await turn();
    expect([commits.length, fates]).toEqual([0, ["1 unavailable"]]);
  });

  it("fails a message that can't be placed alone", async () => {
    const { commits, fates, append } = open();
    append(1);
    append(2, () => {
      throw new RangeError("Maximum call stack size exceeded");
    });
    append(3);
    await turn();
    await commits[0]?.settle();
    expect(commits.map(({ seqs }) => seqs)).toEqual([[1, 3]]);
    expect(fates).toEqual(["2 internal", "1 committed", "3 committed"]);
  });

  it("leaves out what was withdrawn, and the others close up", async () => {
    const { commits, fates, append } = open();
    for (const seq of [1, 2, 3, 4]) append(seq);
    await turn();
    await commits[0]?.settle(new WithdrawnError(["id-2", "id-3"]));
    expect(fates).toEqual([]);
    await commits[1]?.settle();
    expect(commits.map(({ seqs }) => seqs)).toEqual([
      [1, 2, 3, 4],
      [1, 2],
    ]);
    // Who was left out is told last: by then it is known which number comes next.
    expect(fates).toEqual(["1 committed", "2 committed", "2 withdrawn", "3 withdrawn"]);
  });

  it("commits nothing where all was withdrawn", async () => {
    const { commits, fates, append } = open();
    append(1);
    await turn();
    await commits[0]?.settle(new WithdrawnError(["id-1"]));
    append(1);
    await turn();
    await commits[1]?.settle();
    expect(fates).toEqual(["1 withdrawn", "1 committed"]);
  });

  it("takes 10,000 waiting messages and refuses more", async () => {
    const { append } = open();
    append(0);
    await turn();
    for (let seq = 1; seq <= 10_000; seq += 1) append(seq);
    expect(() => append(10_001)).toThrow(expect.objectContaining({ code: "too-many" }));
  });
});

describe("a commit in doubt", () => {
  it("is written again until it is known, while all else is refused at once", async () => {
    const { commits, fates, append } = open();
    append(1);
    await turn();
    append(2);
    await commits[0]?.settle(inDoubt());
    expect(fates).toEqual(["2 unavailable"]);
    expect(() => append(3)).toThrow(expect.objectContaining({ code: "unavailable" }));
    for (const error of [away(), inDoubt(), new Error("whatever else")]) {
      await jest.advanceTimersByTimeAsync(250);
      await commits.at(-1)?.settle(error);
    }
    await jest.advanceTimersByTimeAsync(250);
    await commits.at(-1)?.settle();
    append(4);
    await turn();
    await commits.at(-1)?.settle();
    expect(fates).toEqual(["2 unavailable", "1 committed", "4 committed"]);
    expect(commits.map(({ seqs }) => seqs)).toEqual([[1], [1], [1], [1], [1], [4]]);
  });

  it("ends when another process has become the owner", async () => {
    const { commits, fates, append } = open();
    append(1);
    await turn();
    await commits[0]?.settle(inDoubt());
    await jest.advanceTimersByTimeAsync(250);
    await commits[1]?.settle(new FencedError(["t"]));
    append(2);
    await turn();
    await commits[2]?.settle();
    expect(fates).toEqual(["1 fenced", "2 committed"]);
  });
});

describe("whatever the database does", () => {
  type Outcome = "stored" | "refused" | "doubt, stored" | "doubt, not stored";
  const outcome = fc.constantFrom<Outcome>("stored", "stored", "refused", "doubt, stored", "doubt, not stored");

  it("each message has one fate, which is the database's, and numbers have no gaps and no doubles", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { maxLength: 30 }),
        fc.array(fc.constantFrom(0, 0, 1, 2, 300), { maxLength: 40 }),
        async (outcomes, pauses) => {
          const log = new Map<string, number>();
          const script = [...outcomes];
          // Numbers as the owner of a room gives them.
          const room = { nextSeq: 1, lastSeq: 0 };
          const fates = new Map<number, string[]>();
          const told = (message: number, fate: string) => fates.set(message, [...(fates.get(message) ?? []), fate]);
          const committer = createCommitter({
            commit: async (entries) => {
              await new Promise((resolve) => setTimeout(resolve, 1));
              const next = script.shift() ?? "stored";
              if (next.endsWith("stored") && !next.endsWith("not stored"))
                for (const each of entries) log.set(each.id, each.seq);
              if (next === "refused") throw away();
              if (next !== "stored") throw inDoubt();
            },
            prepare: async () => undefined,
            clock: () => 0,
            log: silentLog,
            onBatch: () => undefined,
          });
          const say = (message: number) => {
            let placed = false;
            try {
              committer.append({
                place: (at) => {
                  placed = true;
                  return { ...entry(room.nextSeq++, at), id: `m${message}` };
                },
                committed: ({ seq }) => {
                  room.lastSeq = seq;
                  told(message, "committed");
                },
                failed: () => {
                  if (placed) room.nextSeq = room.lastSeq + 1;
                  told(message, "failed");
                },
              });
            } catch {
              told(message, "failed");
            }
          };
          for (const [message, pause] of pauses.entries()) {
            say(message);
            await jest.advanceTimersByTimeAsync(pause);
          }
          const idle = committer.idle();
          await jest.advanceTimersByTimeAsync(60_000);
          await idle;
          for (const [message] of pauses.entries()) {
            expect(fates.get(message)).toEqual([log.has(`m${message}`) ? "committed" : "failed"]);
          }
          expect([...log.values()]).toEqual([...log].map((_each, index) => index + 1));
          const order = [...log.keys()].map((id) => Number(id.slice(1)));
          expect(order).toEqual([...order].sort((a, b) => a - b));
        },
      ),
    );
  });
});
