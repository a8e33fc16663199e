/** Who is there, as the directory shows it. Pure. */
import * as z from "zod/mini";
import type { SentEvent } from "../api/event-stream.ts";
import { absenceShape } from "./own-presence.ts";

const time = z.nullable(z.string());
const presenceShape = z.object({
  localpart: z.string(),
  jid: z.string(),
  name: z.string(),
  groups: z.array(z.string()),
  available: z.boolean(),
  show: z.enum(["chat", "online", "dnd", "away", "xa", "offline", "unknown"]),
  status: z.nullable(z.string()),
  since: time,
  idleSince: time,
  mobileOnly: z.boolean(),
  meeting: z.nullable(z.object({ since: time })),
  outOfOffice: z.nullable(absenceShape),
});
export type PersonPresence = z.infer<typeof presenceShape>;

const toldShape = z.object({ people: z.array(presenceShape) });
const goneShape = z.object({ localparts: z.array(z.string()) });
const stateShape = z.object({ since: time });

/** From who can be reached best. */
export const personStates = ["here", "meeting", "busy", "away", "outOfOffice", "offline", "unknown"] as const;
export type PersonState = (typeof personStates)[number];

/** The one word for how somebody is: who is out of office is so unless he is plainly there. */
export function stateOf({ show, meeting, outOfOffice }: PersonPresence): PersonState {
  if (meeting) return "meeting";
  if (show === "unknown" && !outOfOffice) return "unknown";
  if (show === "chat" || show === "online") return "here";
  if (show === "dnd") return "busy";
  if (outOfOffice) return "outOfOffice";
  return show === "away" || show === "xa" ? "away" : "offline";
}

/** Since when somebody is as he is; null where that is not told. */
export function sinceOf(person: PersonPresence): string | null {
  const state = stateOf(person);
  if (state === "meeting") return person.meeting?.since ?? null;
  if (state === "away") return person.idleSince ?? person.since;
  return state === "here" || state === "busy" ? person.since : null;
}

/** What has been told of a tenant so far. */
export interface Told {
  readonly people: ReadonlyMap<string, PersonPresence>;
  /** Undefined: nothing was told yet. */
  readonly heard: boolean | undefined;
  readonly begun: boolean;
}
export const nothingTold: Told = { people: new Map(), heard: undefined, begun: false };

/** What is told after these events. Kinds that are not known here are passed over. */
export function withEvents(told: Told, events: readonly SentEvent[]): Told {
  let { heard, begun } = told;
  let people = new Map(told.people);
  for (const { kind, data } of events) {
    if (kind === "state") heard = stateShape.parse(data).since !== null;
    else if (kind === "reset") {
      people = new Map();
      begun = true;
    } else if (kind === "people") {
      for (const person of toldShape.parse(data).people) people.set(person.localpart, person);
      begun = true;
    } else if (kind === "gone") for (const each of goneShape.parse(data).localparts) people.delete(each);
  }
  return { people, heard, begun };
}

export interface Wanted {
  readonly text: string;
  /** Empty: every. */
  readonly state: PersonState | "";
  /** Its id; empty: everybody. */
  readonly group: string;
}

const isSo = (person: PersonPresence, state: Wanted["state"]): boolean =>
  state === "" || stateOf(person) === state || (state === "outOfOffice" && person.outOfOffice !== null);

/** Those that are looked for, by name, and how many there were in each state before one was chosen. */
export function lookFor(
  people: Iterable<PersonPresence>,
  { text, state, group }: Wanted,
  language: string,
): { readonly found: PersonPresence[]; readonly counts: Readonly<Record<PersonState, number>>; readonly all: number } {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fitting = [...people].filter(({ name, localpart, groups }) => {
    const said = `${name} ${localpart}`.toLowerCase();
    return (group === "" || groups.includes(group)) && words.every((word) => said.includes(word));
  });
  const order = new Intl.Collator(language, { numeric: true });
  const found = fitting
    .filter((person) => isSo(person, state))
    .sort((a, b) => order.compare(a.name, b.name) || order.compare(a.localpart, b.localpart));
  const countOf = (each: PersonState) => fitting.reduce((sum, person) => sum + (isSo(person, each) ? 1 : 0), 0);
  return {
    found,
    counts: {
      ...{ here: countOf("here"), meeting: countOf("meeting"), busy: countOf("busy"), away: countOf("away") },
      ...{ outOfOffice: countOf("outOfOffice"), offline: countOf("offline"), unknown: countOf("unknown") },
    },
    all: fitting.length,
  };
}

export interface NamedGroup {
  readonly id: string;
  readonly name: string;
}

/** People by their groups, who is in several in each; the last for who is in none. Groups without anybody are left out. */
export function inGroups<G extends NamedGroup>(
  people: readonly PersonPresence[],
  groups: readonly G[],
): { readonly group: G | undefined; readonly people: PersonPresence[] }[] {
  const known = new Set(groups.map(({ id }) => id));
  return [
    ...groups.map((group) => ({ group, people: people.filter((person) => person.groups.includes(group.id)) })),
    { group: undefined, people: people.filter((person) => !person.groups.some((id) => known.has(id))) },
  ].filter(({ people: members }) => members.length > 0);
}
