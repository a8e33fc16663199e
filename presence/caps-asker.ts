/**
 * Asks clients what they are (XEP-0115, XEP-0030), once for each software, slowly, and each person a few times at most:
 * whoever sends ever new hashes, huge answers, wrong ones or none costs no more than that.
 */
import type { DoorContext } from "../components/door.ts";
import { bareOf, type Jid, jidText } from "../components/jid.ts";
import { x } from "../components/stanza.ts";
import { NS_DISCO_INFO } from "../components/xep/xep-0030-service-discovery.ts";
import type { Clock } from "../platform/clock.ts";
import type { DeviceCaps, PersonState } from "./core.ts";
import { canVerify, capsKey, verifiedKind } from "./core-caps.ts";
import type { Kinds } from "./kinds.ts";

export interface CapsAsker {
  /** A device said this of its software. */
  heard(from: Jid, caps: DeviceCaps): void;
  /** The stream is up and all of it is known: from now on clients are asked. */
  start(): void;
  stop(): void;
  close(): void;
}

/** Milliseconds between two questions of one tenant, and for an answer. */
const EVERY_MS = 200;
const ANSWER_MS = 10_000;
const AT_ONCE = 4;
/** Software that is waited for; what comes on top is asked for when its device speaks again. */
const MAX_QUEUE = 200;
/** Questions to one person, and for one software, in a time. */
const MAX_OF_PERSON = 3;
const MAX_OF_SOFTWARE = 3;
const FORGIVEN_MS = 10 * 60_000;

interface Wanted {
  readonly caps: DeviceCaps;
  /** Devices that could be asked, and whose people are shown anew when the answer is there. */
  readonly devices: Map<string, Jid>;
}
const MAX_DEVICES_KEPT = 10;

export interface CapsAskerOptions {
  readonly context: DoorContext;
  readonly clock: Clock;
  readonly kinds: Kinds;
  readonly people: ReadonlyMap<string, PersonState>;
  readonly changed: (localpart: string) => void;
}

export function openCapsAsker({ context, clock, kinds, people, changed }: CapsAskerOptions): CapsAsker {
  const queue = new Map<string, Wanted>();
  const asked = new Map<string, { count: number; since: number }>();
  let running = 0;
  let round = 0;
  let started = false;
  let timer: NodeJS.Timeout | undefined;

  const askedLately = (key: string) => {
    const before = asked.get(key);
    return before && before.since > clock() - FORGIVEN_MS ? before : { count: 0, since: clock() };
  };
  const spent = (key: string, most: number): boolean => askedLately(key).count >= most;
  /** Counts one more question; false when these were enough for now. */
  const allowed = (key: string, most: number): boolean => {
    if (spent(key, most)) return false;
    const { count, since } = askedLately(key);
    asked.set(key, { count: count + 1, since });
    return true;
  };

  kinds.onLearn((key) => {
    queue.delete(key);
    for (const [localpart, { devices }] of people) {
      for (const { presence } of devices.values()) {
        if (presence?.caps && capsKey(presence.caps) === key) changed(localpart);
      }
    }
  });

  const ask = async (mine: number, to: Jid, caps: DeviceCaps): Promise<void> => {
    const node = `${caps.node}#${caps.ver}`;
    const request = x(
      "iq",
      { type: "get", from: context.domain, to: jidText(to) },
      x("query", { xmlns: NS_DISCO_INFO, node }),
    );
    running += 1;
    try {
      const query = (await context.request(request, ANSWER_MS)).getChild("query", NS_DISCO_INFO);
      const kind = query && verifiedKind(query, caps);
      if (kind !== undefined) kinds.learn(caps, kind);
    } catch {
      // No answer, or a refusal: another device of the same software is asked, if there is one.
    } finally {
      running -= 1;
      if (mine === round) pump();
    }
  };

  const pump = (): void => {
    if (timer || !started || running >= AT_ONCE) return;
    for (const [key, { caps, devices }] of queue) {
      if (kinds.knows(caps) || spent(key, MAX_OF_SOFTWARE)) {
        queue.delete(key);
        continue;
      }
      const found = [...devices].find(([bare]) => allowed(bare, MAX_OF_PERSON));
      queue.delete(key);
      if (!found) continue;
      devices.delete(found[0]);
      // Behind all others, for the case that the answer is none.
      if (devices.size > 0) queue.set(key, { caps, devices });
      allowed(key, MAX_OF_SOFTWARE);
      void ask(round, found[1], caps);
      timer = setTimeout(() => {
        timer = undefined;
        pump();
      }, EVERY_MS);
      return;
    }
  };

  const sweep = setInterval(() => {
    for (const [key, { since }] of asked) if (since <= clock() - FORGIVEN_MS) asked.delete(key);
  }, FORGIVEN_MS / 2);
  sweep.unref();

  return {
    heard: (from, caps) => {
      if (kinds.knows(caps) || !canVerify(caps)) return;
      const key = capsKey(caps);
      if (spent(key, MAX_OF_SOFTWARE) || spent(bareOf(from), MAX_OF_PERSON)) return;
      const wanted = queue.get(key) ?? { caps, devices: new Map<string, Jid>() };
      if (!queue.has(key) && queue.size >= MAX_QUEUE) return;
      if (wanted.devices.size < MAX_DEVICES_KEPT) wanted.devices.set(bareOf(from), from);
      queue.set(key, wanted);
      pump();
    },
    start: () => {
      started = true;
      pump();
    },
    stop: () => {
      started = false;
      round += 1;
      queue.clear();
    },
    close: () => {
      clearInterval(sweep);
      clearTimeout(timer);
      started = false;
      round += 1;
    },
  };
}
