/**
 * What the XMPP server is told of visibility: the tenant's rules, what of a person differs from them, and what is shown in
 * place of what the person's clients say. What was told and what is wanted make what is to be sent. Pure.
 */
import { type Element, x } from "../components/stanza.ts";
import { type Audience, audiences, type OwnVisibility, type PresenceRules } from "./core-visibility.ts";

const NS_VISIBILITY = "urn:kontor:visibility:1";

/** People in one stanza: with the longest texts it stays well below what a server takes from a component. */
const PEOPLE_AT_ONCE = 400;

/** What a person has set, as far as it differs from having set nothing. */
export interface OwnSettings extends OwnVisibility {
  /** Ms since 1970, and the person's words. */
  readonly away: { readonly until: number; readonly text: string } | null;
}

/** What is told of one person; undefined parts are as the rules and the clients have it. */
export interface ToldPerson {
  readonly audience?: Audience;
  readonly hideTimes?: true;
  readonly show?: "dnd";
  readonly status?: string;
}

type ToldRules = Pick<PresenceRules, "within" | "partners" | "hideTimes">;

/** All that the server holds, or is to hold. */
export interface Told {
  readonly rules: ToldRules;
  /** By local part; who is as the rules have it is missing. */
  readonly people: ReadonlyMap<string, ToldPerson>;
}

/** A moment before, so that whoever is away until midnight is so until the day before. */
const berlinDay = (ms: number): string =>
  new Intl.DateTimeFormat("de-DE", { timeZone: "Europe/Berlin", dateStyle: "medium" }).format(ms - 1);

/**
 * The status of somebody out of office. A status goes to everybody alike, and clients show the first of several
 * languages: so it is said in both, and the date in figures.
 */
const awayStatus = (until: number, text: string): string =>
  `Nicht im Büro / Out of office – ${berlinDay(until)}: ${text}`;

/** What is to be told of a person at a moment; undefined: nothing differs. */
export function toldOf(own: OwnSettings | undefined, inMeeting: boolean, now: number): ToldPerson | undefined {
  const away = own?.away && own.away.until > now ? own.away : null;
  const told: ToldPerson = {
    ...(own?.audience && { audience: own.audience }),
    ...(own?.hideTimes && { hideTimes: true }),
    ...(inMeeting && { show: "dnd" }),
    ...(away && { status: awayStatus(away.until, away.text) }),
  };
  return Object.keys(told).length > 0 ? told : undefined;
}

/** When the next of these absences ends, ms since 1970. */
export function nextEnd(all: Iterable<OwnSettings>, now: number): number | undefined {
  const ends = [...all].flatMap(({ away }) => (away && away.until > now ? [away.until] : []));
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

/**
 * The requests, in order, that make of what the server holds what it is to hold. With `told` undefined nothing is known of
 * it: all is told. While the rules change everybody hides what he hid or will hide: nobody is seen meanwhile by more than
 * before or after.
 */
export function toSend(told: Told | undefined, wanted: Told): Element[] {
  if (!told) return [...allPeople(wanted.people), rulesElement(wanted.rules)];
  const changed = [...new Set([...told.people.keys(), ...wanted.people.keys()])].map((local) => {
    const [before, after] = [told.people.get(local) ?? {}, wanted.people.get(local) ?? {}];
    return { local, before, between: narrowerOf(before, after), after };
  });
  const sameRules = JSON.stringify(told.rules) === JSON.stringify(wanted.rules);
  if (sameRules) return somePeople(changed.map(({ local, before, after }) => ({ local, from: before, to: after })));
  return [
    ...somePeople(changed.map(({ local, before, between }) => ({ local, from: before, to: between }))),
    rulesElement(wanted.rules),
    ...somePeople(changed.map(({ local, between, after }) => ({ local, from: between, to: after }))),
  ];
}

const rank = ({ audience = "everyone" }: ToldPerson): number => audiences.indexOf(audience);

/** Hides what either hides, and shows what the later shows. */
function narrowerOf(before: ToldPerson, after: ToldPerson): ToldPerson {
  const { audience } = rank(before) > rank(after) ? before : after;
  return {
    ...after,
    ...(audience && { audience }),
    ...((before.hideTimes || after.hideTimes) && { hideTimes: true }),
  };
}

const same = (one: ToldPerson, other: ToldPerson): boolean =>
  one.audience === other.audience &&
  one.hideTimes === other.hideTimes &&
  one.show === other.show &&
  one.status === other.status;

const rulesElement = ({ within, partners, hideTimes }: ToldRules): Element =>
  x("rules", { xmlns: NS_VISIBILITY, within, partners, "hide-times": String(hideTimes) });

const personElement = (local: string, person: ToldPerson): Element =>
  x("person", {
    local,
    audience: person.audience,
    "hide-times": person.hideTimes && "true",
    show: person.show,
    status: person.status,
  });

interface Change {
  readonly local: string;
  readonly from: ToldPerson;
  readonly to: ToldPerson;
}

function somePeople(changes: readonly Change[]): Element[] {
  return chunks(changes.filter(({ from, to }) => !same(from, to))).map((some) =>
    x("people", { xmlns: NS_VISIBILITY }, ...some.map(({ local, to }) => personElement(local, to))),
  );
}

function allPeople(people: ReadonlyMap<string, ToldPerson>): Element[] {
  const parts = chunks([...people]);
  // With nobody to name it has to be said, too.
  if (parts.length === 0) parts.push([]);
  return parts.map((some, index) =>
    x(
      "people",
      { xmlns: NS_VISIBILITY, part: index + 1, parts: parts.length },
      ...some.map(([local, person]) => personElement(local, person)),
    ),
  );
}

function chunks<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / PEOPLE_AT_ONCE);
  return Array.from({ length: count }, (_, index) => all.slice(index * PEOPLE_AT_ONCE, (index + 1) * PEOPLE_AT_ONCE));
}
