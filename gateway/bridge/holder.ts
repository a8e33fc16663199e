import type { Log } from "../../platform/log.ts";
import { afterFailure, type Circuit, CLOSED } from "./core-pace.ts";
import type { BridgeDeps, BridgeMetrics } from "./deps.ts";
import { openIntake } from "./intake.ts";
import { openLane } from "./lane.ts";
import type { LinkSecrets } from "./link-secrets.ts";
import { type Connection, FarError, type FarPlace, type Network } from "./network.ts";
import { showOccupants } from "./occupants.ts";
import { pause } from "./pause.ts";
import { createSender } from "./sender.ts";
import { type Link, setLinkState } from "./store.ts";
import type { LinkState } from "./tables.ts";

/** A link that this process serves. */
export interface HeldLink {
  readonly link: Link;
  /** There may be something to send. */
  wake(): void;
  /** The link as PostgreSQL has it now: figures follow it, and a state that was not kept is kept again. */
  seen(stored: Link): void;
  stop(): Promise<void>;
}

/** Serves a link until stopped: connects, again and again, and moves messages both ways. */
export function holdLink(
  link: Link,
  network: Network,
  deps: BridgeDeps & { readonly secrets: LinkSecrets },
  metrics: BridgeMetrics,
  parentLog: Log,
): HeldLink {
  const log = parentLog.with({ tenant: link.tenant, link: link.id, network: link.network });
  const place: FarPlace = network.place(deps.secrets.open(link, link.config));
  const stopping = new AbortController();
  const { signal } = stopping;
  let connection: Connection | undefined;

  const intake = openIntake(link, deps, metrics, log);
  const occupants = showOccupants(link, deps, log);
  const far = { rate: place.rate, capabilities: network.capabilities, connection: () => connection };
  const lane = openLane(link, deps, createSender(link, deps, far, metrics, log, signal), log);
  const labels = { tenant: link.tenant, network: link.network, link: link.id };

  let state: LinkState = "waiting";
  let lastError: string | null = null;
  let kept: Promise<void> = Promise.resolve();
  const keepState = () => {
    // One after the other, so that the last one said is the last one kept.
    kept = kept
      .then(() => setLinkState(deps.db, link, state, lastError))
      .catch((error: unknown) => log.debug("The state of a link was not kept; it is tried again", { error }));
  };
  const say = (newState: LinkState, error: string | null = null) => {
    state = newState;
    lastError = error;
    metrics.up.set(labels, state === "online" ? 1 : 0);
    keepState();
  };

  /** One connection, from its opening to its end; gives why it ended. */
  const live = async (): Promise<{ reason: FarError; livedMs: number }> => {
    let end: (reason: FarError) => void = () => undefined;
    const ended = new Promise<FarError>((resolve) => {
      end = resolve;
    });
    const stopped = () => end(new FarError("Stopped"));
    signal.addEventListener("abort", stopped);
    const opened = {
      log,
      newId: deps.newId,
      clock: deps.clock,
      maxLineBytes: deps.settings.bridge.maxLineBytes,
      signal,
    };
    try {
      const mine = await place.connect(opened, {
        message: intake.push,
        occupants: occupants.set,
        closed: (reason) => end(reason),
      });
      if (signal.aborted) {
        await mine.close();
        return { reason: new FarError("Stopped"), livedMs: 0 };
      }
      const since = deps.clock();
      connection = mine;
      log.info("A link is connected", { place: place.place });
      say("online");
      lane.wake();
      const reason = await ended;
      return { reason, livedMs: deps.clock() - since };
    } catch (error) {
      return { reason: error instanceof FarError ? error : new FarError(String(error)), livedMs: 0 };
    } finally {
      signal.removeEventListener("abort", stopped);
      connection = undefined;
      occupants.set([]);
    }
  };

  const serve = async (): Promise<void> => {
    let circuit: Circuit = CLOSED;
    while (!signal.aborted) {
      say("connecting", lastError);
      const { reason, livedMs } = await live();
      if (signal.aborted) return;
      const { permanent, retryAfterMs, message } = reason;
      const next = afterFailure(circuit, { livedMs, permanent, retryAfterMs }, Math.random());
      circuit = next.circuit;
      log.warn("A link lost its far side; it is tried again", { reason: message, waitMs: next.waitMs });
      say(next.open ? "broken" : "away", message);
      await pause(next.waitMs, signal);
    }
  };
  void serve();

  return {
    link,
    wake: () => {
      if (connection) lane.wake();
    },
    seen: (stored) => {
      metrics.lag.set(labels, stored.lag);
      if (stored.state !== state) keepState();
    },
    stop: async () => {
      const last = connection;
      stopping.abort();
      // First the lane: what it has sent is confirmed and kept before the far side is left.
      await lane.close();
      await last?.close();
      await intake.close();
      await occupants.close();
      say("waiting");
      await kept;
      metrics.up.remove(labels);
      metrics.lag.remove(labels);
    },
  };
}
