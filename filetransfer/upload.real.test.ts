/** Uploads that go wrong: what is told to whom, and that nothing is left. */
import { once } from "node:events";
import { type ClientRequest, createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setImmediate } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Express } from "express";
import request from "supertest";
import { openWorld, type World } from "../test/support/file-world.ts";
import type { ByteStore } from "./bytes.ts";

let world: World;
const servers: Server[] = [];
beforeAll(async () => {
  world = await openWorld();
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  for (const blob of await world.onDisk()) await world.deps.bytes.remove({ tenant: world.tenant, blob });
});
afterAll(() => world.close());

async function listen(app: Express): Promise<number> {
  const server = createServer(app);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function open(port: number, path: string, length: number): ClientRequest {
  const options = { port, path, method: "PUT", headers: { "Content-Length": length, "Content-Type": "image/png" } };
  return httpRequest({ host: "127.0.0.1", ...options });
}

async function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  const [answer] = await once(sent, "response");
  answer.resume();
  return answer;
}

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error("the condition did not come true");
    await setImmediate();
  }
}

describe("an upload", () => {
  test.each([
    ["short", "1234", 400],
    ["long", "123456", 413],
  ])("announced too %s is refused", async (_what, body, status) => {
    const slot = await world.slot(5);
    await request(world.app()).put(slot.put).send(body).expect(status);
    expect(await world.onDisk()).toEqual([]);
  });

  test("of unknown length, of another type or in parts is refused", async () => {
    const slot = await world.slot(5, { type: "image/png" });
    const chunked = request(world.app()).put(slot.put).set("Transfer-Encoding", "chunked");
    chunked.write("12345");
    await chunked.expect(400);
    await request(world.app()).put(slot.put).set("Content-Type", "text/html").send("12345").expect(400);
    await request(world.app()).put(slot.put).set("Content-Range", "bytes 0-4/10").send("12345").expect(400);
    expect(await world.onDisk()).toEqual([]);
  });

  test("can be done once: the second is refused and the first one's bytes stay", async () => {
    const slot = await world.slot(5);
    await request(world.app()).put(slot.put).type("image/png").send("first").expect(201);
    await request(world.app()).put(slot.put).send("other").expect(409);
    const got = await request(world.app()).get(slot.get).buffer(true).expect(200);
    expect(got.body.toString()).toBe("first");
  });

  test("that breaks off leaves nothing, and the slot can be used again", async () => {
    const slot = await world.slot(100_000, { type: "image/png" });
    const port = await listen(world.app());
    const sent = open(port, slot.put, 100_000).on("error", () => undefined);
    sent.write(Buffer.alloc(50_000));
    await until(async () => (await world.onDisk()).length === 1);
    sent.destroy();
    await until(async () => (await world.onDisk()).length === 0);
    const again = open(port, slot.put, 100_000);
    again.end(Buffer.alloc(100_000, 1));
    expect((await answerOf(again)).statusCode).toBe(201);
  });

  test("that stands still is broken off", async () => {
    const slot = await world.slot(100_000, { type: "image/png" });
    const sent = open(await listen(world.app({}, 100)), slot.put, 100_000);
    sent.write(Buffer.alloc(50_000));
    const [error] = await once(sent, "error");
    expect(error).toMatchObject({ code: "ECONNRESET" });
    await until(async () => (await world.onDisk()).length === 0);
  });

  test("runs one at a time to a slot", async () => {
    const slot = await world.slot(10, { type: "image/png" });
    const port = await listen(world.app());
    const first = open(port, slot.put, 10);
    first.write("12345");
    await until(async () => (await world.onDisk()).length === 1);
    const second = open(port, slot.put, 10);
    second.end("abcdefghij");
    expect((await answerOf(second)).statusCode).toBe(409);
    first.end("67890");
    expect((await answerOf(first)).statusCode).toBe(201);
  });

  test("of two processes to one slot at once: one is taken whole, the other leaves nothing", async () => {
    const slot = await world.slot(10, { type: "image/png" });
    const sent = [open(await listen(world.app()), slot.put, 10), open(await listen(world.app()), slot.put, 10)];
    const bodies = ["aaaaaaaaaa", "bbbbbbbbbb"];
    for (const [index, each] of sent.entries()) each.write(bodies[index]?.slice(0, 5));
    await until(async () => (await world.onDisk()).length === 2);
    const answers = sent.map(answerOf);
    for (const [index, each] of sent.entries()) each.end(bodies[index]?.slice(5));
    const codes = (await Promise.all(answers)).map(({ statusCode }) => statusCode);
    expect([...codes].sort()).toEqual([201, 409]);
    const got = await request(world.app()).get(slot.get).buffer(true).expect(200);
    expect(got.body.toString()).toBe(bodies[codes.indexOf(201)]);
    expect(await world.onDisk()).toHaveLength(1);
  });

  test("that is refused early is answered though the client is still sending", async () => {
    const slot = await world.slot(5);
    const port = await listen(world.app());
    const sent = open(port, slot.put, 500_000);
    sent.end(Buffer.alloc(500_000));
    expect((await answerOf(sent)).statusCode).toBe(413);
  });
});

