/**
 * Says on people's behalf that they are in a meeting (XEP-0108), where their contacts' clients look: in their personal
 * node, by privilege (XEP-0356).
 *
 * The node holds one item. Ours has an id by which it is known, and within it what the person had said before (XEP-0108
 * 2.1: further elements within a specific activity), so that this is put back whoever ends the meeting, without being
 * kept anywhere else. What the person publishes meanwhile takes the place of ours and stays. Whose node may hold one of
 * ours is remembered in Redis, for the next process; when Redis has forgotten it, who is there is looked after.
 */
import type { Redis } from "ioredis";
import type { DoorContext } from "../components/door.ts";
import { attr, childElements, type Element, stanzaError, x } from "../components/stanza.ts";
import {
  NS_PUBSUB,
  newestItem,
  newestItemRequest,
  type PubsubItem,
  publishRequest,
  retractRequest,
} from "../components/xep/xep-0060-pubsub.ts";
import { activity, NS_ACTIVITY } from "../components/xep/xep-0108-activity.ts";
import { answerInName, grantsRequests, inNameOf } from "../components/xep/xep-0356-privileged-entity.ts";
import { KontorError } from "../platform/errors.ts";
import type { People } from "./part.ts";

const OUR_ID = "kontor-meeting";
const NS_BEFORE = "urn:kontor:activity:1";
/** Of what a person had said; more is not put back. */
const MAX_BEFORE_BYTES = 4_096;
/** Between two people, between two that are only looked at, and between two changes of one. Milliseconds. */
const PAUSE_MS = 20;
const LOOK_PAUSE_MS = 200;
const REST_MS = 3_000;

export interface Activities {
  /** What the server grants. */
  privileges(advertisement: Element): void;
  /** Who is in a meeting is known as well as it can be: what is published is made equal to it, from now on. */
  look(): void;
  /** The stream is down. */
  rest(): void;
}

