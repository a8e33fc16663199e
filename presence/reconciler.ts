/**
 * Compares what was heard with who the server says is online, now and then and slowly: a stanza may be lost, and nothing
 * else would tell. (A stream that starts is told everybody: see component.ts.)
 */
import type { DoorContext } from "../components/door.ts";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import { NotOffered } from "./ask-server.ts";
import { nobody, type PersonState } from "./core.ts";
import { type Missed, missed, type Told } from "./core-reconcile.ts";
import { readPresence } from "./core-stanza.ts";
import { askSessions } from "./server-questions.ts";

export interface ReconcilerOptions {
  readonly context: DoorContext;
  readonly clock: Clock;
  /** Milliseconds before the first comparison and between two, and between two pages of one. */
  readonly timing: { readonly compare: number; readonly page: number };
  readonly people: ReadonlyMap<string, PersonState>;
  /** The version of what was heard last. */
  readonly version: () => number;
  readonly makeUpFor: (localpart: string, missed: Missed) => void;
}

export interface Reconciler {
  /** The stream is up and all of it is known. */
  start(): void;
  stop(): void;
}

export function openReconciler(options: ReconcilerOptions): Reconciler {
  const { context, clock, timing, people, version, makeUpFor } = options;
  const { tenant, log } = context;
  let round = 0;
  let timer: NodeJS.Timeout | undefined;

  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });

  /** Gives how many devices were not as the server has them. */
  const compare = async (mine: number): Promise<number> => {
    const begun = version();
    const found = new Set<string>();
    let count = 0;
    const mend = (localpart: string, told: readonly Told[], asked: number, whole: boolean) => {
      for (const each of missed(people.get(localpart) ?? nobody, told, asked, whole, clock())) {
        count += 1;
        makeUpFor(localpart, each);
      }
    };
    let after: string | undefined;
    do {
      const asked = version();
      const page = await askSessions(context, after);
      if (mine !== round) return count;
      const told = byPerson(page.sessions, tenant.domain, clock());
      for (const [localpart, sessions] of told) {
        found.add(localpart);
        mend(localpart, sessions, asked, !page.many.includes(localpart));
      }
      after = page.next;
      if (after !== undefined) await wait(timing.page);
      if (mine !== round) return count;
    } while (after !== undefined);
    for (const localpart of [...people.keys()]) if (!found.has(localpart)) mend(localpart, [], begun, true);
    return count;
  };

  const run = async (mine: number): Promise<void> => {
    for (;;) {
      // Tenants whose streams began together do not ask together.
      await wait(timing.compare * (0.5 + Math.random()));
      if (mine !== round) return;
      try {
        const count = await compare(mine);
        if (count > 0) log.info("Presence that was missed is made up for", { devices: count });
      } catch (error) {
        if (error instanceof NotOffered)
          return void log.info("The server does not tell who is online: it cannot be compared");
        const quiet = error instanceof KontorError && ["unavailable", "not-found"].includes(error.code);
        log[quiet ? "debug" : "warn"]("Presence could not be compared with the server's", { error });
      }
    }
  };

  return {
    start: () => {
      round += 1;
      clearTimeout(timer);
      void run(round);
    },
    stop: () => {
      round += 1;
      clearTimeout(timer);
    },
  };
}

function byPerson(
  sessions: Awaited<ReturnType<typeof askSessions>>["sessions"],
  domain: string,
  now: number,
): Map<string, Told[]> {
  const people = new Map<string, Told[]>();
  for (const { from, stanza, partial } of sessions) {
    if (from.domain !== domain || from.local === "") continue;
    const said = readPresence(stanza, { resource: from.resource, now, stampOf: domain });
    if (!said?.presence) continue;
    const list = people.get(from.local) ?? [];
    list.push({ resource: from.resource, at: said.at, presence: said.presence, partial });
    people.set(from.local, list);
  }
  return people;
}
