/**
 * What one person's devices say of themselves, and what that makes of the person. Pure.
 * Events carry a version that grows with their arrival in a stream; whatever order they are applied in, and however
 * often, the highest version of each device stands.
 */

/** RFC 6121 4.7.2.1; `online` is presence without a show. From most to least available. */
export const shows = ["chat", "online", "dnd", "away", "xa"] as const;
export type Show = (typeof shows)[number];

/** The types of a client (XEP-0030, registry of service discovery identities). */
export const deviceKinds = ["pc", "phone", "tablet", "handheld", "web", "console", "bot", "game", "sms"] as const;
export type DeviceKind = (typeof deviceKinds)[number];

/** By what a client names its software, and what it can (XEP-0115). */
export interface DeviceCaps {
  readonly hash: string;
  readonly node: string;
  readonly ver: string;
}

interface Said {
  readonly show: Show;
  readonly status: string | null;
  /** -128 to 127 (RFC 6121 4.7.2.3). */
  readonly priority: number;
  /** Since when nobody has touched the device, ms since 1970 (XEP-0319); null: it does not say so. */
  readonly idleSince: number | null;
}

/** What one device (resource) says of itself. */
export interface DevicePresence extends Said {
  /** Null: it does not say it. */
  readonly caps: DeviceCaps | null;
}

/** Something a device, or the server for all devices of a person, said. */
export interface PresenceEvent {
  /** Empty: all devices of the person (RFC 6121 4.3.2: unavailable from the bare address). */
  readonly resource: string;
  readonly version: number;
  /** When it was said, ms since 1970. */
  readonly at: number;
  /** Undefined: not available any more. */
  readonly presence: DevicePresence | undefined;
}

interface Entry {
  readonly version: number;
  readonly at: number;
  /** Undefined: gone. Kept for a while, so that a late event from before does not bring the device back. */
  readonly presence: DevicePresence | undefined;
}

/** The devices of one person. */
export interface PersonState {
  /** Nothing of this version or below counts: the server said then that all devices are gone. */
  readonly floor: number;
  readonly devices: ReadonlyMap<string, Entry>;
}

/** An available device, as it is stored and shown. */
export interface Device extends Said {
  readonly resource: string;
  /** Null: not known, or not yet. */
  readonly kind: DeviceKind | null;
  /** When it said so, ms since 1970. */
  readonly at: number;
}

/** What is shown of a person at a moment. */
export interface LivePerson {
  /** The available devices, the one that speaks for the person first. */
  readonly devices: readonly Device[];
  /** Since when the person is in a conference, ms since 1970; null: in none. */
  readonly meetingSince: number | null;
}

/** Devices of one person that are kept; beyond it those heard of longest ago are forgotten. */
export const MAX_DEVICES = 16;
const MAX_GONE = 32;
const GONE_KEPT_MS = 5 * 60_000;

export const nobody: PersonState = { floor: 0, devices: new Map() };

/** Applies an event; gives the same object back when nothing changed. */
export function step(state: PersonState, event: PresenceEvent): PersonState {
  if (event.version <= state.floor) return state;
  if (event.resource === "") {
    // The server never says of all devices at once that they are available.
    if (event.presence) return state;
    const later = [...state.devices].filter(([, each]) => each.version > event.version);
    return { floor: event.version, devices: new Map(later) };
  }
  const known = state.devices.get(event.resource);
  if (known && known.version >= event.version) return state;
  const { version, at, presence } = event;
  const devices = new Map(state.devices).set(event.resource, { version, at, presence });
  bound(devices, (entry) => entry.presence !== undefined, MAX_DEVICES);
  bound(devices, (entry) => entry.presence === undefined, MAX_GONE);
  return { floor: state.floor, devices };
}

function bound(devices: Map<string, Entry>, counts: (entry: Entry) => boolean, limit: number): void {
  const counted = [...devices].filter(([, entry]) => counts(entry));
  if (counted.length <= limit) return;
  counted.sort(([, a], [, b]) => a.version - b.version);
  for (const [resource] of counted.slice(0, counted.length - limit)) devices.delete(resource);
}

/** The same with times that were known before: what devices said is as it was, and so is when they did. */
export function withTimes(state: PersonState, devices: readonly Device[]): PersonState {
  const entries = new Map(state.devices);
  for (const { resource, at, idleSince } of devices) {
    const known = entries.get(resource);
    if (known?.presence) entries.set(resource, { ...known, at, presence: { ...known.presence, idleSince } });
  }
  return { floor: state.floor, devices: entries };
}

/** Drops what is remembered of devices gone for some minutes; undefined when nothing of the person is left. */
export function forgetGone(state: PersonState, now: number): PersonState | undefined {
  const kept = [...state.devices].filter(([, each]) => each.presence !== undefined || each.at > now - GONE_KEPT_MS);
  if (kept.length === 0) return undefined;
  return kept.length === state.devices.size ? state : { floor: state.floor, devices: new Map(kept) };
}

/** What kind of device says this of its software; null: not known. */
export type KindOf = (caps: DeviceCaps) => DeviceKind | null;

/**
 * The available devices, the one that speaks for the person first: highest priority, then most available, then heard
 * of last.
 */
export function availableDevices(state: PersonState, kindOf: KindOf = () => null): Device[] {
  const found = [...state.devices].flatMap(([resource, { presence, at }]) => {
    if (!presence) return [];
    const { caps, ...said } = presence;
    return [{ resource, ...said, kind: caps && kindOf(caps), at }];
  });
  return found.sort(
    (a, b) =>
      b.priority - a.priority ||
      shows.indexOf(a.show) - shows.indexOf(b.show) ||
      b.at - a.at ||
      (a.resource < b.resource ? -1 : 1),
  );
}
