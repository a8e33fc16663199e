/** What was heard of a person beside what the server says that his devices said last. Pure. */
import { availableDevices, type DevicePresence, MAX_DEVICES, type PersonState } from "./core.ts";

/** A session as the server has it. */
export interface Told {
  readonly resource: string;
  /** Since when it is so, ms since 1970. */
  readonly at: number;
  readonly presence: DevicePresence;
  /** Without what was too long to be told. */
  readonly partial: boolean;
}

/** What was missed of a device; without presence that it went. */
export interface Missed {
  readonly resource: string;
  readonly at: number;
  readonly presence: DevicePresence | undefined;
}

/** When somebody touched a device last is bounded by the time at which it was heard: stamps have whole seconds. */
const SAME_IDLE_MS = 2_000;

/**
 * What has to be made up for, so that a person is as told. Whatever is of a version above `asked` came after the question
 * and is newer than its answer. `whole` says that all of the person's sessions were told.
 */
export function missed(
  state: PersonState,
  told: readonly Told[],
  asked: number,
  whole: boolean,
  now: number,
): Missed[] {
  const found: Missed[] = [];
  let room = MAX_DEVICES - availableDevices(state).length;
  for (const { resource, at, presence, partial } of told) {
    const known = state.devices.get(resource);
    if ((known?.version ?? state.floor) > asked) continue;
    if (known?.presence) {
      if (!partial && !same(known.presence, presence)) found.push({ resource, at, presence });
    } else if (room > 0) {
      // Of somebody with more devices than are kept, those that were forgotten are not brought back.
      room -= 1;
      found.push({ resource, at, presence });
    }
  }
  if (!whole) return found;
  const there = new Set(told.map((each) => each.resource));
  for (const [resource, known] of state.devices) {
    if (!known.presence || known.version > asked || there.has(resource)) continue;
    found.push({ resource, at: now, presence: undefined });
  }
  return found;
}

function same(one: DevicePresence, other: DevicePresence): boolean {
  return (
    one.show === other.show &&
    one.status === other.status &&
    one.priority === other.priority &&
    sameIdle(one.idleSince, other.idleSince) &&
    one.caps?.hash === other.caps?.hash &&
    one.caps?.node === other.caps?.node &&
    one.caps?.ver === other.caps?.ver
  );
}

function sameIdle(one: number | null, other: number | null): boolean {
  if (one === null || other === null) return one === other;
  return Math.abs(one - other) <= SAME_IDLE_MS;
}
