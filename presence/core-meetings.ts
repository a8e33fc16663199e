/**
 * Who is in a meeting, made out of a feed of conferences. Pure but for the state it is given, which it changes.
 *
 * A conference is a meeting while at least two participants are in it, be they people of the tenant, of others, or guests:
 * who waits alone in a room can still be talked to. Jitsi shows the same difference. The feed says since when there are
 * two; who came later is in the meeting since he came.
 *
 * Changes are numbered within an epoch of the feed, and an answer to a question holds all up to its number. Whatever is
 * repeated, lost or comes late, the next answer has the last word.
 */
import type { ConferenceChange, ConferencePage } from "./conference-feed.ts";

interface Conference {
  /** The last change of it. */
  seq: number;
  since: number | null;
  people: Map<string, number>;
}

/** What one feed has told. */
export interface Feed {
  epoch: string | undefined;
  seq: number;
  readonly conferences: Map<string, Conference>;
  /** The conferences of a person. */
  readonly byPerson: Map<string, Set<string>>;
  /** An answer of which pages are still to come: since which number, and what was in it so far. */
  answer: { readonly since: number; readonly rooms: Set<string> } | undefined;
}

/** What became of an event. */
export interface Outcome {
  /** Of whom something may have changed. */
  readonly people: ReadonlySet<string>;
  /** Something was missed: all is to be asked for from the first page on. */
  readonly ask: boolean;
}

export const silentFeed = (): Feed => ({
  epoch: undefined,
  seq: 0,
  conferences: new Map(),
  byPerson: new Map(),
  answer: undefined,
});

/** Since when a person is in a meeting, ms since 1970; null: in none. With several, since he came into the first. */
export function meetingSince(feed: Feed, localpart: string): number | null {
  const found = [...(feed.byPerson.get(localpart) ?? [])].flatMap((room) => {
    const conference = feed.conferences.get(room);
    const joined = conference?.people.get(localpart);
    return conference?.since == null || joined === undefined ? [] : [Math.max(joined, conference.since)];
  });
  return found.length === 0 ? null : Math.min(...found);
}

/** The feed is dead: nobody is known to be in a conference. */
export function forgetFeed(feed: Feed): Outcome {
  const people = new Set(feed.byPerson.keys());
  feed.epoch = undefined;
  feed.seq = 0;
  feed.answer = undefined;
  feed.conferences.clear();
  feed.byPerson.clear();
  return { people, ask: false };
}

/** People joined or left a conference. */
export function takeChange(feed: Feed, change: ConferenceChange): Outcome {
  const people = new Set<string>();
  let ask = false;
  if (feed.epoch !== change.epoch) {
    for (const each of forgetFeed(feed).people) people.add(each);
    feed.epoch = change.epoch;
    ask = true;
  } else if (change.seq <= feed.seq) {
    return { people, ask };
  } else if (change.seq > feed.seq + 1) {
    ask = true;
  }
  feed.seq = change.seq;
  const before = feed.conferences.get(change.room);
  const after = new Map(before?.people);
  for (const { local, since } of change.joined) after.set(local, since);
  for (const local of change.left) after.delete(local);
  put(feed, change.room, { seq: change.seq, since: change.since, people: after }, people);
  return { people, ask };
}

/** A page of the answer to a question; `first`: asked for without `after`. */
export function takePage(feed: Feed, page: ConferencePage, first: boolean): Outcome {
  const people = new Set<string>();
  // Changes have overtaken it, or it belongs to another answer than the pages before.
  const late = feed.epoch === page.epoch && page.seq < feed.seq;
  const torn = !first && (feed.epoch !== page.epoch || feed.answer === undefined);
  if (late || torn) {
    feed.answer = undefined;
    return { people, ask: true };
  }
  if (feed.epoch !== page.epoch) for (const each of forgetFeed(feed).people) people.add(each);
  feed.epoch = page.epoch;
  feed.seq = page.seq;
  if (first || !feed.answer) feed.answer = { since: page.seq, rooms: new Set() };
  for (const { room, since, people: inside } of page.conferences) {
    feed.answer.rooms.add(room);
    const conference = { seq: page.seq, since, people: new Map(inside.map((each) => [each.local, each.since])) };
    put(feed, room, conference, people);
  }
  if (page.more) return { people, ask: false };
  const { since, rooms } = feed.answer;
  for (const [room, { seq }] of [...feed.conferences]) {
    if (!rooms.has(room) && seq <= since) put(feed, room, { seq, since: null, people: new Map() }, people);
  }
  feed.answer = undefined;
  return { people, ask: false };
}

/** Puts a conference in place of what was known of it; one without people is forgotten. */
function put(feed: Feed, room: string, conference: Conference, people: Set<string>): void {
  const before = feed.conferences.get(room)?.people ?? new Map<string, number>();
  for (const local of before.keys()) {
    people.add(local);
    if (conference.people.has(local)) continue;
    const rooms = feed.byPerson.get(local);
    rooms?.delete(room);
    if (rooms?.size === 0) feed.byPerson.delete(local);
  }
  for (const local of conference.people.keys()) {
    people.add(local);
    const rooms = feed.byPerson.get(local) ?? new Set();
    feed.byPerson.set(local, rooms.add(room));
  }
  if (conference.people.size === 0) feed.conferences.delete(room);
  else feed.conferences.set(room, conference);
}
