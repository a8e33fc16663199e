import { useEffect, useState } from "react";
import { path } from "../api/client.ts";
import type { SentEvent } from "../api/event-stream.ts";
import { useSession } from "../api/session.tsx";
import { nothingTold, type Told, withEvents } from "./presence.ts";

/** What comes within this time is shown at once: a page of many people comes in many events. */
const GATHER_MS = 100;
/** A stream ends now and then and comes back at once: only what lasts is said. */
const PATIENCE_MS = 4_000;

interface Presence {
  readonly told: Told;
  /** Whether what is told may be out of date. */
  readonly interrupted: boolean;
  readonly error: unknown;
  readonly retry: () => void;
}

/** The people of the tenant that is shown as they are, for as long as this is looked at. */
export function usePresence(): Presence {
  const { api, tenant } = useSession();
  const [told, setTold] = useState<Told>(nothingTold);
  const [interrupted, setInterrupted] = useState(false);
  const [error, setError] = useState<unknown>();
  const [tries, setTries] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each try begins anew
  useEffect(() => {
    const stop = new AbortController();
    let gathered: SentEvent[] = [];
    let showing: ReturnType<typeof setTimeout> | undefined;
    let waiting: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      const events = gathered;
      gathered = [];
      showing = undefined;
      setTold((before) => withEvents(before, events));
    };
    setError(undefined);
    api
      .follow(path`/tenants/${tenant}/presence/events`, {
        take: (event) => {
          gathered.push(event);
          showing ??= setTimeout(show, GATHER_MS);
        },
        connected: (up) => {
          clearTimeout(waiting);
          if (up) setInterrupted(false);
          else waiting = setTimeout(() => setInterrupted(true), PATIENCE_MS);
        },
        signal: stop.signal,
      })
      .catch((problem: unknown) => setError(problem));
    return () => {
      stop.abort();
      clearTimeout(showing);
      clearTimeout(waiting);
    };
  }, [api, tenant, tries]);
  return { told, interrupted, error, retry: () => setTries((before) => before + 1) };
}
