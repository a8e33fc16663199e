/**
 * XEP-0114: Jabber Component Protocol, version 1.6. One stream serves one domain; it reconnects by itself.
 */
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { Log } from "../platform/log.ts";
import { acceptance, type Held, type Holding, readOffer, release } from "./hold.ts";
import { oversizedStanzas } from "./refusals.ts";
import { attr, type Element, x } from "./stanza.ts";
import { createStanzaParser } from "./stanza-parser.ts";

const NS_COMPONENT = "jabber:component:accept";
const NS_STREAMS = "http://etherx.jabber.org/streams";

export interface StreamOptions {
  readonly host: string;
  readonly port: number;
  readonly domain: string;
  /** The shared secret of the domain (XEP-0114 3). */
  readonly secret: string;
  readonly maxStanzaBytes: number;
  readonly log: Log;
  /** Called in the order of arrival. While too many returned promises are open, nothing more is read. */
  readonly onStanza: (stanza: Element, held: Held | undefined) => void | Promise<void>;
  /** A stanza over the limit, without its children: answer `too-large`. */
  readonly onOversized: (stanza: Element, held: Held | undefined) => void;
  readonly onOnline: () => void;
  readonly onOffline: () => void;
}

export interface ComponentStream {
  readonly domain: string;
  readonly online: boolean;
  /** What the server keeps of what it gave over this stream, if it does. */
  readonly holding: Holding | undefined;
  /** Writes serialised stanzas in one socket write; false when the stream is down and nothing was written. */
  write(xml: string): boolean;
  send(stanza: Element): boolean;
  /** Tells the server, after what was written before, that it need not keep the stanza any more. */
  release(mark: string): void;
  /** Drops the connection and opens a new one: what hangs on the stream's start (XEP-0356 4.2) is done again. */
  restart(reason: string): void;
  /** Closes for good; resolves when the socket is closed. */
  close(): Promise<void>;
}

/** Beyond this many bytes waiting for the server, nothing more is read from it until they are gone. */
const WRITE_HIGH_WATER = 4 * 1024 * 1024;
const MAX_OPEN_HANDLERS = 2_000;
const HANDSHAKE_MS = 10_000;
const KEEPALIVE_MS = 30_000;
const RETRY_MS = 5_000;
/** Who stands by looks this often at least: so long the tenants wait when the process that serves them is killed. */
const STANDBY_RETRY_MS = 1_500;