export function openActivities(context: DoorContext, people: People, redis: Redis): Activities {
  const { tenant, domain, log } = context;
  const key = `kontor:{${tenant.id}}:presence:activities`;
  /** Whose node may hold one of ours, and whether it surely does. */
  const ours = new Map<string, boolean>();
  /** Redis knew nothing of before: whoever is not in here may have one of ours. */
  let lookedAt: Set<string> | undefined;
  const waiting = new Set<string>();
  /** Who is only to be looked at: done when nobody waits. */
  const idle = new Set<string>();
  /** Who changed a moment ago, and whether there is something new since. */
  const resting = new Map<string, boolean>();
  let granted = false;
  let begun = false;
  let reading = false;
  let working = false;
  let troubled = false;
  let requests = 0;

  const isWanted = (localpart: string) => people.of(localpart).meetingSince !== null;
  const isDue = (localpart: string) => (isWanted(localpart) ? ours.get(localpart) !== true : ours.has(localpart));
  const isUnknown = (localpart: string) => lookedAt !== undefined && !lookedAt.has(localpart);

  const trouble = (error: unknown) => {
    if (!troubled) log.warn("An activity could not be published for somebody; it is tried again", { error });
    troubled = true;
  };

  /** Asks the person's account; gives the answer, or undefined when there is no such item or account. */
  const ask = async (localpart: string, type: "get" | "set", payload: Element): Promise<Element | undefined> => {
    requests += 1;
    const request = { from: domain, type, id: `activity-${requests}` };
    const answer = await context.exchange(inNameOf(`${localpart}@${tenant.domain}`, request, payload));
    // The server says so of who has no account any more.
    if (stanzaError(answer).condition === "forbidden") return undefined;
    const inner = answerInName(answer);
    if (inner && attr(inner, "type") === "result") return inner;
    const { condition } = stanzaError(inner ?? answer);
    if (condition === "item-not-found") return undefined;
    throw new KontorError("service-unavailable", `The server answers ${condition || "nothing"}`);
  };
  const publish = (localpart: string, item: PubsubItem) => ask(localpart, "set", publishRequest(NS_ACTIVITY, item));

  const remember = async (localpart: string): Promise<void> => {
    ours.set(localpart, false);
    await redis.sadd(key, localpart).catch(() => undefined);
  };
  const forget = async (localpart: string): Promise<void> => {
    ours.delete(localpart);
    await redis.srem(key, localpart).catch(() => undefined);
  };

  /** Makes one person's node as it should be. */
  const settle = async (localpart: string): Promise<void> => {
    const answer = await ask(localpart, "get", newestItemRequest(NS_ACTIVITY));
    const current = answer && newestItem(answer);
    lookedAt?.add(localpart);
    if (isWanted(localpart)) {
      await remember(localpart);
      if (current?.id !== OUR_ID) await publish(localpart, { id: OUR_ID, payload: inAMeeting(current) });
      ours.set(localpart, true);
      return;
    }
    if (current?.id === OUR_ID) {
      const before = saidBefore(current.payload);
      await publish(localpart, before ?? { id: OUR_ID, payload: activity.write({}) });
      if (!before) await ask(localpart, "set", retractRequest(NS_ACTIVITY, OUR_ID));
    }
    if (ours.has(localpart)) await forget(localpart);
  };

  const letRest = (localpart: string) => {
    resting.set(localpart, false);
    setTimeout(() => {
      const again = resting.get(localpart);
      resting.delete(localpart);
      if (again) changed(localpart);
    }, REST_MS).unref();
  };

  const work = async (): Promise<void> => {
    for (;;) {
      const [next] = waiting.size > 0 ? waiting : idle;
      if (next === undefined || !begun) {
        working = false;
        return;
      }
      const pause = waiting.delete(next) ? PAUSE_MS : LOOK_PAUSE_MS;
      idle.delete(next);
      if (!isDue(next) && !isUnknown(next)) continue;
      letRest(next);
      try {
        await settle(next);
        troubled = false;
      } catch (error) {
        if (begun) trouble(error);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  };

  const changed = (localpart: string): void => {
    if (!begun) return;
    // The next meeting may begin before this end was worked off, and what the person said in between took our place.
    if (!isWanted(localpart) && ours.has(localpart)) ours.set(localpart, false);
    // Also while it is being made so: what is due is known only when that is done.
    if (resting.has(localpart)) return void resting.set(localpart, true);
    if (!isDue(localpart) && !isUnknown(localpart)) return;
    (isDue(localpart) ? waiting : idle).add(localpart);
    if (working) return;
    working = true;
    void work();
  };
  people.onChange(changed);

  /** Takes up what an earlier process left. */
  const readRemembered = async (): Promise<void> => {
    try {
      const known = await redis.smembers(key);
      if (known.length === 0) lookedAt = new Set();
      // The key is there from now on, also while it names nobody.
      await redis.sadd(key, "");
      for (const each of known) if (each !== "") ours.set(each, false);
    } catch {
      lookedAt = new Set();
    }
  };

  const look = async (): Promise<void> => {
    if (!granted || reading) return;
    if (!begun) {
      reading = true;
      await readRemembered();
      reading = false;
      if (!granted) return;
      begun = true;
    }
    for (const each of [...ours.keys(), ...people.everybody()]) changed(each);
  };

  return {
    privileges: (advertisement) => {
      granted = grantsRequests(advertisement, NS_PUBSUB);
      if (!granted) log.info("The XMPP server lets no activities be published: clients see no more than busy");
    },
    look: () => void look(),
    rest: () => {
      granted = false;
      begun = false;
      waiting.clear();
      idle.clear();
    },
  };
}

/** Our item's content, with what the person had said before in it. */
function inAMeeting(before: PubsubItem | undefined): Element {
  const element = activity.write({ general: "working", specific: "in_a_meeting" });
  const kept =
    before &&
    Buffer.byteLength(before.payload.toString()) <= MAX_BEFORE_BYTES &&
    childElements(before.payload).length > 0;
  if (kept) {
    const within = x("before", { xmlns: NS_BEFORE, id: before.id }, before.payload);
    element.getChild("working")?.getChild("in_a_meeting")?.cnode(within);
  }
  return element;
}

function saidBefore(ours: Element): PubsubItem | undefined {
  const before = ours.getChild("working")?.getChild("in_a_meeting")?.getChild("before", NS_BEFORE);
  const [id, payload] = [before && attr(before, "id"), before?.getChild(activity.name, NS_ACTIVITY)];
  return id === undefined || payload === undefined ? undefined : { id, payload };
}
