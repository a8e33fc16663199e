/**
 * What somebody who follows presence is told: of whom something has changed for him. What he may not see is no change.
 * Pure, but for what it remembers.
 */
import type { LivePerson } from "./core.ts";
import { type DirectoryPerson, type Looker, type PresentedPerson, present, viewerOf } from "./core-present.ts";
import { maySee, type PresenceRules, timesHidden, type Viewer } from "./core-visibility.ts";

/** Which people somebody follows: all, those named, or the members of a group that is shown in rosters. */
export interface Asked {
  readonly localparts?: ReadonlySet<string> | undefined;
  readonly group?: string | undefined;
}

/** One of the faces that a person shows, as numbers: what is shown, and what of it does not come from devices. */
interface Face {
  readonly shown: number;
  readonly sight: number;
}
type FaceName = "self" | "seen" | "unseen";

/** A person with what is live of it; a new one replaces it whenever anything of it changes. */
export interface Entry {
  readonly person: DirectoryPerson;
  readonly live: LivePerson | undefined;
  /** Made when somebody looks, for all who see the same. */
  readonly faces: { [name in FaceName]?: Face };
}

/** All people of a tenant at a moment. */
export interface Snapshot {
  readonly domain: string;
  readonly rules: PresenceRules;
  readonly people: ReadonlyMap<string, Entry>;
  /** Whether the XMPP server can be heard. */
  readonly known: boolean;
}

/** What is to be told of some people. */
interface News {
  readonly people: PresentedPerson[];
  /** Who is not among those asked for any more. */
  readonly gone: string[];
}

export interface Follower {
  /** What is new of these people. */
  look(snapshot: Snapshot, looker: Looker, localparts: Iterable<string>): News;
  /** Takes all as known to who follows, who comes back with what he had. */
  adopt(snapshot: Snapshot, looker: Looker): void;
  /** Those of them that are followed and may be seen, as they are. */
  seen(snapshot: Snapshot, looker: Looker, localparts: Iterable<string>): PresentedPerson[];
  /** What whom he may see depends on: another one when somebody came into sight or went, or is called otherwise. */
  sight(): number;
  size(): number;
  /** As at the beginning. */
  forget(): void;
  /** Of whom something may have to be told, where anything may have changed. */
  everybody(snapshot: Snapshot): Iterable<string>;
}

export function follower(asked: Asked): Follower {
  const had = new Map<string, Face>();
  let sight = 0;

  const isAsked = ({ localpart, groups }: DirectoryPerson) =>
    (asked.localparts?.has(localpart) ?? true) && (asked.group === undefined || groups.includes(asked.group));

  const keep = (localpart: string, face: Face | undefined) => {
    // Each person's part is put in and taken out by the same operation.
    sight ^= had.get(localpart)?.sight ?? 0;
    sight ^= face?.sight ?? 0;
    if (face) had.set(localpart, face);
    else had.delete(localpart);
  };

  const askedEntries = function* (snapshot: Snapshot, looker: Looker, localparts: Iterable<string>) {
    for (const localpart of localparts) {
      const entry = snapshot.people.get(localpart);
      if (!entry || !isAsked(entry.person)) yield { localpart, entry: undefined };
      else yield { localpart, entry, viewer: viewerOf(looker, snapshot.domain, entry.person) };
    }
  };

  return {
    look: (snapshot, looker, localparts) => {
      const news: News = { people: [], gone: [] };
      for (const { localpart, entry, viewer } of askedEntries(snapshot, looker, localparts)) {
        if (!entry) {
          if (had.has(localpart)) news.gone.push(localpart);
          keep(localpart, undefined);
          continue;
        }
        const face = faceOf(snapshot, entry, viewer);
        if (had.get(localpart)?.shown !== face.shown) news.people.push(shownTo(snapshot, entry, viewer));
        keep(localpart, face);
      }
      return news;
    },
    adopt: (snapshot, looker) => {
      for (const { localpart, entry, viewer } of askedEntries(snapshot, looker, snapshot.people.keys())) {
        if (entry) keep(localpart, faceOf(snapshot, entry, viewer));
      }
    },
    seen: (snapshot, looker, localparts) => {
      const found: PresentedPerson[] = [];
      for (const { entry, viewer } of askedEntries(snapshot, looker, localparts)) {
        if (entry && maySee(viewer, snapshot.rules, entry.person.own)) found.push(shownTo(snapshot, entry, viewer));
      }
      return found;
    },
    sight: () => sight,
    size: () => had.size,
    forget: () => {
      had.clear();
      sight = 0;
    },
    everybody: ({ people }) => asked.localparts ?? new Set([...had.keys(), ...people.keys()]),
  };
}

function shownTo({ domain, rules, known }: Snapshot, { person, live }: Entry, viewer: Viewer): PresentedPerson {
  return present({ viewer, rules, domain, person, live: known ? live : undefined, known });
}

function faceOf(snapshot: Snapshot, entry: Entry, viewer: Viewer): Face {
  const { own } = entry.person;
  const { rules } = snapshot;
  const name = viewer.kind === "self" ? "self" : maySee(viewer, rules, own) ? "seen" : "unseen";
  entry.faces[name] ??= makeFace(name, shownTo(snapshot, entry, viewer), name === "seen" && timesHidden(rules, own));
  return entry.faces[name];
}

function makeFace(name: FaceName, shown: PresentedPerson, timeless: boolean): Face {
  const { localpart, name: called, groups, outOfOffice } = shown;
  return {
    shown: digest(JSON.stringify(shown)),
    // To 32 bits, as XOR has them.
    sight: digest(JSON.stringify([name, timeless, localpart, called, groups, outOfOffice])) | 0,
  };
}

/** 53 bits of a text (cyrb53): enough to tell two states of one person from each other. */
function digest(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}