/** Opens the stream of a domain and keeps it open until `close`. */
export function openStream(options: StreamOptions): ComponentStream {
  const { domain, log } = options;
  let socket: Socket | undefined;
  let online = false;
  let closed = false;
  let attempt = 0;
  let retry: NodeJS.Timeout | undefined;
  let openHandlers = 0;
  let stopReason = "";
  let gathered = "";
  let released: string[] = [];
  let holding: Holding | undefined;
  const oversized = oversizedStanzas(domain, log);

  const start = () => {
    const current = connect({ host: options.host, port: options.port, noDelay: true, keepAlive: true });
    socket = current;
    // A socket decodes a character that is split over two packets; decoding each packet by itself would destroy it.
    current.setEncoding("utf8");
    const timer = setTimeout(() => fail("the server did not accept the stream in time"), HANDSHAKE_MS);
    const keepalive = setInterval(() => online && current.write(" "), KEEPALIVE_MS);

    const fail = (reason: string) => {
      stopReason = reason;
      current.destroy();
    };

    const parser = createStanzaParser(options.maxStanzaBytes, {
      onHeader: (attrs) => {
        const hash = createHash("sha1")
          .update(`${attrs.id ?? ""}${options.secret}`)
          .digest("hex");
        current.write(x("handshake", {}, hash).toString());
      },
      onElement: (element) => {
        if (element.is("error", NS_STREAMS)) return fail(streamError(element));
        const offer = online ? readOffer(element) : undefined;
        if (offer) {
          holding = offer;
          return void write(acceptance().toString());
        }
        if (online) return handle(element);
        if (element.name !== "handshake") return fail(`the server sent <${element.name}/> instead of a handshake`);
        clearTimeout(timer);
        online = true;
        attempt = 0;
        log.info("The stream is up", { domain });
        options.onOnline();
      },
      onOversized: (element) => {
        oversized.note(attr(element, "from"));
        options.onOversized(element, holding?.markOf(element));
      },
      onEnd: () => fail("the server closed the stream"),
      onBroken: (reason) => fail(`what the server sent is not an XMPP stream: ${reason}`),
    });

    current.on("connect", () =>
      current.write(`<stream:stream xmlns='${NS_COMPONENT}' xmlns:stream='${NS_STREAMS}' to='${domain}'>`),
    );
    current.on("data", (text: string) => parser.write(text));
    current.on("drain", regulate);
    current.on("error", (error) => {
      stopReason ||= error.message;
    });
    current.on("close", () => {
      clearTimeout(timer);
      clearInterval(keepalive);
      const wasOnline = online;
      online = false;
      holding = undefined;
      released = [];
      if (wasOnline) options.onOffline();
      if (closed) return;
      const longest = stopReason.startsWith("conflict") ? STANDBY_RETRY_MS : RETRY_MS;
      const delay = Math.min(longest, 100 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random());
      // The first failures after an outage are news, the hundredth is not.
      const level = attempt < 3 ? "warn" : "debug";
      log[level]("The stream is down; connecting again", { domain, reason: stopReason, inMs: Math.round(delay) });
      stopReason = "";
      attempt += 1;
      retry = setTimeout(start, delay);
    });
  };

  const handle = (stanza: Element) => {
    const work = options.onStanza(stanza, holding?.markOf(stanza));
    if (!work) return;
    openHandlers += 1;
    regulate();
    work
      .catch((error: unknown) => log.error("A stanza was not handled", { domain, error }))
      .finally(() => {
        openHandlers -= 1;
        regulate();
      });
  };

  function regulate(): void {
    if (!socket) return;
    const busy = openHandlers > MAX_OPEN_HANDLERS || socket.writableLength > WRITE_HIGH_WATER;
    if (busy && !socket.isPaused()) socket.pause();
    else if (!busy && socket.isPaused()) socket.resume();
  }

  const write = (xml: string): boolean => {
    if (!online || !socket) return false;
    gather();
    gathered += xml;
    return true;
  };

  /** What is written in one turn of the event loop leaves in one write: a list of occupants is thousands of stanzas. */
  const gather = () => {
    if (gathered === "" && released.length === 0) process.nextTick(flush, socket);
  };

  const flush = (current: Socket) => {
    const text = released.length > 0 ? gathered + release(released).toString() : gathered;
    gathered = "";
    released = [];
    if (text === "") return;
    current.write(text);
    if (current.writableLength > WRITE_HIGH_WATER) regulate();
  };

  start();
  return {
    domain,
    get online() {
      return online;
    },
    get holding() {
      return holding;
    },
    write,
    send: (stanza) => write(stanza.toString()),
    release: (mark) => {
      if (!holding) return;
      holding.releasing(mark);
      gather();
      released.push(mark);
    },
    restart: (reason) => {
      stopReason = reason;
      socket?.destroy();
    },
    close: () => {
      closed = true;
      clearTimeout(retry);
      oversized.close();
      const current = socket;
      if (!current || current.closed) return Promise.resolve();
      return new Promise((resolve) => {
        current.once("close", () => resolve());
        flush(current);
        if (online) current.end("</stream:stream>");
        else current.destroy();
        setTimeout(() => current.destroy(), 1_000).unref();
      });
    },
  };
}

/** What a stream error (RFC 6120 4.9) says, with what to do about the two that an operator meets. */
function streamError(element: Element): string {
  const conditions = element.children.filter((child): child is Element => typeof child === "object");
  const condition = conditions[0]?.name ?? "undefined-condition";
  const text = element.getChildText("text") ?? "";
  const advice: Record<string, string> = {
    conflict: "another process already serves this domain; this one stands by",
    "not-authorized": "the secret differs from the server's: generate the server's configuration anew and reload it",
    "host-unknown": "the server does not know this domain: generate its configuration anew and reload it",
  };
  return [condition, text, advice[condition]].filter(Boolean).join(": ");
}
