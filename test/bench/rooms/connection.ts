/**
 * An XMPP client that costs its process almost nothing: it signs in (RFC 6120, SCRAM-SHA-1, no TLS on loopback), then
 * only hands on the bytes that come in.
 */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { scram } from "./scram.ts";

export interface Account {
  readonly user: string;
  readonly password: string;
}

export interface Connection {
  write(xml: string): void;
  /** What is called with each packet from now on; the packet is overwritten after the call. */
  onBytes(listener: (packet: Buffer) => void): void;
  /** Resolves when a text comes in whose end `pattern` finds; what came before is dropped. Rejects on a lost connection. */
  expect(pattern: RegExp, what: string): Promise<RegExpExecArray>;
  close(): void;
}

const ANSWER_MS = 20_000;

/** Signs in with this resource. Rejects with the last words of the server when it does not let us. */
export async function signInRaw(
  server: { readonly host: string; readonly port: number; readonly domain: string },
  { user, password }: Account,
  resource: string,
): Promise<Connection> {
  const connection = await open(server.host, server.port);
  const header = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='${server.domain}' version='1.0'>`;
  connection.write(header);
  await connection.expect(/SCRAM-SHA-1<.*<\/stream:features>/s, "SCRAM-SHA-1 without TLS");
  const side = scram(user, password, randomBytes(18).toString("base64url"));
  const sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  connection.write(`<auth ${sasl} mechanism='SCRAM-SHA-1'>${base64(side.first)}</auth>`);
  const [, challenge = ""] = await connection.expect(/<challenge[^>]*>([^<]*)<\/challenge>/, "a challenge");
  const final = side.final(Buffer.from(challenge, "base64").toString());
  connection.write(`<response ${sasl}>${base64(final)}</response>`);
  await connection.expect(/<success/, "to be let in");
  connection.write(header);
  await connection.expect(/<\/stream:features>/, "the features after signing in");
  connection.write(
    `<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind></iq>`,
  );
  await connection.expect(/<jid>[^<]*<\/jid>/, "an address");
  return connection;
}

function open(host: string, port: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let listener: (packet: Buffer) => void = () => undefined;
    let lost: (why: string) => void = reject;
    const socket: Socket = connect({
      ...{ host, port, noDelay: true },
      // One buffer for all that comes in: packets are looked at and forgotten.
      onread: {
        buffer: Buffer.allocUnsafe(65_536),
        callback: (size, buffer) => {
          listener(Buffer.from(buffer.buffer, buffer.byteOffset, size));
          return true;
        },
      },
    });
    socket.on("error", (error) => lost(error.message));
    socket.on("close", () => lost("the server closed the connection"));
    socket.once("connect", () => {
      lost = () => undefined;
      resolve({
        write: (xml) => void socket.write(xml),
        onBytes: (given) => {
          listener = given;
        },
        expect: (pattern, what) => expectText(pattern, what),
        close: () => void socket.end("</stream:stream>"),
      });
    });

    const expectText = (pattern: RegExp, what: string): Promise<RegExpExecArray> =>
      new Promise((found, failed) => {
        let text = "";
        const end = () => {
          clearTimeout(timer);
          lost = () => undefined;
        };
        const give = (why: string) => {
          end();
          failed(new Error(`waited for ${what}: ${why}; last came: ${text.slice(-500) || "nothing"}`));
        };
        const timer = setTimeout(give, ANSWER_MS, "no answer");
        lost = give;
        listener = (packet) => {
          text += packet.toString("latin1");
          const match = pattern.exec(text);
          if (!match) return;
          end();
          listener = () => undefined;
          found(match);
        };
      });
  });
}
