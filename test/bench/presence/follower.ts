/** Somebody who follows presence as event streams do: told by the topic, reads who changed and how that is now. */
import type { Redis } from "ioredis";
import { onWake } from "../../../platform/wake.ts";
import { presenceChanged } from "../../../presence/events.ts";
import { type ChangePosition, presenceReader } from "../../../presence/store.ts";
import { silentLog } from "../../support/real.ts";

/** Calls back with the status of everybody that changed; gives what ends it. */
export async function follow(
  redis: Redis,
  tenants: readonly string[],
  onStatus: (status: string) => void,
): Promise<() => Promise<void>> {
  const reader = presenceReader(redis);
  const positions = new Map<string, ChangePosition>();
  const busy = new Map<string, Promise<void>>();
  for (const tenant of tenants) positions.set(tenant, await reader.changesSince(tenant, undefined, 1));
  const read = async (tenant: string) => {
    for (;;) {
      const found = await reader.changesSince(tenant, positions.get(tenant), 500);
      positions.set(tenant, found);
      if (found.localparts.length === 0) return;
      const { people } = await reader.read(tenant, found.localparts);
      for (const { devices } of people.values()) onStatus(devices[0]?.status ?? "");
    }
  };
  return onWake(redis, presenceChanged, silentLog, ({ tenant }) => {
    if (!positions.has(tenant)) return;
    busy.set(
      tenant,
      (busy.get(tenant) ?? Promise.resolve()).then(() => read(tenant)),
    );
  });
}
