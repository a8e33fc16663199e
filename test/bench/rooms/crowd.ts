/** The occupants: one sends, all count what they get. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Account, type Connection, signInRaw } from "./connection.ts";
import { enterAll, joinPresence } from "./enter.ts";
import { createMarkerCounter } from "./marker-counter.ts";
import type { Outcome } from "./protocol.ts";

export interface Crowd {
  /** The first so many enter a room; resolves when each has its own presence and the room's subject. */
  join(room: string, occupants: number): Promise<void>;
  /** Those not yet inside enter, many at once, until the time is over; gives when each was inside (ms), rising. */
  enter(room: string, limits: { readonly window: number; readonly withinMs: number }): Promise<number[]>;
  /**
   * The first occupant sends messages; resolves when every occupant has every one, rejects when no copy comes any more.
   * `pace` says when a message may go: given its number and how many were reflected, now or as soon as more are.
   */
  play(room: string, label: string, messages: number, pace: Pace): Promise<Outcome>;
  close(): void;
}

type Pace = { readonly window: number } | { readonly perSecond: number };

/** Signing in costs the server's thread; more at once gains nothing. */
const SIGN_INS_AT_ONCE = 10;
const STALLED_MS = 20_000;
/** About a hundred letters, as people write. */
const TEXT = "Die Sitzung beginnt um zehn Uhr im kleinen Saal, bitte bringt die Unterlagen der letzten Woche mit.";

/** Signs everybody in. Rejects when the server refuses one. */
export async function gather(
  server: { readonly host: string; readonly port: number; readonly domain: string },
  people: readonly Account[],
): Promise<Crowd> {
  const connections: Connection[] = [];
  for (let from = 0; from < people.length; from += SIGN_INS_AT_ONCE) {
    const some = people.slice(from, from + SIGN_INS_AT_ONCE);
    connections.push(...(await Promise.all(some.map((person) => signInRaw(server, person, "bench")))));
  }
  for (const connection of connections) connection.write("<presence/>");
  const inside = new Map<string, Connection[]>();
  return {
    enter: async (room, limits) => {
      const present = inside.get(room) ?? [];
      const outside = connections.map((connection, n) => ({ connection, nick: people[n]?.user ?? "" }));
      const { entered, at } = await enterAll(outside.slice(present.length), room, limits);
      inside.set(room, [...present, ...entered]);
      return at;
    },
    join: async (room, occupants) => {
      const some = connections.slice(0, occupants);
      inside.set(room, some);
      for (const [index, connection] of some.entries()) {
        const entered = connection.expect(/<subject/, `occupant ${index} to enter ${room}`);
        connection.write(joinPresence(room, people[index]?.user ?? ""));
        await entered;
      }
    },
    play: (room, label, messages, pace) => play(inside.get(room) ?? [], room, label, messages, pace),
    close: () => {
      for (const connection of connections) connection.close();
    },
  };
}

async function play(
  connections: readonly Connection[],
  room: string,
  label: string,
  messages: number,
  pace: Pace,
): Promise<Outcome> {
  const [sender] = connections;
  if (!sender) throw new Error("nobody to send");
  const marker = `<body>${label}:`;
  const message = (n: number) =>
    `<message to='${room}' type='groupchat' id='${label}-${n}'>${marker} ${TEXT}</body></message>`;
  const sentAt: number[] = [];
  const ownAt: number[] = [];
  const lastAt: number[] = [];
  const expected = messages * connections.length;
  let copies = 0;
  let progress: () => void = () => undefined;

  const send = (count: number) => {
    let text = "";
    const now = performance.now();
    for (let n = 0; n < count; n += 1) text += message(sentAt.push(now) - 1);
    sender.write(text);
  };
  const refill = () => {
    if (!("window" in pace)) return;
    const may = Math.min(messages, ownAt.length + pace.window) - sentAt.length;
    if (may > 0) send(may);
  };

  const done = new Promise<void>((resolve) => {
    for (const connection of connections) {
      const counter = createMarkerCounter(marker);
      let got = 0;
      connection.onBytes((packet) => {
        const more = counter.count(packet);
        if (more === 0) return;
        const now = performance.now();
        // A room keeps the order, so the n-th copy of an occupant is the n-th message.
        for (let n = got; n < got + more; n += 1) {
          lastAt[n] = now;
          if (connection === sender) ownAt.push(now);
        }
        got += more;
        copies += more;
        progress();
        if (connection === sender) refill();
        if (copies === expected) resolve();
      });
    }
  });

  if ("window" in pace) refill();
  else void sendPaced(messages, pace.perSecond, () => send(1));
  await unlessStalled(
    done,
    (onProgress) => {
      progress = onProgress;
    },
    () => `${copies} of ${expected} copies arrived`,
  );
  const since = (times: readonly number[]) => times.map((time, n) => time - (sentAt[n] ?? time));
  const end = Math.max(...lastAt);
  return { elapsed: end - (sentAt[0] ?? end), copies, own: since(ownAt), last: since(lastAt) };
}

async function sendPaced(messages: number, perSecond: number, send: () => void): Promise<void> {
  const start = performance.now();
  for (let n = 0; n < messages; n += 1) {
    // By the start and not by the last message, or late timers would add up to a lower rate.
    await sleep(Math.max(0, start + (n * 1_000) / perSecond - performance.now()));
    send();
  }
}

/** Waits for `done` as long as there is progress. */
async function unlessStalled(
  done: Promise<void>,
  watch: (onProgress: () => void) => void,
  state: () => string,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no copy for ${STALLED_MS / 1_000} s: ${state()}`)), STALLED_MS);
    watch(() => timer?.refresh());
  });
  try {
    await Promise.race([done, stalled]);
  } finally {
    clearTimeout(timer);
  }
}
