/**
 * The door `presence.<tenant>`: as a privileged entity (XEP-0356) it is sent the presence of the tenant's people.
 *
 * When the stream starts, Prosody writes the privileges and then the presence of all that are online into it, before it
 * reads anything of ours; from then on each change comes as it is broadcast. So once the answer to a ping is back, who
 * was not heard of is away. Probing people would tell nothing: both Prosody and ejabberd answer probes only to who is
 * on a person's roster (RFC 6121 4.3.2), where this component must not appear. (Tried: Prosody gives no answer at all.)
 * ejabberd's module forwards what clients say: there a module of ours tells who is there when the stream starts. Each session
 * does so by itself, so that one may come behind the ping, and is seen a moment later.
 */
import type { Redis } from "ioredis";
import type { Door, DoorContext, DoorHandlers } from "../components/door.ts";
import type { Incoming } from "../components/router.ts";
import { attr, x } from "../components/stanza.ts";
import { pingRequest } from "../components/xep/xep-0199-ping.ts";
import { grantsPresence } from "../components/xep/xep-0356-privileged-entity.ts";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { Log } from "../platform/log.ts";
import { wake } from "../platform/wake.ts";
import { type CapsAsker, openCapsAsker } from "./caps-asker.ts";
import {
  availableDevices,
  forgetGone,
  type LivePerson,
  nobody,
  type PersonState,
  type PresenceEvent,
  step,
  withTimes,
} from "./core.ts";
import { readPresence } from "./core-stanza.ts";
import { presenceChanged } from "./events.ts";
import { type Kinds, openKinds } from "./kinds.ts";
import { openPace } from "./pace.ts";
import type { OpenPart, People } from "./part.ts";
import { openReconciler } from "./reconciler.ts";
import { isShown } from "./store.ts";
import { type PresenceWriter, presenceWriter } from "./writer.ts";

export interface PresenceDeps {
  /** For live state: fails at once while Redis is away. */
  readonly redis: Redis;
  readonly clock: Clock;
  readonly log: Log;
  /** What is done for each tenant besides. */
  readonly parts?: readonly OpenPart[];
  readonly timing?: PresenceTiming;
}

/** Milliseconds. */
interface PresenceTiming {
  /** How long the server may take to say what it grants. */
  readonly grant: number;
  /** How long it may take to answer a ping. */
  readonly answer: number;
  /** A stream can stand and be dead: so often it is asked, and what is remembered of gone devices is dropped. */
  readonly check: number;
  /** Between two comparisons with whom the server has online, and between two pages of one. */
  readonly compare: number;
  readonly page: number;
}

const usualTiming: PresenceTiming = { grant: 10_000, answer: 10_000, check: 30_000, compare: 300_000, page: 100 };

/** People of one tenant that are kept in memory; who comes on top is not shown. */
const MAX_PEOPLE = 100_000;
/** What is written and told of one person: whoever changes more often is shown as he is at those times. */
const PACE = { burst: 5, everyMs: 500 };

/** The door of all tenants: each that is opened keeps its people's presence in Redis. */
export function presenceDoor(deps: PresenceDeps): Door {
  const writers = new Set<PresenceWriter>();
  deps.redis.on("ready", () => {
    for (const writer of writers) writer.wake();
  });
  const kinds = openKinds(deps.redis, deps.log);
  return { prefix: "presence", open: (context) => openTenant(context, deps, writers, kinds) };
}

