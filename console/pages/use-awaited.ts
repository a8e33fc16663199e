import { useCallback, useEffect, useState } from "react";
import { type PersonPresence, stateOf } from "./presence.ts";

interface Awaited {
  /** Of whom one wants to be told. */
  readonly awaited: ReadonlySet<string>;
  /** Who has come since, until that is closed. */
  readonly arrived: readonly PersonPresence[];
  /** Waits for somebody, or does so no longer. */
  readonly toggle: (localpart: string) => void;
  readonly close: (localpart: string) => void;
}

/** Waits for people to come, as long as the page is open: nothing of it is kept anywhere. */
export function useAwaited(people: ReadonlyMap<string, PersonPresence>): Awaited {
  const [awaited, setAwaited] = useState<ReadonlySet<string>>(new Set());
  const [arrived, setArrived] = useState<readonly PersonPresence[]>([]);
  useEffect(() => {
    const here = [...awaited].flatMap((localpart) => {
      const person = people.get(localpart);
      return person && stateOf(person) === "here" ? [person] : [];
    });
    if (here.length === 0) return;
    const come = new Set(here.map(({ localpart }) => localpart));
    setAwaited((before) => new Set([...before].filter((each) => !come.has(each))));
    setArrived((before) => [...before.filter(({ localpart }) => !come.has(localpart)), ...here]);
  }, [people, awaited]);
  const toggle = useCallback((localpart: string) => {
    setAwaited((before) => {
      const next = new Set(before);
      if (!next.delete(localpart)) next.add(localpart);
      return next;
    });
  }, []);
  const close = useCallback(
    (localpart: string) => setArrived((before) => before.filter((each) => each.localpart !== localpart)),
    [],
  );
  return { awaited, arrived, toggle, close };
}
