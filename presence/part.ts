/** What the presence domain does for one tenant beside hearing who is there: each in a file of its own. */
import type { DoorContext } from "../components/door.ts";
import type { Incoming, IqRoute } from "../components/router.ts";
import type { Element } from "../components/stanza.ts";
import type { LivePerson } from "./core.ts";

/** The live people of one tenant, as a part sees and changes them. */
export interface People {
  /** As in memory now; of who is not known: no devices, no meeting. */
  of(localpart: string): LivePerson;
  /** Of whom anything is to be shown. */
  everybody(): Iterable<string>;
  /** Who is in a conference. */
  inMeetings(): Iterable<string>;
  /** Says since when (ms since 1970) a person is in a conference; null: in none. */
  setMeeting(localpart: string, since: number | null): void;
  /** Calls back whenever a person's devices or meeting changed. */
  onChange(listener: (localpart: string) => void): void;
}

interface TenantPart {
  /** Requests that it answers at the presence domain. */
  readonly iq?: readonly IqRoute[];
  readonly features?: readonly string[];
  /** Takes a message for the presence domain; false: it is none of this part's. */
  message?(incoming: Incoming): boolean;
  /** What the server grants (XEP-0356), before `onReady`. */
  privileges?(advertisement: Element): void;
  /** The stream is up and its privileges are granted, for the first time or again: others may have served in between. */
  onReady?(): void;
  /** The stream is down. */
  onOffline?(): void;
  close?(): Promise<void>;
}

export type OpenPart = (context: DoorContext, people: People) => TenantPart;