function openTenant(
  context: DoorContext,
  deps: PresenceDeps,
  writers: Set<PresenceWriter>,
  kinds: Kinds,
): DoorHandlers {
  const { tenant, log } = context;
  const { timing = usualTiming } = deps;
  const people = new Map<string, PersonState>();
  const meetings = new Map<string, number>();
  const listeners: ((localpart: string) => void)[] = [];
  let version = 0;
  // Counts streams: what was begun on an earlier one must not end on this.
  let stream = 0;
  let online = false;
  let complete = false;
  let denied = false;
  let overfull = false;
  let granted: boolean | undefined;
  let onGrant: (() => void) | undefined;

  const personOf = (localpart: string): LivePerson => ({
    devices: availableDevices(people.get(localpart) ?? nobody, kinds.of),
    meetingSince: meetings.get(localpart) ?? null,
  });
  const everybody = () =>
    [...new Set([...people.keys(), ...meetings.keys()])].filter((each) => isShown(personOf(each)));
  const writer = presenceWriter({
    redis: deps.redis,
    tenant: tenant.id,
    clock: deps.clock,
    log,
    personOf,
    everybody,
    onContinued: (localpart, { devices }) => {
      const state = people.get(localpart);
      if (state) people.set(localpart, withTimes(state, devices));
    },
    onWritten: () => void wake(deps.redis, presenceChanged, { tenant: tenant.id }, log),
    onLost: () => void (online && complete && reconcile(stream)),
  });
  writers.add(writer);

  const pace = openPace(deps.clock, PACE, (localpart) => {
    writer.changed(localpart);
    for (const listener of listeners) listener(localpart);
  });
  const changed = pace.touch;

  /** Takes what a device said; false when nothing changed by it. */
  const hear = (localpart: string, said: Omit<PresenceEvent, "version">): boolean => {
    version += 1;
    const before = people.get(localpart);
    if (!before && people.size >= MAX_PEOPLE) {
      if (!overfull) log.error("More people are online than are kept; the presence of further ones is not shown");
      overfull = true;
      return false;
    }
    const after = step(before ?? nobody, { ...said, version });
    if (after === before) return false;
    people.set(localpart, after);
    changed(localpart);
    return true;
  };
  const caps: CapsAsker = openCapsAsker({ context, clock: deps.clock, kinds, people, changed });
  const reconciler = openReconciler({
    context,
    clock: deps.clock,
    timing,
    people,
    version: () => version,
    makeUpFor: (localpart, each) => {
      const said = hear(localpart, each) && each.presence?.caps;
      if (said) caps.heard({ local: localpart, domain: tenant.domain, resource: each.resource }, said);
    },
  });
  const shownPeople: People = {
    of: personOf,
    everybody,
    inMeetings: () => meetings.keys(),
    setMeeting: (localpart, since) => {
      if ((meetings.get(localpart) ?? null) === since) return;
      if (since === null) meetings.delete(localpart);
      else meetings.set(localpart, since);
      changed(localpart);
    },
    onChange: (listener) => listeners.push(listener),
  };
  const parts = (deps.parts ?? []).map((open) => open(context, shownPeople));

  /** Resolves true when the server answers, whatever it says; else the stream is opened anew. */
  const serverAnswers = async (mine: number): Promise<boolean> => {
    try {
      await context.request(pingRequest(context.domain, tenant.domain), timing.answer);
    } catch (error) {
      const silent = error instanceof KontorError && error.code === "unavailable";
      if (silent && mine === stream && online) context.restart("the server does not answer on this stream any more");
      if (silent) return false;
    }
    return mine === stream && online;
  };

  const waitForGrant = async (): Promise<boolean> => {
    if (granted !== undefined) return granted;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      onGrant = resolve;
      timer = setTimeout(resolve, timing.grant);
    });
    clearTimeout(timer);
    onGrant = undefined;
    return granted ?? false;
  };

  /** Publishes the tenant's presence when all of it is surely known. */
  const reconcile = async (mine: number): Promise<void> => {
    const may = await waitForGrant();
    if (mine !== stream) return;
    if (!may) {
      denied = true;
      log.error(
        "The XMPP server grants no presence: list this domain in privileged_entities of the tenant's host, load " +
          "mod_privilege there and at this component, and reload the server; until then presence is unknown",
      );
      return;
    }
    if (!(await serverAnswers(mine))) return;
    complete = true;
    writer.start();
    caps.start();
    reconciler.start();
  };

  const begin = async (mine: number): Promise<void> => {
    await reconcile(mine);
    if (mine !== stream || !granted) return;
    for (const part of parts) part.onReady?.();
  };

  const check = setInterval(() => {
    const now = deps.clock();
    for (const [localpart, state] of people) {
      const kept = forgetGone(state, now);
      if (!kept) people.delete(localpart);
      else if (kept !== state) people.set(localpart, kept);
    }
    if (!online) return;
    // Privileges are handed out when a stream starts: without them only a new one can help.
    if (denied) context.restart("the server has granted no presence yet");
    else void serverAnswers(stream);
  }, timing.check);

  const onPresence = ({ stanza, from }: Incoming) => {
    // Partners' people may write here as well: only the tenant's own are the tenant's presence.
    if (from.domain !== tenant.domain || from.local === "") return;
    if (attr(stanza, "type") === "subscribe") {
      context.send(x("presence", { type: "unsubscribed", from: context.domain, to: `${from.local}@${from.domain}` }));
      return;
    }
    // Stamps are the server's only while it tells what was before the stream; later a client might forge one.
    const stampOf = complete ? undefined : tenant.domain;
    const said = readPresence(stanza, { resource: from.resource, now: deps.clock(), stampOf });
    if (said && hear(from.local, said) && said.presence?.caps) caps.heard(from, said.presence.caps);
  };

  const onMessage = (incoming: Incoming) => {
    const { stanza, from } = incoming;
    const fromHost = from.local === "" && from.domain === tenant.domain;
    const says = fromHost ? grantsPresence(stanza) : undefined;
    if (says !== undefined) {
      granted = says;
      for (const part of parts) part.privileges?.(stanza);
      onGrant?.();
      return;
    }
    if (parts.some((part) => part.message?.(incoming))) return;
    // Hosts expect no answer, and Prosody sends an empty advertisement for each host that grants nothing.
    if (from.local === "" || attr(stanza, "type") === "error") return;
    throw new KontorError("service-unavailable", "Nobody reads messages here: write to a person or a room");
  };

  const forget = () => {
    stream += 1;
    complete = false;
    granted = undefined;
    denied = false;
    overfull = false;
    people.clear();
    meetings.clear();
    pace.clear();
    caps.stop();
    reconciler.stop();
    writer.stop();
  };

  return {
    identity: { category: "component", type: "presence", name: "Presence" },
    features: parts.flatMap(({ features = [] }) => features),
    iq: parts.flatMap(({ iq = [] }) => iq),
    presence: onPresence,
    message: onMessage,
    onOnline: () => {
      forget();
      online = true;
      void begin(stream);
    },
    onOffline: () => {
      online = false;
      forget();
      onGrant?.();
      for (const part of parts) part.onOffline?.();
    },
    close: async () => {
      clearInterval(check);
      online = false;
      pace.clear();
      caps.close();
      reconciler.stop();
      writers.delete(writer);
      await Promise.all([writer.close(), ...parts.map((part) => part.close?.())]);
    },
  };
}
