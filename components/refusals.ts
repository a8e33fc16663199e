/** Tells the log of stanzas that were refused for their size, by the domain of their sender and not one by one. */
import type { Log } from "../platform/log.ts";
import { parseJid } from "./jid.ts";

/** One line of a domain in this time. */
const GATHER_MS = 60_000;
/** Further domains of the same time are told as one. */
const MAX_DOMAINS = 100;
const OTHERS = "others";

export interface Refusals {
  /** Notes a refused stanza: the first of its sender's domain is told at once, what follows within a minute as a number. */
  note(from: string | undefined): void;
  /** Tells what was not told yet. */
  close(): void;
}

/** The refusals of one stream; `domain` is the one it serves. */
export function oversizedStanzas(domain: string, log: Log): Refusals {
  /** By sender's domain: how many since the last line, and what ends the minute. */
  const gathering = new Map<string, { count: number; timer: NodeJS.Timeout }>();

  const tell = (from: string, count: number) =>
    log.warn("Stanzas over the limit were refused", { domain, from, count });

  const begin = (from: string) => {
    const timer = setTimeout(() => {
      const count = gathering.get(from)?.count ?? 0;
      gathering.delete(from);
      if (count === 0) return;
      tell(from, count);
      begin(from);
    }, GATHER_MS);
    timer.unref();
    gathering.set(from, { count: 0, timer });
  };

  return {
    note: (from) => {
      const sender = parseJid(from)?.domain ?? OTHERS;
      const key = gathering.has(sender) || gathering.size < MAX_DOMAINS ? sender : OTHERS;
      const known = gathering.get(key);
      if (known) {
        known.count += 1;
        return;
      }
      tell(key, 1);
      begin(key);
    },
    close: () => {
      for (const [from, { count, timer }] of gathering) {
        clearTimeout(timer);
        if (count > 0) tell(from, count);
      }
      gathering.clear();
    },
  };
}
