/** What a server may send at the end of a stream, said by a socket byte by byte. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, it } from "@jest/globals";
import { clientConnection } from "./client-connection.ts";

const header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
const server = createServer();
const thrown: unknown[] = [];
const note = (error: unknown): void => void thrown.push(error);

afterEach(() => void server.close());

it.each([
  ["the stream's end", "</stream:stream>", "close" as const],
  ["what is not well-formed", "<a></b>", "error" as const],
])("leaves unread what comes after %s, and sees the connection's end", async (_, last, event) => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const xmpp = clientConnection({ service: `xmpp://127.0.0.1:${port}`, domain: "amt.localhost" });
  // Nobody comes online here.
  xmpp.start().catch(() => undefined);
  const [socket] = await accepted;
  process.on("uncaughtException", note);
  try {
    const over = new Promise<void>((resolve) => void xmpp.once(event, () => resolve()));
    const gone = new Promise<void>((resolve) => void xmpp.once("disconnect", () => resolve()));
    await once(socket, "data");
    socket.write(header + last);
    await over;
    socket.end("<message/>");
    await gone;
    expect(thrown).toEqual([]);
  } finally {
    process.off("uncaughtException", note);
  }
});
