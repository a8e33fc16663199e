/** What goes on when a person's presence is told anew: after a restart the server's stamps are whole seconds. Pure. */
import type { Device, LivePerson } from "./core.ts";

/** As far apart two times of the same word may be. */
const SAME_MS = 2_000;

const close = (one: number, other: number): boolean => Math.abs(one - other) <= SAME_MS;

const closeOrNull = (one: number | null, other: number | null): boolean =>
  one === null || other === null ? one === other : close(one, other);

/** Of the same devices saying the same the times that were published before stand: nothing has changed. */
export function continued(before: LivePerson, now: LivePerson): LivePerson {
  const goesOn =
    before.devices.length === now.devices.length &&
    before.devices.every((each, index) => sameDevice(each, now.devices[index])) &&
    closeOrNull(before.meetingSince, now.meetingSince);
  return goesOn ? before : now;
}

function sameDevice(one: Device, other: Device | undefined): boolean {
  return (
    other !== undefined &&
    one.resource === other.resource &&
    one.show === other.show &&
    one.status === other.status &&
    one.priority === other.priority &&
    closeOrNull(one.idleSince, other.idleSince) &&
    // What the software is asked for is known a little later.
    (other.kind === null || one.kind === other.kind) &&
    close(one.at, other.at)
  );
}
