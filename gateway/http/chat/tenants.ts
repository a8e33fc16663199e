import type { Clock } from "../../../platform/clock.ts";

/** What the chat page shows and needs of a tenant. */
export interface ChatTenant {
  readonly id: string;
  readonly name: string;
  /** Its XMPP domain: accounts are `user@domain`, rooms `name@rooms.domain`. */
  readonly domain: string;
}

const FRESH_MS = 10_000;

/**
 * The tenants as last read, at most some seconds old; older while the database is away, since signing in to the XMPP
 * server needs none. Rejects only when they have never been read.
 */
export function rememberedTenants(
  read: () => Promise<readonly ChatTenant[]>,
  clock: Clock,
): () => Promise<readonly ChatTenant[]> {
  let last: { readonly tenants: readonly ChatTenant[]; readonly at: number } | undefined;
  let reading: Promise<readonly ChatTenant[]> | undefined;
  const refresh = async (): Promise<readonly ChatTenant[]> => {
    try {
      const tenants = await read();
      last = { tenants, at: clock() };
      return tenants;
    } catch (error) {
      if (!last) throw error;
      // Asking again at each request would only make a database that is coming back slower.
      last = { tenants: last.tenants, at: clock() };
      return last.tenants;
    } finally {
      reading = undefined;
    }
  };
  return () => {
    if (last && clock() - last.at < FRESH_MS) return Promise.resolve(last.tenants);
    reading ??= refresh();
    return reading;
  };
}

/**
 * Whose page is asked for: `?tenant=<id>` before the host name. `unknown`: a tenant was named that there is not.
 * Pure.
 */
export function chooseTenant(
  tenants: readonly ChatTenant[],
  asked: unknown,
  hostname: string,
): ChatTenant | "none" | "unknown" {
  if (asked !== undefined) return tenants.find(({ id }) => id === asked) ?? "unknown";
  return tenants.find(({ domain }) => domain === hostname.toLowerCase()) ?? "none";
}
