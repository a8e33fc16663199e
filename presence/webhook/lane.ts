/** One webhook in one worker: looks what there is to tell, and delivers it if no other worker does. */
import type { NewId } from "../../platform/ids.ts";
import type { Log } from "../../platform/log.ts";
import type { Database } from "../../platform/postgres.ts";
import type { PresenceReader } from "../store.ts";
import { afterDelivery, type Outcome } from "./core-pace.ts";
import { DELIVERY_MS, deliver } from "./deliver.ts";
import { MAX_PEOPLE, type Plan, planDelivery } from "./plan.ts";
import { openSecrets, type WebhookPlace } from "./secrets.ts";
import { beginAnew, claim, LEASE_MS, type OpenWebhook, pass, readOpen, settle } from "./store-work.ts";

export interface LaneDeps {
  readonly db: Database;
  readonly reader: PresenceReader;
  readonly clock: () => number;
  readonly newId: NewId;
  readonly log: Log;
  /** Master under which the secrets of webhooks are sealed. */
  readonly secret: string;
  readonly allowLocal: boolean;
  /** In [0, 1). */
  readonly random: () => number;
  /** Runs work when there is room for it. */
  readonly room: <R>(work: () => Promise<R>) => Promise<R>;
  readonly delivered: (taken: boolean) => void;
}

export interface Lane {
  /** There may be something to tell; `all`: also of people whose presence has not changed. */
  wake(all?: boolean): void;
  /** The webhook was changed: what it waits for may be over. */
  changed(): void;
  /** Lets a delivery that is under way end. */
  close(): Promise<void>;
}

/** Between two looks. */
const PAUSE_MS = 1_000;
/** After so long a webhook that waits is read again. */
const LONGEST_MS = 30_000;
/** While PostgreSQL or Redis is away. */
const AWAY_MS = 5_000;
/** So long the state is unknown before that is told: a restart of ours is nobody's matter. */
const UNKNOWN_MS = 60_000;

/** Serves a webhook; `gone` is called when it is off or there is none any more. */
export function openLane(place: WebhookPlace, deps: LaneDeps, gone: () => void): Lane {
  const { db, clock, newId } = deps;
  const log = deps.log.with({ tenant: place.tenant, webhook: place.id });
  // What the database has is compared with what was told: once at the beginning, and when it may have changed.
  let sight = true;
  let compare = true;
  // A comparison that is under way is not begun anew, or in a busy tenant it would never reach its end.
  let from: string | undefined;
  let unknownSince: number | undefined;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let again = false;
  let closed = false;

  /** Delivers, and gives how long to wait then. */
  const tell = async (webhook: OpenWebhook, { data, told }: Plan) => {
    const begun = clock();
    const attempt = await claim(db, webhook, new Date(begun));
    if (attempt === undefined) return { waitMs: PAUSE_MS, taken: false };
    const { tenant, id, url } = webhook;
    const secrets = openSecrets(deps.secret, webhook, webhook.secrets, begun);
    // Too late to end before another worker takes over, who has newer things to tell.
    if (clock() - begun > LEASE_MS - DELIVERY_MS) return { waitMs: PAUSE_MS, taken: false };
    const message = {
      id: newId(),
      type: "presence.changed",
      data: { tenant, webhook: id, delivery: attempt, ...data },
    };
    const lost: Outcome = { status: null, problem: "secret-lost", retryAfterMs: null };
    const outcome = secrets.length === 0 ? lost : await deliver({ url, secrets, ...message }, deps.allowLocal, clock);
    const now = clock();
    const trouble = { failures: webhook.failures, since: webhook.failingSince?.getTime() ?? null };
    const step = afterDelivery(trouble, outcome, now, deps.random());
    await settle(db, webhook, { attempt, outcome, step, told }, new Date(now), newId);
    const taken = outcome.problem === null;
    deps.delivered(taken);
    if (step.off) log.warn("A webhook was switched off", { reason: step.off });
    else if (!taken) log.debug("A webhook did not take a delivery; it is tried again", { problem: outcome.problem });
    return { waitMs: step.waitMs, taken };
  };

  /** One look; gives after how long the next one is due, undefined: when there is news. */
  const look = async (): Promise<number | undefined> => {
    again = false;
    const webhook = await readOpen(db, place);
    if (closed) return undefined;
    if (!webhook) {
      gone();
      return undefined;
    }
    const now = clock();
    const waitMs = webhook.nextAt.getTime() - now;
    if (waitMs > 0) return waitMs;
    // Another worker delivers, or died: that is seen soon.
    if (webhook.leaseUntil !== null && webhook.leaseUntil.getTime() > now) return PAUSE_MS;
    const changes = await deps.reader.changesSince(place.tenant, webhook.cursor, MAX_PEOPLE);
    if (changes.reset && changes.since !== undefined) {
      await beginAnew(db, webhook, changes);
      from = "";
      return 0;
    }
    const tellUnknown = unknownSince !== undefined && now - unknownSince >= UNKNOWN_MS;
    if (compare && from === undefined) {
      from = "";
      compare = false;
    }
    const asked = { sight, from, tellUnknown };
    sight = false;
    const plan = await planDelivery(deps, webhook, changes, asked, new Date(now)).catch((error: unknown) => {
      sight ||= asked.sight;
      throw error;
    });
    if (closed) return undefined;
    unknownSince = plan.known ? undefined : (unknownSince ?? now);
    if (plan.data) {
      const { waitMs: wait, taken } = await tell(webhook, plan);
      sight ||= taken ? plan.next.sight : asked.sight;
      if (taken) from = plan.next.from;
      return wait;
    }
    const { position } = plan.told;
    if (position && (position.generation !== webhook.cursor?.generation || position.seq !== webhook.cursor.seq)) {
      await pass(db, webhook, position);
    }
    sight ||= plan.next.sight;
    from = plan.next.from;
    return plan.more || (compare && from === undefined) ? 0 : undefined;
  };

  const run = () => {
    if (closed) return;
    running = deps
      .room(look)
      .catch((error: unknown) => {
        log.debug("A webhook could not be looked at; it is tried again", { error });
        return AWAY_MS;
      })
      .then((waitMs) => {
        running = undefined;
        if (closed) return;
        // Also without anything due there is a pause, or a busy tenant would be looked at with each change.
        timer = setTimeout(
          () => {
            timer = undefined;
            if (waitMs !== undefined || again) run();
          },
          Math.min(waitMs ?? PAUSE_MS, LONGEST_MS),
        );
      });
  };

  const wake: Lane["wake"] = (everybody = false) => {
    sight ||= everybody;
    compare ||= everybody;
    again = true;
    if (!running && !timer) run();
  };

  return {
    wake,
    changed: () => {
      clearTimeout(timer);
      timer = undefined;
      wake(true);
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
