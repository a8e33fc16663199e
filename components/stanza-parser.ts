import LtxSax from "ltx/src/parsers/ltx.js";
import { Element } from "./stanza.ts";

/** What comes out of the bytes of a stream. */
export interface StanzaEvents {
  /** The stream header, with its attributes. */
  onHeader(attrs: Readonly<Record<string, string>>): void;
  onElement(element: Element): void;
  /** A stanza over a limit: its name and attributes only, the rest was thrown away while it came in. */
  onOversized(element: Element): void;
  onEnd(): void;
  /** Not well-formed, or a single token far beyond the limit: the stream must be closed. */
  onBroken(reason: string): void;
}

/** The limit for one token (a text, a tag) as a multiple of the limit for a stanza: beyond it the stream is broken. */
const TOKEN_FACTOR = 4;
/** No protocol nests so deep, and whoever walks an element's tree does so by recursion. */
const MAX_DEPTH = 200;

/**
 * Cuts the text of an XMPP stream into elements of depth 1, in memory bounded by `maxBytes` a stanza.
 * One parser serves one stream.
 */
export function createStanzaParser(maxBytes: number, events: StanzaEvents): { write(text: string): void } {
  const sax = new LtxSax();
  const open: Element[] = [];
  let size = 0;
  let oversized = false;
  // Depth within what is thrown away.
  let skipped = 0;
  let pending = 0;
  let broken = false;

  const fail = (reason: string) => {
    if (!broken) events.onBroken(reason);
    broken = true;
  };

  sax.on("startElement", (name: string, attrs: Record<string, string>) => {
    pending = 0;
    if (broken) return;
    if (open.length > 0) size += name.length + attrsSize(attrs);
    if (open.length > 1 && overLimit()) {
      skipped += 1;
      return;
    }
    const element = new Element(name, attrs);
    const parent = open.at(-1);
    open.push(element);
    // The root keeps no children: only the namespace is inherited from it.
    if (!parent) events.onHeader(attrs);
    else if (open.length === 2) element.parent = parent;
    else parent.cnode(element);
  });

  sax.on("text", (text: string) => {
    pending = 0;
    if (broken || open.length < 2) return;
    size += Buffer.byteLength(text);
    if (!overLimit()) open.at(-1)?.t(text);
  });

  sax.on("endElement", (name: string) => {
    pending = 0;
    if (broken) return;
    if (skipped > 0) {
      skipped -= 1;
      return;
    }
    const element = open.pop();
    if (!element || element.name !== name) return fail(`</${name}> closes nothing that is open`);
    if (open.length === 0) events.onEnd();
    if (open.length !== 1) return;
    const wasOversized = overLimit();
    size = 0;
    oversized = false;
    if (wasOversized) events.onOversized(element);
    else events.onElement(element);
  });

  function overLimit(): boolean {
    if ((size > maxBytes || open.length > MAX_DEPTH) && !oversized) {
      oversized = true;
      const stanza = open[1];
      if (stanza) stanza.children = [];
    }
    return oversized;
  }

  return {
    write(text) {
      if (broken) return;
      pending += text.length;
      try {
        sax.write(text);
      } catch (error) {
        // An entity or a character that XML does not have.
        fail(error instanceof Error ? error.message : "unreadable");
      }
      if (pending > maxBytes * TOKEN_FACTOR) fail("a single text or tag is far beyond the stanza limit");
    },
  };
}

function attrsSize(attrs: Readonly<Record<string, string>>): number {
  let size = 0;
  for (const name in attrs) size += name.length + Buffer.byteLength(attrs[name] ?? "");
  return size;
}
