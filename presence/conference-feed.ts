/**
 * What the server's module of conferences (mod_kontor_conferences) tells: who of the tenant's people is in which, as a
 * message with each change, and all of it in answer to a question, by pages.
 */
import { z } from "zod";
import { attr, type Element, x } from "../components/stanza.ts";
import { codec } from "../components/xep/codec.ts";

const NS_CONFERENCES = "urn:kontor:conferences:1";

/** Of one answer: what the server wrote in one stanza is bounded by its own limits, too. */
const PAGE_PEOPLE = 1_000;

const local = z.string().min(1).max(1023);
const room = z.string().min(1).max(1023);
/** Milliseconds since 1970. */
const since = z.coerce.number().int().positive();
const seq = z.coerce.number().int().min(0);
const epoch = z.string().min(1).max(64);
const inside = z.object({ local, since });

const conferenceChange = z.object({
  epoch,
  seq,
  room,
  /** When the second participant came; null: there are no two now. */
  since: since.nullable(),
  joined: z.array(inside),
  left: z.array(local),
});
export type ConferenceChange = z.output<typeof conferenceChange>;

const conferencePage = z.object({
  epoch,
  /** The last change that is in it. */
  seq,
  conferences: z.array(z.object({ room, since: since.nullable(), people: z.array(inside) })),
  more: z.boolean(),
});
export type ConferencePage = z.output<typeof conferencePage>;

const optional = <T>(value: T | null): T | undefined => value ?? undefined;
const insideOf = (each: Element) => ({ local: attr(each, "local"), since: attr(each, "since") });

export const changeOfConference = codec({
  name: "conference",
  ns: NS_CONFERENCES,
  schema: conferenceChange,
  read: (element) => ({
    epoch: attr(element, "epoch"),
    seq: attr(element, "seq"),
    room: attr(element, "room"),
    since: attr(element, "since") ?? null,
    joined: element.getChildren("joined").map(insideOf),
    left: element.getChildren("left").map((each) => attr(each, "local")),
  }),
  write: (change) =>
    x(
      "conference",
      {
        xmlns: NS_CONFERENCES,
        epoch: change.epoch,
        seq: change.seq,
        room: change.room,
        since: optional(change.since),
      },
      ...change.joined.map((each) => x("joined", each)),
      ...change.left.map((each) => x("left", { local: each })),
    ),
});

export const pageOfConferences = codec({
  name: "conferences",
  ns: NS_CONFERENCES,
  schema: conferencePage,
  read: (element) => ({
    epoch: attr(element, "epoch"),
    seq: attr(element, "seq"),
    conferences: element.getChildren("conference").map((each) => ({
      room: attr(each, "room"),
      since: attr(each, "since") ?? null,
      people: each.getChildren("person").map(insideOf),
    })),
    more: attr(element, "more") === "true",
  }),
  write: (page) =>
    x(
      "conferences",
      { xmlns: NS_CONFERENCES, epoch: page.epoch, seq: page.seq, more: page.more ? "true" : undefined },
      ...page.conferences.map((each) =>
        x(
          "conference",
          { room: each.room, since: optional(each.since) },
          ...each.people.map((person) => x("person", person)),
        ),
      ),
    ),
});

/** Asks for the conferences that come after this one, or from the first on. */
export const conferencesQuestion = (after: string | undefined): Element =>
  x("conferences", { xmlns: NS_CONFERENCES, after, limit: PAGE_PEOPLE });
