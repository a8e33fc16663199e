import { tenantChanged } from "../../identity/tenant-events.ts";
import { servedTenants } from "../../identity/tenant-reads.ts";
import { roomLogTopic } from "../../messaging/index.ts";
import { onWake, wake } from "../../platform/wake.ts";
import { type BridgeDeps, bridgeMetrics } from "./deps.ts";
import { linksTopic } from "./events.ts";
import { type HeldLink, holdLink } from "./holder.ts";
import { forgetLane } from "./lane.ts";
import { createLeases } from "./lease.ts";
import { linkSecrets } from "./link-secrets.ts";
import type { Network } from "./network.ts";
import { atMost } from "./pause.ts";
import { type Link, listLinks, restoreConfig, setLinkState } from "./store.ts";
import { forgetBefore } from "./store-messages.ts";

/** Leases are renewed and the list of links is read so often; a wake-up makes it sooner. */
const LOOK_MS = 5_000;
/** Without a look for so long the engine is not well. */
const LATE_MS = 60_000;
const MAP_DAYS = 90;
const FORGET_MS = 3_600_000;
const STOP_MS = 20_000;

export interface Bridges {
  stop(): Promise<void>;
  /** Resolves while the engine looks after its links; rejects with what is wrong. */
  check(): Promise<void>;
}

/**
 * Runs the links of all tenants in this process. Several processes may: each link is held by one of them, and links that
 * are added, changed or removed are taken up without a restart. Nothing here needs PostgreSQL, Redis or a far side to be
 * there at the start, or all the time.
 */
export function runBridges(deps: BridgeDeps, networks: readonly Network[]): Bridges {
  const log = deps.log;
  const secrets = linkSecrets(deps.settings.xmpp.secret, networks);
  const metrics = bridgeMetrics(deps.metrics);
  const leases = createLeases(deps.redis, deps.newId());
  const held = new Map<string, { readonly link: HeldLink; leasedAt: number }>();
  const subscriptions: Promise<() => Promise<void>>[] = [];
  const closing = new Set<string>();
  let lookedAt = deps.clock();
  let forgotAt = deps.clock();
  let looking: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  /** Ends what this process does for a link; until then nobody, also not this process, takes it up anew. */
  const letGo = async (id: string, removed = false): Promise<void> => {
    const entry = held.get(id);
    if (!entry) return;
    held.delete(id);
    closing.add(id);
    await atMost(STOP_MS, entry.link.stop());
    if (removed) await forgetLane(id, deps, log);
    await leases.release(id).catch((error: unknown) => log.debug("A lease was left to expire", { link: id, error }));
    closing.delete(id);
    await wake(deps.redis, linksTopic, { tenant: entry.link.link.tenant }, log);
  };

  const open = async (link: Link, network: Network): Promise<void> => {
    try {
      held.set(link.id, { link: holdLink(link, network, { ...deps, secrets }, metrics, log), leasedAt: deps.clock() });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (link.state !== "broken") log.error("A link cannot be opened", { tenant: link.tenant, link: link.id, reason });
      await setLinkState(deps.db, link, "broken", reason);
    }
  };

  /** Renews what is held and takes what nobody holds. While PostgreSQL is away the held ones go on. */
  const look = async (): Promise<void> => {
    const links = await currentLinks();
    if (links) {
      const byId = new Map(links.map((link) => [link.id, link]));
      for (const [id, { link }] of held) {
        const stored = byId.get(id);
        if (stored && stored.version === link.link.version) link.seen(stored);
        else void letGo(id, !stored);
      }
    }
    const candidates = links ?? [...held.values()].map(({ link }) => link.link);
    for (const link of candidates) {
      if (stopped) return;
      await takeOrRenew(link);
    }
    lookedAt = deps.clock();
    if (links) await sealOld(links);
    if (links && deps.clock() - forgotAt >= FORGET_MS) await forgetOld();
  };

  /** Secrets that stand there in clear are sealed, once; a link that is held goes on. */
  const sealOld = async (links: readonly Link[]): Promise<void> => {
    for (const link of links.filter((each) => secrets.inClear(each, each.config))) {
      await restoreConfig(deps.db, link, secrets.seal(link, link.config));
      log.info("The secrets of a link were sealed", { tenant: link.tenant, link: link.id });
    }
  };

  const currentLinks = async (): Promise<Link[] | undefined> => {
    try {
      return await listLinks(
        deps.db,
        (await servedTenants(deps.db)).map((tenant) => tenant.id),
      );
    } catch (error) {
      log.warn("The links could not be read; those that are open go on", { error });
      return undefined;
    }
  };

  const takeOrRenew = async (link: Link): Promise<void> => {
    if (closing.has(link.id)) return;
    const mine = held.get(link.id);
    const network = networks.find((each) => each.name === link.network);
    // Left to a process of another version that has it.
    if (!network) return log.debug("A link's network is not known here", { link: link.id, network: link.network });
    // Before the asking: the lease may begin as early as that.
    const askedAt = deps.clock();
    try {
      const taken = await leases.take(link.id);
      if (taken && mine) mine.leasedAt = askedAt;
      else if (taken) await open(link, network);
      else if (mine) void letGo(link.id);
    } catch (error) {
      log.debug("A lease was not renewed", { link: link.id, error });
      if (!mine || !leases.expired(mine.leasedAt, deps.clock())) return;
      log.error("Redis is away for too long: a link is let go, since another process may take it", { link: link.id });
      void letGo(link.id);
    }
  };

  const forgetOld = async (): Promise<void> => {
    forgotAt = deps.clock();
    const before = new Date(deps.clock() - MAP_DAYS * 86_400_000);
    for (const { link } of held.values()) await forgetBefore(deps.db, link.link, before);
  };

  const lookSoon = (): void => {
    if (stopped) return;
    if (looking) {
      again = true;
      return;
    }
    looking = look()
      .catch((error: unknown) => log.error("Looking after the links failed; it is tried again", { error }))
      .finally(() => {
        looking = undefined;
        if (!again) return;
        again = false;
        lookSoon();
      });
  };

  subscriptions.push(
    onWake(deps.patientRedis, roomLogTopic, log, ({ tenant, room }) => {
      for (const { link } of held.values()) {
        if (link.link.tenant === tenant && link.link.roomId === room) link.wake();
      }
    }),
    onWake(deps.patientRedis, linksTopic, log, lookSoon),
    onWake(deps.patientRedis, tenantChanged, log, lookSoon),
  );
  const timer = setInterval(lookSoon, LOOK_MS);
  // Without leases nothing can be taken: at once when Redis comes, not at the next turn.
  deps.redis.on("ready", lookSoon);
  lookSoon();

  return {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      deps.redis.off("ready", lookSoon);
      await looking;
      await Promise.all((await Promise.all(subscriptions)).map((unsubscribe) => unsubscribe()));
      await Promise.all([...held.keys()].map((id) => letGo(id)));
    },
    check: async () => {
      const late = deps.clock() - lookedAt;
      if (late > LATE_MS) throw new Error(`no look at the links for ${Math.round(late / 1_000)} s`);
    },
  };
}
