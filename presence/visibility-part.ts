/**
 * Tells the XMPP server of each tenant who may see whom and what is shown in place of what clients say: all of it at the
 * start of a stream and now and then, and what changed as it changes. The server enforces it (mod_kontor_visibility).
 */
import type { Redis } from "ioredis";
import type { DoorContext } from "../components/door.ts";
import type { Element } from "../components/stanza.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { rounds } from "../platform/rounds.ts";
import { onWake } from "../platform/wake.ts";
import { askServer, NotOffered } from "./ask-server.ts";
import { nextEnd, type OwnSettings, type Told, type ToldPerson, toldOf, toSend } from "./core-visibility-feed.ts";
import { presenceRulesChanged } from "./events.ts";
import type { OpenPart, People } from "./part.ts";
import { writeKept } from "./rosters-kept.ts";
import { readVisibility, type VisibilityOfTenant } from "./store-visibility.ts";

/** Milliseconds. */
interface VisibilityTiming {
  /** A wake-up may be lost: so often it looks by itself. */
  readonly look: number;
  /** So often all is told anew: what the server holds may have gone with an account, or with its disk. */
  readonly all: number;
  readonly answer: number;
}

const usualTiming: VisibilityTiming = { look: 60_000, all: 600_000, answer: 10_000 };

interface VisibilityDeps {
  readonly db: Database;
  /** Fails at once while Redis is away. */
  readonly redis: Redis;
  readonly clock: Clock;
  readonly timing?: VisibilityTiming;
}

export interface VisibilityService {
  readonly part: OpenPart;
  close(): Promise<void>;
}

/** One for the process; `patient` waits for Redis while it is away. */
export async function visibilityService(deps: VisibilityDeps, patient: Redis, log: Log): Promise<VisibilityService> {
  const looks = new Map<string, () => void>();
  const lookAtAll = () => {
    for (const look of looks.values()) look();
  };
  const deaf = await onWake(patient, presenceRulesChanged, log, ({ tenant }) => looks.get(tenant)?.(), lookAtAll);
  const part: OpenPart = (context, people) => {
    const { id } = context.tenant;
    const { look, ...rest } = openPart(context, people, deps);
    looks.set(id, look);
    return {
      ...rest,
      close: async () => {
        // Whoever opened the tenant anew meanwhile has put his own there.
        if (looks.get(id) === look) looks.delete(id);
        rest.close();
      },
    };
  };
  return { part, close: deaf };
}

function openPart(context: DoorContext, people: People, { db, redis, clock, timing = usualTiming }: VisibilityDeps) {
  const { tenant, log } = context;
  // Counts streams: what was told on an earlier one need not hold on this.
  let stream = 0;
  let online = false;
  // The server has no module that could enforce it.
  let helpless = false;
  let read: VisibilityOfTenant | undefined;
  let stale = true;
  let told: Told | undefined;
  /** What is told, or being told. */
  let wanted: Told | undefined;
  let toldAllAt = 0;
  let troubled = false;
  let end: NodeJS.Timeout | undefined;

  const wantedNow = ({ rules, people: own }: VisibilityOfTenant): Told => {
    const now = clock();
    const told = new Map<string, ToldPerson>();
    const add = (localpart: string, settings: OwnSettings | undefined) => {
      const person = toldOf(settings, people.of(localpart).meetingSince !== null, now);
      if (person) told.set(localpart, person);
    };
    for (const localpart of people.inMeetings()) add(localpart, own.get(localpart));
    for (const [localpart, settings] of own) add(localpart, settings);
    const { within, partners, hideTimes } = rules;
    return { rules: { within, partners, hideTimes }, people: told };
  };

  const waitForEnd = ({ people: own }: VisibilityOfTenant) => {
    clearTimeout(end);
    const now = clock();
    const next = nextEnd(own.values(), now);
    if (next !== undefined && next - now < timing.look) end = setTimeout(() => void settle(), next - now);
  };

  /** True when the server has taken it. */
  const send = async (payload: Element): Promise<boolean> => {
    try {
      await askServer(context, "set", payload, { timeoutMs: timing.answer });
      return true;
    } catch (error) {
      if (!(error instanceof NotOffered)) throw error;
      helpless = true;
      log.warn(
        "The XMPP server cannot enforce who sees whom in rosters: what is narrower holds over REST and events alone",
      );
      return false;
    }
  };

  const bring = async (mine: number): Promise<void> => {
    if (stale) {
      stale = false;
      try {
        read = await readVisibility(db, tenant.id, new Date(clock()));
      } catch (error) {
        stale = true;
        throw error;
      }
    }
    if (!read || mine !== stream) return;
    waitForEnd(read);
    const next = wantedNow(read);
    wanted = next;
    const all = told === undefined || clock() - toldAllAt >= timing.all;
    const payloads = toSend(all ? undefined : told, next);
    if (payloads.length === 0) return;
    // Until all is taken, what the server holds is not known.
    told = undefined;
    for (const payload of payloads) if (!(await send(payload)) || mine !== stream) return;
    told = next;
    if (all) toldAllAt = clock();
    troubled = false;
  };

  const report = () => {
    if (online && (helpless || told)) void writeKept(redis, tenant.id, !helpless);
  };

  const round = rounds(
    async () => {
      await bring(stream);
      report();
      return "done";
    },
    (error) => {
      if (!troubled && online)
        log.error("The XMPP server was not told who may see whom; what it knows holds", { error });
      troubled = true;
    },
  );
  const settle = () => round(() => online && !helpless);

  const look = () => {
    stale = true;
    void settle();
  };
  const turns = setInterval(() => {
    look();
    if (helpless) report();
  }, timing.look);
  // A change of devices changes nothing here, and costs a comparison of one person.
  people.onChange((localpart) => {
    const inMeeting = people.of(localpart).meetingSince !== null;
    if (inMeeting !== (wanted?.people.get(localpart)?.show !== undefined)) void settle();
  });

  const rest = () => {
    stream += 1;
    online = false;
    told = undefined;
    wanted = undefined;
    clearTimeout(end);
  };
  return {
    look,
    onReady: () => {
      rest();
      online = true;
      helpless = false;
      troubled = false;
      look();
    },
    onOffline: rest,
    close: () => {
      clearInterval(turns);
      rest();
    },
  };
}
