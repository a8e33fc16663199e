/** Takes work in turns, so that nobody's many requests take what all need. */
import { KontorError } from "../platform/errors.ts";

export interface Turns {
  /** Runs work when its turn comes. Throws `too-many` when too much waits already. */
  take<R>(key: string, work: () => Promise<R>): Promise<R>;
}

/** Of each key at most `running` at once, in the order they came; at most `waiting` wait. */
export function createTurns(limits: { readonly running: number; readonly waiting: number }): Turns {
  const all = new Map<string, { running: number; readonly waiting: (() => void)[] }>();
  return {
    take: async (key, work) => {
      const turn = all.get(key) ?? { running: 0, waiting: [] };
      all.set(key, turn);
      if (turn.running >= limits.running) {
        if (turn.waiting.length >= limits.waiting) {
          throw new KontorError(
            "too-many",
            "Too many of your queries wait already: send the next when one is answered",
          );
        }
        await new Promise<void>((go) => turn.waiting.push(go));
      } else turn.running += 1;
      try {
        return await work();
      } finally {
        // The place goes to the next one, or is free.
        const next = turn.waiting.shift();
        if (next) next();
        else turn.running -= 1;
        if (turn.running === 0) all.delete(key);
      }
    },
  };
}
