/** Serves every door for every tenant, and follows the list of tenants: new ones are opened, gone ones closed. */
import type { Log } from "../platform/log.ts";
import { type Door, type DoorServer, type ServedDoor, serveDoor, type TenantRef } from "./door.ts";

export interface TenantsServed {
  /** Rejects with the domains whose streams are down. */
  check(): Promise<void>;
  /** Looks at the list now; for whoever hears that it changed. */
  look(): void;
  close(): Promise<void>;
}

const LOOK_MS = 5_000;

/** Goes on while the list can't be read: what is open stays open. */
export function serveTenants(
  doors: readonly Door[],
  server: DoorServer,
  listTenants: () => Promise<readonly TenantRef[]>,
  log: Log,
): TenantsServed {
  const open = new Map<string, { readonly tenant: TenantRef; readonly doors: readonly ServedDoor[] }>();
  let known = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let looking = false;
  let again = false;

  const look = async (): Promise<void> => {
    // One look at a time: two would open the same streams twice. A call in between is not lost.
    again = looking;
    if (looking || closed) return;
    looking = true;
    clearTimeout(timer);
    try {
      await follow(await listTenants());
      known = true;
    } catch (error) {
      log.debug("The tenants could not be read; what is open stays open", { error });
    }
    looking = false;
    if (!closed) timer = setTimeout(look, again ? 0 : known ? LOOK_MS : LOOK_MS / 10);
  };

  const follow = async (tenants: readonly TenantRef[]): Promise<void> => {
    const wanted = new Map(tenants.map((tenant) => [tenant.id, tenant]));
    for (const [id, served] of open) {
      const tenant = wanted.get(id);
      if (tenant?.domain === served.tenant.domain) {
        // The streams stay: only whom they let in changes.
        for (const door of served.doors) door.setPartners(tenant.partners);
        continue;
      }
      await Promise.all(served.doors.map((door) => door.close()));
      open.delete(id);
    }
    for (const tenant of tenants) {
      if (closed || open.has(tenant.id)) continue;
      open.set(tenant.id, { tenant, doors: doors.map((door) => serveDoor(door, tenant, server)) });
    }
  };

  const everyDoor = () => [...open.values()].flatMap((served) => served.doors);

  void look();
  return {
    look: () => void look(),
    check: async () => {
      if (!known) throw new Error("the tenants are not known yet");
      const down = everyDoor().filter((door) => !door.online);
      if (down.length > 0) throw new Error(`no stream for ${down.map((door) => door.domain).join(", ")}`);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await Promise.all(everyDoor().map((door) => door.close()));
    },
  };
}
