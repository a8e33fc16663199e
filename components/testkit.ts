/** The server's side of component streams (XEP-0114), played by the tests of this folder. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

export const SECRET = "the secret";
export const DOMAIN = "x.amt.example";
export const HEADER =
  "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='s1'>";
const HANDSHAKE = createHash("sha1").update(`s1${SECRET}`).digest("hex");

/** One connection as the server sees it. */
export class Peer {
  readonly socket: Socket;
  #seen = "";

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("error", () => undefined);
    socket.setEncoding("utf8").on("data", (text: string) => {
      this.#seen += text;
    });
  }

  /** Resolves with what came before the text, and forgets all up to its end. */
  async got(text: string): Promise<string> {
    const parts: string[] = [];
    for (;;) {
      const found = this.#seen.indexOf(text);
      if (found !== -1) {
        parts.push(this.#seen.slice(0, found));
        this.#seen = this.#seen.slice(found + text.length);
        return parts.join("");
      }
      // The text may lie across two packets; what comes before that is looked through once only.
      const kept = Math.max(0, this.#seen.length - text.length);
      parts.push(this.#seen.slice(0, kept));
      this.#seen = this.#seen.slice(kept);
      await once(this.socket, "data");
    }
  }

  async accept(): Promise<void> {
    await this.got(`to='${DOMAIN}'>`);
    this.socket.write(HEADER);
    await this.got(`<handshake>${HANDSHAKE}</handshake>`);
    this.socket.write("<handshake/>");
  }
}

/** A server on a free port of loopback. */
export interface TestServer {
  readonly port: number;
  /** Connection number `index` (from 0), now or when it comes. */
  peer(index: number): Promise<Peer>;
  close(): Promise<void>;
}

export async function openTestServer(): Promise<TestServer> {
  const peers: Peer[] = [];
  const server = createServer((socket) => peers.push(new Peer(socket)));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    peer: async (index) => {
      for (;;) {
        const peer = peers[index];
        if (peer) return peer;
        await once(server, "connection");
      }
    },
    close: async () => {
      for (const { socket } of peers) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
