import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import request from "supertest";
import { KontorError } from "../platform/errors.ts";
import { createLog } from "../platform/log.ts";
import { openDatabase } from "../platform/postgres.ts";
import { openWorld, type Slot, type World } from "../test/support/file-world.ts";
import type { ByteStore } from "./bytes.ts";
import { diskBytes } from "./disk.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
beforeEach(() => {
  world.ahead = 0;
});
afterAll(() => world.close());

const png = randomBytes(10_000);

async function stored(bytes: Buffer, options: Parameters<World["slot"]>[1] = {}): Promise<Slot> {
  const slot = await world.slot(bytes.length, options);
  await request(world.app()).put(slot.put).send(bytes).expect(201);
  return slot;
}

const binary = (test: request.Test) =>
  test.buffer(true).parse((response, done) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("end", () => done(null, Buffer.concat(chunks)));
  });

describe("a file", () => {
  test("is put once and got as often as wanted, equal and with its hash as entity tag", async () => {
    const app = world.app();
    const slot = await world.slot(png.length, { name: "très cool.png", type: "image/png" });
    const put = await request(app).put(slot.put).set("Content-Type", "image/png").send(png).expect(201);
    for (let round = 0; round < 2; round += 1) {
      const got = await binary(request(app).get(slot.get)).expect(200);
      expect(png.equals(got.body)).toBe(true);
      expect(got.headers).toMatchObject({
        etag: put.headers.etag,
        "content-type": "image/png",
        "content-length": "10000",
        "accept-ranges": "bytes",
        "content-disposition": "inline; filename=\"tr_s cool.png\"; filename*=UTF-8''tr%C3%A8s%20cool.png",
        "cache-control": "private, max-age=86400, immutable",
        // Against those that the app sets for its own pages.
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "cross-origin",
        "access-control-allow-origin": "*",
      });
    }
  });

  test("is told about by HEAD without its bytes", async () => {
    const slot = await stored(png, { type: "text/html", name: "a.html" });
    const head = await request(world.app()).head(slot.get).set("Range", "bytes=0-1").expect(200);
    expect(head.headers).toMatchObject({
      "content-length": "10000",
      "content-disposition": 'attachment; filename="a.html"',
    });
    expect(head.text).toBeUndefined();
  });

  test("may be empty", async () => {
    const slot = await stored(Buffer.alloc(0));
    const got = await binary(request(world.app()).get(slot.get)).expect(200);
    expect(got.headers["content-length"]).toBe("0");
    await request(world.app()).get(slot.get).set("Range", "bytes=0-").expect(416).expect("Content-Range", "bytes */0");
  });

  test("takes its type from the upload when none was declared", async () => {
    const slot = await world.slot(3);
    await request(world.app()).put(slot.put).set("Content-Type", "text/plain").send("abc").expect(201);
    await request(world.app()).get(slot.get).expect("Content-Type", "text/plain; charset=utf-8");
  });

  test.each([
    ["bytes=0-0", 0, 1],
    ["bytes=9000-", 9_000, 10_000],
    ["bytes=-10", 9_990, 10_000],
    ["bytes=5-99999", 5, 10_000],
  ])("is given in parts: %s", async (range, from, to) => {
    const slot = await stored(png);
    const got = await binary(request(world.app()).get(slot.get).set("Range", range)).expect(206);
    expect(png.subarray(from, to).equals(got.body)).toBe(true);
    expect(got.headers["content-range"]).toBe(`bytes ${from}-${to - 1}/10000`);
  });

  test("is given whole for several ranges, and for a part of another version", async () => {
    const slot = await stored(png);
    for (const headers of [{ Range: "bytes=0-1,5-6" }, { Range: "bytes=0-1", "If-Range": '"other"' }]) {
      const got = await binary(request(world.app()).get(slot.get).set(headers)).expect(200);
      expect(png.equals(got.body)).toBe(true);
    }
  });

  test("has no part beyond its end", async () => {
    const slot = await stored(png);
    const got = await request(world.app()).get(slot.get).set("Range", "bytes=10000-").expect(416);
    expect(got.headers["content-range"]).toBe("bytes */10000");
    expect(got.body).toMatchObject({ type: "urn:kontor:problem:range-not-satisfiable" });
  });

  test("is not sent again to who has it", async () => {
    const slot = await stored(png);
    const { headers } = await request(world.app()).head(slot.get).expect(200);
    const again = await request(world.app()).get(slot.get).set("If-None-Match", String(headers.etag)).expect(304);
    expect(again.text).toBe("");
  });
});

