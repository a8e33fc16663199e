/** A real XMPP client for the tour, the tests and the benchmarks: @xmpp/client with a memory of what came in. */
import { Socket } from "node:net";
import { clientConnection } from "../../components/client-connection.ts";
import { attr, type Element, parseXml } from "../../components/stanza.ts";
import { NS_PING } from "../../components/xep/xep-0199-ping.ts";

export interface SignIn {
  readonly host: string;
  readonly port: number;
  /** The server's WebSocket (RFC 7395), used instead of `host` and `port`. */
  readonly websocket?: string;
  readonly jid: string;
  readonly password: string;
  readonly resource?: string;
  /** False for a client that does not know pings and says so (XEP-0199 4.1). */
  readonly knowsPing?: boolean;
}

export interface XmppClient {
  /** Full address as the server gave it. */
  readonly jid: string;
  send(stanza: Element | string): Promise<void>;
  /** Writes text as it is, for what no client would send. */
  write(text: string): Promise<void>;
  /** Sends an iq and gives the answer, also an error one; rejects after `timeoutMs`. */
  iq(stanza: Element, timeoutMs?: number): Promise<Element>;
  /**
   * The next stanza that fits, of those that came since the last call that gave one, or of those still to come.
   * Rejects after `timeoutMs` with what came instead.
   */
  next(fits: (stanza: Element) => boolean, what: string, timeoutMs?: number): Promise<Element>;
  /** What came in and was not yet taken by `next`. */
  pending(): readonly Element[];
  /** Calls for each stanza as it comes, besides what `next` gives. */
  onStanza(listener: (stanza: Element) => void): void;
  /** Calls once when the connection is over, whoever ended it. */
  onClose(listener: () => void): void;
  /** Signs off. */
  stop(): Promise<void>;
  /** Cuts the connection without a word, as a lost network does. */
  cut(): void;
}

const MAX_KEPT = 10_000;

/** Signs in by SCRAM. Rejects with the server's condition, such as `not-authorized`. */
export async function signIn(options: SignIn): Promise<XmppClient> {
  const [username = "", domain = ""] = options.jid.split("@");
  const service = options.websocket ?? `xmpp://${options.host}:${options.port}`;
  const { password, resource = `kontor-${Math.random().toString(36).slice(2, 8)}` } = options;
  const xmpp = clientConnection({ service, domain, username, password, resource });
  // The demo's certificate is signed by nobody and the library insists on a known one; SCRAM keeps the password safe
  // on loopback. Stream management would keep a session alive that a test means to cut.
  xmpp.prependListener("element", (element) => {
    if (!element.is("features")) return;
    const left = ["starttls", "sm"];
    element.children = element.children.filter((child) => typeof child === "string" || !left.includes(child.name));
  });
  let kept: Element[] = [];
  const listeners = new Set<(stanza: Element) => void>();
  const answers = new Map<string, (stanza: Element) => void>();
  let requests = 0;
  xmpp.on("stanza", (stanza: Element) => {
    const answered = isAnswer(stanza) ? answers.get(attr(stanza, "id") ?? "") : undefined;
    if (answered) return answered(stanza);
    if (listeners.size === 0) kept.push(stanza);
    else for (const listener of [...listeners]) listener(stanza);
    if (kept.length > MAX_KEPT) kept = kept.slice(-MAX_KEPT);
  });
  // The library answers pings by itself; what it does not know it refuses as any client must.
  if (options.knowsPing === false) {
    xmpp.prependListener("element", (element) => {
      const ping = element.is("iq") ? element.getChild("ping", NS_PING) : undefined;
      if (ping) ping.name = "unknown";
    });
  }
  let socket: Socket | undefined;
  xmpp.on("connect", () => {
    socket = xmpp.socket instanceof Socket ? xmpp.socket : undefined;
  });
  // A server that ended the stream may leave its half of the connection open for long, which keeps the process alive.
  xmpp.on("disconnect", () => socket?.destroy());
  const address = await xmpp.start().catch(async (error: unknown) => {
    // A server that refuses somebody leaves the stream open for another try, and the library leaves it to the server.
    await xmpp.stop().catch(() => undefined);
    throw error;
  });

  const next: XmppClient["next"] = (fits, what, timeoutMs = 10_000) => {
    const index = kept.findIndex(fits);
    const found = kept[index];
    if (found) {
      kept = kept.slice(index + 1);
      return Promise.resolve(found);
    }
    const seen = kept;
    kept = [];
    return new Promise((resolve, reject) => {
      const listener = (stanza: Element) => {
        if (!fits(stanza)) return void seen.push(stanza);
        clearTimeout(timer);
        listeners.delete(listener);
        resolve(stanza);
      };
      const timer = setTimeout(() => {
        listeners.delete(listener);
        // Whoever waits for something else finds it.
        kept = [...seen, ...kept];
        const came = seen.slice(-5).map((stanza) => stanza.toString());
        reject(new Error(`${options.jid} waited for ${what} in vain; what came: ${came.join("\n") || "nothing"}`));
      }, timeoutMs);
      listeners.add(listener);
    });
  };

  return {
    jid: address.toString(),
    send: (stanza) => xmpp.send(typeof stanza === "string" ? parseXml(stanza) : stanza),
    write: (text) => xmpp.write(text),
    iq: (stanza, timeoutMs = 10_000) => {
      requests += 1;
      const id = `iq-${requests}`;
      stanza.attrs.id = id;
      return new Promise((resolve, reject) => {
        const done = () => {
          clearTimeout(timer);
          answers.delete(id);
        };
        const timer = setTimeout(() => {
          done();
          reject(new Error(`${options.jid} got no answer to ${stanza.toString()}`));
        }, timeoutMs);
        answers.set(id, (answer) => {
          done();
          resolve(answer);
        });
        xmpp.send(stanza).catch((error: unknown) => {
          done();
          reject(error);
        });
      });
    },
    next,
    pending: () => kept,
    onStanza: (listener) => void xmpp.on("stanza", listener),
    onClose: (listener) => void xmpp.once("disconnect", listener),
    stop: async () => void (await xmpp.stop()),
    cut: () => socket?.destroy(),
  };
}

const isAnswer = (stanza: Element): boolean =>
  stanza.name === "iq" && ["result", "error"].includes(attr(stanza, "type") ?? "");
