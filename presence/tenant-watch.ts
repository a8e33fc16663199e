/**
 * The people of a tenant, kept up to date for all who follow them in this process: one reader of Redis and one of the
 * database for as long as anybody follows.
 */
import { isDeepStrictEqual } from "node:util";
import type { Redis } from "ioredis";
import { directoryChanged, followAccess } from "../identity/index.ts";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { onWake } from "../platform/wake.ts";
import { contactsTold } from "./contacts.ts";
import type { Entry, Snapshot } from "./core-follow.ts";
import type { DirectoryPerson } from "./core-present.ts";
import { defaultPresenceRules, type PresenceRules } from "./core-visibility.ts";
import { presenceChanged, presenceRulesChanged } from "./events.ts";
import type { ChangePosition, PresenceReader } from "./store.ts";
import { readDirectory } from "./store-directory.ts";

export interface WatchDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly reader: PresenceReader;
  readonly log: Log;
  readonly clock: Clock;
}

/** One who follows. */
export interface Seat {
  readonly snapshot: () => WatchedTenant;
  /** Until something happened, `ms` have passed, or `signal` is aborted. */
  next(ms: number, signal: AbortSignal): Promise<void>;
  /** Who may have changed since it was asked last. */
  take(): Dirty;
  leave(): void;
}

export interface Dirty {
  readonly people: ReadonlySet<string> | "all";
  /** The contacts of who follows may have changed. */
  readonly contacts: boolean;
  /** What somebody may do has changed: perhaps he may follow no longer. */
  readonly rights: boolean;
}

export interface WatchedTenant extends Snapshot {
  /** Since when the state is known without a gap, ms since 1970; undefined: it is not known now. */
  readonly since: number | undefined;
  /** The number of the last change that is in it. */
  readonly position: ChangePosition;
}

export interface PresenceWatch {
  /** Follows a tenant as one of its people, or as a program. Throws `unavailable` while Redis or the database is away. */
  join(tenant: string, domain: string, localpart: string | undefined): Promise<Seat>;
}

/** A wake-up may be lost. */
const LOOK_MS = 15_000;
const DIRECTORY_MS = 60_000;
const RETRY_MS = 1_000;
/** What changes people and rules comes in bursts: an import, a form that is saved twice. */
const BURST_MS = 300;
/** A tenth of the time goes into reading all people anew; but who hides is not seen for longer than this by a stream. */
const PAUSE_FACTOR = 10;
const MAX_PAUSE_MS = 2_000;
/** Who remembers what people may do has forgotten it by then. */
const FORGOTTEN_MS = 200;
const PAGE = 1_000;
const CHUNK = 500;

type Work = "directory" | "changes";

/** Before anything was read. */
const nowhere: ChangePosition = { generation: "", seq: 0 };

/** A chair as the tenant has it. */
interface Chair {
  readonly localpart: string | undefined;
  mark(localparts: ReadonlySet<string> | "all"): void;
  markContacts(): void;
  markRights(): void;
}

interface Watched {
  readonly chairs: Set<Chair>;
  readonly loaded: Promise<void>;
  readonly current: () => WatchedTenant;
  /** Whether something cannot be read now. */
  readonly failing: () => boolean;
  want(work: Work): void;
  close(): void;
}