describe("a link", () => {
  const forged = (link: string) => link.replace(/sig=(.)/, (_all, first) => `sig=${first === "A" ? "B" : "A"}`);

  test("that was changed opens nothing", async () => {
    const app = world.app();
    const slot = await stored(png);
    const other = await world.slot(5);
    await request(app).get(forged(slot.get)).expect(403);
    await request(app).get(slot.get.replace("a.bin", "b.bin")).expect(403);
    await request(app).get(slot.get.replace(slot.id, other.id)).expect(403);
    await request(app)
      .get(slot.get.replace(/expires=\d+/, "expires=9999999999"))
      .expect(403);
    await request(app)
      .get(slot.get.replace(/&sig=.*/, ""))
      .expect(403);
    await request(app).get(`${slot.get}&sig=x`).expect(403);
    await request(app).put(forged(other.put)).send("12345").expect(403);
    await request(app).put(other.put.replace("size=5", "size=6")).send("123456").expect(403);
    await request(app).put(other.get).send("12345").expect(403);
  });

  test("of a path that can't be is not found, whatever it holds", async () => {
    const app = world.app();
    const query = `?expires=9999999999&sig=${"A".repeat(43)}`;
    for (const path of ["a,b", "..%2F..", "A", "%00"]) {
      await request(app).get(`/files/${path}/018f0000-0000-7000-8000-0000000000c7/x${query}`).expect(404);
    }
    await request(app).get(`/files/${world.tenant}/x/x${query}`).expect(404);
    await request(app).get(`/files/${world.tenant}/018f0000-0000-7000-8000-0000000000c7/%E0%A4%A${query}`).expect(400);
  });

  test("expires, for putting and for getting", async () => {
    const app = world.app();
    const slot = await stored(png);
    const late = await world.slot(5);
    world.ahead = 301_000;
    await request(app).put(late.put).send("12345").expect(410);
    await request(app).get(slot.get).expect(200);
    world.ahead = limitsAhead;
    await request(app).get(slot.get).expect(410);
  });

  test("finds nothing before the upload and after retention's time", async () => {
    const app = world.app();
    const unused = await world.slot(5);
    await request(app).get(unused.get).expect(404);
    const slot = await stored(png);
    world.ahead = 9 * 86_400_000;
    await request(app).get(slot.get).expect(200);
    world.ahead = 12 * 86_400_000;
    await request(app).get(slot.get).expect(404);
  });
});
const limitsAhead = 31 * 86_400_000;

describe("a web client of another origin", () => {
  test("may put and get", async () => {
    const slot = await world.slot(5);
    const preflight = await request(world.app())
      .options(slot.put)
      .set("Origin", "https://elsewhere.example")
      .expect(204);
    expect(preflight.headers).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "OPTIONS, HEAD, GET, PUT",
      "access-control-allow-headers": expect.stringContaining("Content-Type"),
    });
  });
  test("may do nothing else", async () => {
    const slot = await world.slot(5);
    await request(world.app()).post(slot.put).send("12345").expect(405).expect("Allow", "OPTIONS, HEAD, GET, PUT");
    await request(world.app()).delete(slot.get).expect(405);
  });
});

describe("when a server is away", () => {
  test("a disk that takes nothing is told, also to who is still sending", async () => {
    const slot = await world.slot(5_000_000);
    const app = world.app({ bytes: diskBytes("/dev/null/files") });
    const answer = await request(app).put(slot.put).send(Buffer.alloc(5_000_000)).expect(503);
    expect(answer.body).toMatchObject({ type: "urn:kontor:problem:unavailable" });
    await request(world.app()).put(slot.put).send(Buffer.alloc(5_000_000)).expect(201);
  });

  test("a disk that fills up meanwhile is told as well, and the slot can be used again", async () => {
    const slot = await world.slot(5_000_000);
    const disk = world.deps.bytes;
    const filling: ByteStore = {
      ...disk,
      put: async (_key, _size, chunks) => {
        for await (const chunk of chunks) throw new KontorError("unavailable", `full after ${chunk.length} bytes`);
        throw new Error("no bytes came");
      },
    };
    await request(world.app({ bytes: filling }))
      .put(slot.put)
      .send(Buffer.alloc(500_000 * 10))
      .expect(503);
    await request(world.app()).put(slot.put).send(Buffer.alloc(5_000_000)).expect(201);
  });

  test("PostgreSQL away is told, and nothing is kept", async () => {
    const before = await world.onDisk();
    const slot = await world.slot(5);
    const away = openDatabase({ url: "postgres://x:x@127.0.0.1:1/x", poolSize: 1 }, createLog("test", "error"));
    await request(world.app({ db: away }))
      .put(slot.put)
      .send("12345")
      .expect(503);
    await request(world.app({ db: away }))
      .get(slot.get)
      .expect(503);
    await away.close();
    expect(await world.onDisk()).toEqual(before);
  });
});