/** Bytes that may lie between the ends of a connection: kernel buffers and those of the streams. */
const BETWEEN = 24 * 1_048_576;
const SIZE = 64 * 1_048_576;

function counted(onBytes: (count: number) => void): Readable {
  let left = SIZE;
  return new Readable({
    read() {
      const chunk = Buffer.alloc(Math.min(65_536, left));
      left -= chunk.length;
      if (chunk.length > 0) onBytes(chunk.length);
      this.push(chunk.length > 0 ? chunk : null);
    },
  });
}

describe("a large file", () => {
  test("never waits in memory: who is slow slows down the other side, up and down", async () => {
    const disk = world.deps.bytes;
    const seen = { produced: 0, consumed: 0, read: 0, received: 0, mostUp: 0, mostDown: 0 };
    const bytes: ByteStore = {
      ...disk,
      put: (key, size, source) =>
        disk.put(
          key,
          size,
          slowly(source, (count) => {
            seen.consumed += count;
            seen.mostUp = Math.max(seen.mostUp, seen.produced - seen.consumed);
          }),
        ),
      read: async (key, size, range) => {
        const stream = await disk.read(key, size, range);
        return stream
          .on("data", (chunk: Buffer) => {
            seen.read += chunk.length;
          })
          .pause();
      },
    };
    const slot = await world.slot(SIZE, { type: "image/png" });
    const port = await listen(world.app({ bytes }));
    const sent = open(port, slot.put, SIZE);
    const [answer] = await Promise.all([
      answerOf(sent),
      pipeline(
        counted((count) => (seen.produced += count)),
        sent,
      ),
    ]);
    expect(answer.statusCode).toBe(201);
    expect(seen.consumed).toBe(SIZE);
    expect(seen.mostUp).toBeLessThan(BETWEEN);

    const asked = httpRequest({ host: "127.0.0.1", port, path: slot.get });
    asked.end();
    const [got] = await once(asked, "response");
    for await (const _chunk of slowly(got, (count) => (seen.received += count))) {
      seen.mostDown = Math.max(seen.mostDown, seen.read - seen.received);
    }
    expect(seen.received).toBe(SIZE);
    expect(seen.mostDown).toBeLessThan(BETWEEN);
  }, 60_000);

  test("is let go of when its reader leaves or takes nothing", async () => {
    const disk = world.deps.bytes;
    const closed: Promise<unknown>[] = [];
    const bytes: ByteStore = {
      ...disk,
      read: async (key, size, range) => {
        const stream = await disk.read(key, size, range);
        closed.push(new Promise((resolve) => stream.once("close", resolve)));
        return stream;
      },
    };
    const slot = await world.slot(SIZE, { type: "image/png" });
    const port = await listen(world.app({ bytes }, 200));
    const sent = open(port, slot.put, SIZE);
    await Promise.all([
      answerOf(sent),
      pipeline(
        counted(() => undefined),
        sent,
      ),
    ]);
    const leaving = httpRequest({ host: "127.0.0.1", port, path: slot.get });
    leaving.end();
    const [begun] = await once(leaving, "response");
    begun.on("error", () => undefined);
    leaving.destroy();
    const standing = httpRequest({ host: "127.0.0.1", port, path: slot.get });
    standing.end();
    const [stalled] = await once(standing, "response");
    stalled.on("error", () => undefined);
    expect(closed).toHaveLength(2);
    await Promise.all(closed);
  }, 60_000);
});

async function* slowly(source: AsyncIterable<Uint8Array>, onBytes: (count: number) => void) {
  for await (const chunk of source) {
    await setImmediate();
    await setImmediate();
    onBytes(chunk.length);
    yield chunk;
  }
}
