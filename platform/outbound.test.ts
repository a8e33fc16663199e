import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { fetchOutbound } from "./outbound.ts";

const get = { method: "GET", headers: {}, body: undefined };
const bounds = { allowLocal: true, timeoutMs: 5_000, maxBytes: 1_000 };
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("what was allowed is sent and read; a redirect is not followed", async () => {
  const port = await serve((request, response) => {
    request.setEncoding("utf8").on("data", (text: string) => {
      response.writeHead(302, { location: "http://127.0.0.1:1/", "x-got": `${request.method} ${text}` }).end("bytes");
    });
  });
  const answer = await fetchOutbound(`http://127.0.0.1:${port}/`, { method: "POST", headers: {}, body: "a=b" }, bounds);
  expect([answer.status, answer.headers.get("x-got"), await answer.text()]).toEqual([302, "POST a=b", "bytes"]);
});

test.each([
  ["http://example.org/", "not-https"],
  ["ftp://example.org/", "not-https"],
  ["https://127.0.0.1/", "local-address"],
  ["https://[::1]/", "local-address"],
  ["https://[::ffff:7f00:1]/", "local-address"],
  ["https://2130706433/", "local-address"],
  ["https://169.254.169.254/latest", "local-address"],
  // A name that only its look-up shows to be local.
  ["https://localhost/", "local-address"],
])("%s is not asked where local addresses are not allowed", async (url, reason) => {
  const asked = fetchOutbound(url, get, { ...bounds, allowLocal: false });
  await expect(asked).rejects.toMatchObject({ name: "OutboundError", reason });
});

test("too much, too late and nobody there have their names", async () => {
  const much = await serve((_request, response) => void response.end("x".repeat(1_001)));
  await expect(fetchOutbound(`http://127.0.0.1:${much}/`, get, bounds)).rejects.toMatchObject({ reason: "too-large" });
  const silent = await serve(() => undefined);
  const soon = { ...bounds, timeoutMs: 50 };
  await expect(fetchOutbound(`http://127.0.0.1:${silent}/`, get, soon)).rejects.toMatchObject({ reason: "timeout" });
  await expect(fetchOutbound("http://127.0.0.1:1/", get, bounds)).rejects.toMatchObject({ reason: "unreachable" });
});
