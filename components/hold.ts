/**
 * The server keeps what it gives a component until the component says that it is done with it, and gives it out again
 * to whoever serves the domain next (mod_kontor_hold.lua for Prosody, kontor_hold.erl for ejabberd, in config).
 */
import { attr, type Element, x } from "./stanza.ts";

/** Namespace of the offer, of its acceptance and of the release. */
const NS_HOLD = "urn:kontor:hold:0";
const MARK = "kontor-held";

/** A stanza that the server keeps. Released when its handling ends, unless somebody takes that over. */
export interface Held {
  readonly mark: string;
  /** Somebody before us, or we over an earlier stream, may have carried it out already. */
  readonly again: boolean;
  /** Whoever takes it releases it: what is awaited lasts longer than the handling of the stanza. Gives the mark. */
  take(): string;
}

/** What the server keeps on one stream. */
export interface Holding {
  /** Gives what the server keeps the stanza by, and takes the mark off; undefined when it keeps it not. */
  markOf(stanza: Element): Held | undefined;
  /** Notes that a stanza is released over this stream. */
  releasing(mark: string): void;
  /** Whether a stanza that came over an earlier stream, and comes again over this one, is done with meanwhile. */
  isReleased(mark: string): boolean;
}

/** The server's offer, or undefined when the element is none. */
export function readOffer(element: Element): Holding | undefined {
  if (!element.is("hold", NS_HOLD)) return undefined;
  const upTo = numberOf(attr(element, "upto") ?? "");
  // Only what was still worked on when this stream began, so it stays small.
  const released = new Set<string>();
  return {
    markOf: (stanza) => {
      const mark = attr(stanza, MARK);
      if (mark === undefined) return undefined;
      delete stanza.attrs[MARK];
      return newHeld(mark, numberOf(mark) <= upTo);
    },
    releasing: (mark) => {
      if (numberOf(mark) <= upTo) released.add(mark);
    },
    isReleased: (mark) => released.has(mark),
  };
}

/** Takes up the offer. */
export const acceptance = (): Element => x("hold", { xmlns: NS_HOLD });

/** Says that these are done: on the stream, or within a stanza to the component's own domain. */
export const release = (marks: readonly string[]): Element => x("release", { xmlns: NS_HOLD }, marks.join("\n"));

const taken = new WeakSet<Held>();

function newHeld(mark: string, again: boolean): Held {
  const held: Held = {
    mark,
    again,
    take: () => {
      taken.add(held);
      return mark;
    },
  };
  return held;
}

/** Whether somebody took over the release. */
export const isTaken = (held: Held): boolean => taken.has(held);

/** Marks count up within one start of the server, and the offer comes from the same start. */
const numberOf = (mark: string): number => Number(mark.slice(mark.lastIndexOf(":") + 1));