export function presenceWatch(deps: WatchDeps): PresenceWatch {
  const { redis, log } = deps;
  const tenants = new Map<string, Watched>();
  let listening: Promise<(() => Promise<void>)[]> | undefined;

  const lookAgain = (work: Work) => () => {
    for (const each of tenants.values()) each.want(work);
  };
  const onRedis = lookAgain("changes");
  const listen = () => {
    redis.on("close", onRedis).on("ready", onRedis);
    const directory = ({ tenant }: { readonly tenant: string }) => tenants.get(tenant)?.want("directory");
    return Promise.all([
      onWake(redis, presenceChanged, log, ({ tenant }) => tenants.get(tenant)?.want("changes"), lookAgain("changes")),
      onWake(redis, presenceRulesChanged, log, directory, lookAgain("directory")),
      onWake(redis, directoryChanged, log, directory),
      onWake(redis, contactsTold, log, ({ tenant, localparts, known }) => {
        if (known) return;
        const changed = new Set(localparts);
        for (const chair of tenants.get(tenant)?.chairs ?? []) {
          if (chair.localpart !== undefined && changed.has(chair.localpart)) chair.markContacts();
        }
      }),
      // Accounts, tokens and tenants: who follows may do so no longer, and people come and go.
      followAccess(redis, log, [
        {
          forget: (tenant) => {
            directory({ tenant });
            setTimeout(() => {
              for (const each of tenants.values()) for (const chair of each.chairs) chair.markRights();
            }, FORGOTTEN_MS).unref();
          },
        },
      ]),
    ]);
  };

  const leave = (tenant: string, watched: Watched, chair: Chair) => {
    watched.chairs.delete(chair);
    if (watched.chairs.size > 0) return;
    watched.close();
    if (tenants.get(tenant) === watched) tenants.delete(tenant);
    if (tenants.size > 0) return;
    redis.off("close", onRedis).off("ready", onRedis);
    void listening?.then((ends) => Promise.all(ends.map((end) => end())));
    listening = undefined;
  };

  return {
    join: async (tenant, domain, localpart) => {
      listening ??= listen();
      const watched = tenants.get(tenant) ?? watchTenant(deps, tenant, domain);
      tenants.set(tenant, watched);
      const { chair, seat } = takeSeat(localpart, watched.current, () => leave(tenant, watched, chair));
      watched.chairs.add(chair);
      try {
        await watched.loaded;
        if (watched.failing()) throw new KontorError("unavailable", undefined, { retryAfterSeconds: 5 });
      } catch (error) {
        seat.leave();
        throw error;
      }
      return seat;
    },
  };
}

function takeSeat(localpart: string | undefined, snapshot: () => WatchedTenant, leave: () => void) {
  let people: Set<string> | "all" = new Set();
  let contacts = false;
  let rights = false;
  let rung = false;
  let wakeUp: () => void = () => undefined;
  const ring = () => {
    rung = true;
    wakeUp();
  };
  const chair: Chair = {
    localpart,
    mark: (localparts) => {
      if (localparts === "all") people = "all";
      else if (people !== "all") for (const each of localparts) people.add(each);
      ring();
    },
    markContacts: () => {
      contacts = true;
      ring();
    },
    markRights: () => {
      rights = true;
      ring();
    },
  };
  const seat: Seat = {
    snapshot,
    next: async (ms, signal) => {
      await new Promise<void>((resolve) => {
        if (rung || signal.aborted) return resolve();
        const timer = setTimeout(resolve, ms);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener("abort", wakeUp, { once: true });
      });
      signal.removeEventListener("abort", wakeUp);
      rung = false;
    },
    take: () => {
      const taken = { people, contacts, rights };
      people = new Set();
      contacts = false;
      rights = false;
      return taken;
    },
    leave,
  };
  return { chair, seat };
}

