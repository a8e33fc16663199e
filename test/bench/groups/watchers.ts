/** The load process of the benchmark of groups: people who watch their rosters, and one who asks the server whether it answers. */
import type { z } from "zod";
import { type Connection, signInRaw } from "../rooms/connection.ts";
import { createMarkerCounter } from "../rooms/marker-counter.ts";
import { type WatcherAnswer, watcherCommand } from "./protocol.ts";

interface Watcher {
  readonly connection: Connection;
  items: number;
  bytes: number;
}

const watchers: Watcher[] = [];
let progress: () => void = () => undefined;

/** Signs in, asks for the roster and is available. */
async function watch(at: z.output<typeof watcherCommand> & { do: "connect" }): Promise<void> {
  for (const account of at.people) {
    const connection = await signInRaw(at, account, "bench");
    connection.write("<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq><presence/>");
    await connection.expect(/id=['"]r['"]/, "the roster");
    const watcher: Watcher = { connection, items: 0, bytes: 0 };
    const counter = createMarkerCounter("<item ");
    connection.onBytes((packet) => {
      watcher.bytes += packet.length;
      watcher.items += counter.count(packet);
      progress();
    });
    watchers.push(watcher);
  }
}

/** Resolves when everybody has got so many items since the last time; gives the bytes that it took. */
function untilItems(count: number): Promise<number> {
  return new Promise((resolve) => {
    progress = () => {
      if (!watchers.every(({ items }) => items >= count)) return;
      progress = () => undefined;
      const bytes = watchers.reduce((sum, each) => sum + each.bytes, 0);
      for (const each of watchers) {
        each.items -= count;
        each.bytes = 0;
      }
      resolve(bytes);
    };
    progress();
  });
}

let pinging: { stop(): Promise<number> } | undefined;

/** Asks one ping after the other; `stop` gives the longest time that one took, in ms. */
async function ping(at: z.output<typeof watcherCommand> & { do: "ping" }): Promise<void> {
  const connection = await signInRaw(at, at.person, "bench");
  let longest = 0;
  let stopping = false;
  const loop = async () => {
    for (let n = 0; !stopping; n += 1) {
      const began = performance.now();
      connection.write(`<iq type='get' id='p${n}' to='${at.domain}'><ping xmlns='urn:xmpp:ping'/></iq>`);
      await connection.expect(new RegExp(`id=['"]p${n}['"]`), "the answer to a ping");
      longest = Math.max(longest, performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    connection.close();
  };
  const over = loop();
  pinging = {
    stop: async () => {
      stopping = true;
      await over;
      return longest;
    },
  };
}

async function carryOut(data: unknown): Promise<WatcherAnswer> {
  const asked = watcherCommand.parse(data);
  if (asked.do === "connect") await watch(asked);
  if (asked.do === "ping") await ping(asked);
  if (asked.do === "items") return { ok: true, bytes: await untilItems(asked.count) };
  if (asked.do === "stop-ping") return { ok: true, longestMs: await pinging?.stop() };
  return { ok: true };
}

process.on("message", (data) => {
  carryOut(data).then(
    (answer) => process.send?.(answer),
    (error: unknown) => process.send?.({ ok: false, error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on("disconnect", () => process.exit());
