/**
 * What one viewer is shown of one person: all that leaves over REST, events, webhooks and badges passes through here.
 * Who may not see is shown the same whatever is the case. Pure.
 */
import type { Device, LivePerson, Show } from "./core.ts";
import { maySee, type OwnVisibility, type PresenceRules, timesHidden, type Viewer } from "./core-visibility.ts";

/** A person as the directory has it. */
export interface DirectoryPerson {
  readonly id: string;
  readonly localpart: string;
  readonly name: string;
  /** Ids of the groups shown in rosters that it is in. */
  readonly groups: readonly string[];
  readonly own: OwnVisibility;
  /** While it lasts. */
  readonly outOfOffice: { readonly until: Date; readonly text: string } | null;
}

/** Somebody who looks at the people of a tenant. */
export type Looker =
  | {
      readonly kind: "tenant" | "partner";
      /** Undefined for people of a partner. */
      readonly person: string | undefined;
      /** The groups shown in rosters that he is in. */
      readonly groups: ReadonlySet<string>;
      /** Bare addresses of people whose presence he is subscribed to; undefined: that is not known, so nobody. */
      readonly contacts: ReadonlySet<string> | undefined;
    }
  | { readonly kind: "program" };

/** Who somebody is to one of the people that he looks at. */
export function viewerOf(looker: Looker, domain: string, person: DirectoryPerson): Viewer {
  if (looker.kind === "program") return looker;
  if (looker.person === person.id) return { kind: "self" };
  return {
    kind: looker.kind,
    contact: looker.contacts?.has(`${person.localpart}@${domain}`) ?? false,
    sharesGroup: person.groups.some((group) => looker.groups.has(group)),
  };
}

/** Whether what a looker may see of these people depends on who his contacts are. */
export function needsContacts(looker: Looker, rules: PresenceRules, people: Iterable<DirectoryPerson>): boolean {
  if (looker.kind === "program") return false;
  const [stranger, contact] = [false, true].map((is) => ({ kind: looker.kind, contact: is, sharesGroup: false }));
  if (!stranger || !contact) return false;
  for (const { id, own, groups } of people) {
    if (id === looker.person || groups.some((group) => looker.groups.has(group))) continue;
    if (maySee(contact, rules, own) !== maySee(stranger, rules, own)) return true;
  }
  return false;
}

/** `show` of whoever may not see, and while nothing is known. */
type Shown = Show | "offline" | "unknown";

interface PresentedDevice {
  readonly resource: string;
  readonly kind: Device["kind"];
  readonly show: Show;
  readonly status: string | null;
  readonly priority: number;
  readonly since: string | null;
  readonly idleSince: string | null;
}

export interface PresentedPerson {
  readonly localpart: string;
  readonly jid: string;
  readonly name: string;
  readonly groups: string[];
  readonly available: boolean;
  readonly show: Shown;
  readonly status: string | null;
  readonly since: string | null;
  readonly idleSince: string | null;
  readonly mobileOnly: boolean;
  readonly meeting: { readonly since: string | null } | null;
  readonly outOfOffice: { readonly until: string; readonly text: string } | null;
  readonly devices: PresentedDevice[];
}

const PORTABLE: ReadonlySet<Device["kind"]> = new Set(["phone", "handheld", "tablet", "sms"]);

interface Seen {
  readonly viewer: Viewer;
  readonly rules: PresenceRules;
  /** The domain of the tenant. */
  readonly domain: string;
  readonly person: DirectoryPerson;
  /** Undefined: there is nothing to be shown of the person. */
  readonly live: LivePerson | undefined;
  /** Whether the XMPP server can be heard. */
  readonly known: boolean;
}

/** A person as the viewer may see it. */
export function present({ viewer, rules, domain, person, live, known }: Seen): PresentedPerson {
  const { localpart, name, groups, own } = person;
  const directory = { localpart, jid: `${localpart}@${domain}`, name, groups: [...groups] };
  if (!maySee(viewer, rules, own)) return { ...directory, ...unseen };
  const hidden = timesHidden(rules, own) && viewer.kind !== "self";
  const time = (ms: number | null) => (ms === null || hidden ? null : new Date(ms).toISOString());
  const devices = live?.devices ?? [];
  const speaker = devices[0];
  const inMeeting = live !== undefined && live.meetingSince !== null;
  return {
    ...directory,
    available: speaker !== undefined || inMeeting,
    show: inMeeting ? "dnd" : (speaker?.show ?? (known ? "offline" : "unknown")),
    status: speaker?.status ?? null,
    since: speaker ? time(speaker.at) : null,
    idleSince: time(speaker?.idleSince ?? null),
    mobileOnly: speaker !== undefined && devices.every(({ kind }) => PORTABLE.has(kind)),
    meeting: inMeeting ? { since: time(live.meetingSince) } : null,
    outOfOffice: person.outOfOffice && {
      until: person.outOfOffice.until.toISOString(),
      text: person.outOfOffice.text,
    },
    devices: devices.map(({ resource, kind, show, status, priority, at, idleSince }) => ({
      ...{ resource, kind, show, status, priority },
      ...{ since: time(at), idleSince: time(idleSince) },
    })),
  };
}

const unseen = {
  available: false,
  show: "unknown",
  status: null,
  since: null,
  idleSince: null,
  mobileOnly: false,
  meeting: null,
  outOfOffice: null,
  devices: [],
} satisfies Partial<PresentedPerson>;
