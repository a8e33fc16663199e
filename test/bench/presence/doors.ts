/**
 * The process that reads presence: `ours` opens the doors of all tenants as the components do, `bare` only parses and
 * stores, one command for each stanza, without numbers, fences, pace or checks.
 */
import { connect } from "node:net";
import { serveDoor } from "../../../components/door.ts";
import { attr } from "../../../components/stanza.ts";
import { createStanzaParser } from "../../../components/stanza-parser.ts";
import { componentSecret } from "../../../config/component-secret.ts";
import { newId } from "../../../platform/ids.ts";
import { openRedis, redisReady } from "../../../platform/redis.ts";
import { presenceDoor } from "../../../presence/index.ts";
import { silentLog } from "../../support/real.ts";
import { type Order, order } from "./protocol.ts";

let questions = 0;

async function serve({ kind, port, redisUrl, tenants, master }: Order): Promise<void> {
  const redis = openRedis(redisUrl, silentLog);
  await redisReady(redis, 20_000);
  if (kind === "bare") {
    for (const { id, domain } of tenants)
      readBarely(port, domain, (from, text) => void redis.hset(`bare:${id}`, from, text));
    return;
  }
  const door = presenceDoor({ redis, clock: Date.now, log: silentLog });
  const counting = {
    ...door,
    open: (context: Parameters<typeof door.open>[0]) =>
      door.open({
        ...context,
        request: (iq, timeoutMs) => {
          questions += 1;
          return context.request(iq, timeoutMs);
        },
      }),
  };
  for (const { id, domain } of tenants) {
    serveDoor(
      counting,
      { id, domain, partners: [] },
      {
        ...{ host: "127.0.0.1", port, maxStanzaBytes: 262_144, newId, log: silentLog },
        secretOf: (of) => componentSecret(master, of),
      },
    );
  }
}

function readBarely(port: number, domain: string, store: (from: string, text: string) => void): void {
  const socket = connect(port, "127.0.0.1").setEncoding("utf8");
  const header = `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='presence.${domain}'>`;
  socket.on("connect", () => socket.write(header));
  const parser = createStanzaParser(262_144, {
    onHeader: () => void socket.write("<handshake/>"),
    onElement: (stanza) => {
      if (stanza.name === "presence") store(attr(stanza, "from") ?? "", stanza.toString());
    },
    onOversized: () => undefined,
    onEnd: () => undefined,
    onBroken: () => undefined,
  });
  socket.on("data", (text: string) => parser.write(text));
}

process.on("message", (data) => {
  if (data === "stats") {
    const { user, system } = process.cpuUsage();
    globalThis.gc?.();
    process.send?.({
      cpuSeconds: (user + system) / 1e6,
      bytes: process.memoryUsage().rss,
      heap: process.memoryUsage().heapUsed,
      questions,
    });
    return;
  }
  void serve(order.parse(data));
});