function watchTenant(deps: WatchDeps, tenant: string, domain: string): Watched {
  const { db, reader, log, clock } = deps;
  const chairs = new Set<Chair>();
  const people = new Map<string, Entry>();
  let rules: PresenceRules = defaultPresenceRules;
  let position: ChangePosition = nowhere;
  let since: number | undefined;
  // While something could not be read nothing is shown: it may be hidden by now.
  const failed = new Set<Work>();
  let closed = false;
  const wanted = new Set<Work>();
  let running = false;
  let notBefore = 0;
  const timers = new Map<Work | "retry", NodeJS.Timeout>();

  const later = (name: Work | "retry", ms: number, work: () => void) => {
    clearTimeout(timers.get(name));
    if (!closed) timers.set(name, setTimeout(work, ms).unref());
  };
  const mark = (localparts: ReadonlySet<string> | "all") => {
    for (const chair of chairs) chair.mark(localparts);
  };

  const entry = (person: DirectoryPerson, live: Entry["live"]): Entry => ({ person, live, faces: {} });
  const anew = () => {
    for (const [localpart, { person, live }] of people) people.set(localpart, entry(person, live));
    mark("all");
  };

  /** What is live of these people; undefined: the server cannot be heard. */
  const readLive = async (localparts: readonly string[]): Promise<Map<string, Entry["live"]> | undefined> => {
    const found = new Map<string, Entry["live"]>();
    for (let start = 0; start < localparts.length; start += CHUNK) {
      const chunk = localparts.slice(start, start + CHUNK);
      const view = await reader.read(tenant, chunk);
      if (view.since === undefined) return undefined;
      for (const localpart of chunk) found.set(localpart, view.people.get(localpart));
    }
    return found;
  };
  const setLive = (lives: ReadonlyMap<string, Entry["live"]>) => {
    for (const [localpart, live] of lives) {
      const there = people.get(localpart);
      if (there) people.set(localpart, entry(there.person, live));
    }
  };

  const readPeople = async () => {
    const begun = clock();
    const found = new Map<string, DirectoryPerson>();
    let held: PresenceRules = rules;
    for (let after: string | undefined; ; ) {
      const page = await readDirectory(db, tenant, { after, limit: PAGE }, new Date(clock()));
      held = page.rules;
      for (const person of page.people) found.set(person.localpart, person);
      after = page.people.at(-1)?.localpart;
      if (page.people.length < PAGE) break;
    }
    const came = [...found.keys()].filter((localpart) => !people.has(localpart));
    const lives = since === undefined ? undefined : await readLive(came);
    // Of whom nothing could be read: then all are read again.
    if (came.length > 0 && !lives) position = nowhere;
    const changed = new Set([...people.keys()].filter((localpart) => !found.has(localpart)));
    for (const localpart of changed) people.delete(localpart);
    for (const [localpart, person] of found) {
      const there = people.get(localpart);
      if (there && isDeepStrictEqual(there.person, person)) continue;
      people.set(localpart, entry(person, there ? there.live : lives?.get(localpart)));
      changed.add(localpart);
    }
    if (isDeepStrictEqual(rules, held)) mark(changed);
    else {
      rules = held;
      anew();
    }
    const now = clock();
    notBefore = now + Math.min(MAX_PAUSE_MS, Math.max(BURST_MS, PAUSE_FACTOR * (now - begun)));
    const ends = [...found.values()].flatMap(({ outOfOffice }) => outOfOffice?.until.getTime() ?? []);
    const next = Math.min(now + DIRECTORY_MS, ...ends.map((end) => end + 1));
    later("directory", Math.max(0, next - now), () => want("directory"));
  };

  const catchUp = async () => {
    for (;;) {
      const changes = await reader.changesSince(tenant, position === nowhere ? undefined : position, CHUNK);
      const { generation, seq, localparts, reset } = changes;
      const about = reset ? [...people.keys()] : localparts;
      const lives = changes.since === undefined ? undefined : await readLive(about);
      const flipped = (lives === undefined) !== (since === undefined);
      since = lives && changes.since;
      if (lives) setLive(lives);
      if (flipped || reset) anew();
      if (!lives) break;
      position = { generation, seq };
      mark(new Set(about));
      if (localparts.length < CHUNK) break;
    }
    later("changes", LOOK_MS, () => want("changes"));
  };

  const steps: Record<Work, () => Promise<void>> = {
    directory: async () => {
      const wait = notBefore - clock();
      if (wait > 0) later("directory", wait, () => want("directory"));
      else await readPeople();
    },
    changes: catchUp,
  };

  const attempt = async (what: Work) => {
    try {
      await steps[what]();
      if (failed.delete(what) && failed.size === 0) anew();
    } catch (error) {
      if (failed.size === 0) {
        log.debug("Presence cannot be followed now; it goes on as soon as all can be read", { error });
        mark(new Set());
      }
      failed.add(what);
      later("retry", RETRY_MS, () => {
        notBefore = 0;
        for (const each of failed) want(each);
      });
    }
  };

  const run = async () => {
    running = true;
    for (let [what] = wanted; what !== undefined && !closed; [what] = wanted) {
      wanted.delete(what);
      await attempt(what);
    }
    running = false;
  };

  const want = (what: Work) => {
    wanted.add(what);
    if (!running && !closed) void run();
  };

  const load = async () => {
    running = true;
    try {
      // The position first: what changes meanwhile is read again.
      const changes = await reader.changesSince(tenant, undefined, 1);
      await readPeople();
      const lives = changes.since === undefined ? undefined : await readLive([...people.keys()]);
      if (lives) {
        setLive(lives);
        since = changes.since;
        position = { generation: changes.generation, seq: changes.seq };
      }
    } finally {
      running = false;
    }
    want("changes");
  };

  return {
    chairs,
    loaded: load(),
    current: () => ({
      ...{ domain, rules, people, position },
      known: since !== undefined && failed.size === 0,
      since: failed.size === 0 ? since : undefined,
    }),
    failing: () => failed.size > 0,
    want,
    close: () => {
      closed = true;
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
