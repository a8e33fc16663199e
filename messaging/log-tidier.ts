/**
 * Has the words of new messages sorted into their index soon after they were committed, so that no commit has to: a
 * search looks through what still waits, and whoever finds the list full sorts it in before going on.
 */
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";

const AFTER_MS = 500;

interface TidierDeps {
  /** Sorts in what was committed on a day (UTC). */
  readonly tidy: (day: Date) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface LogTidier {
  /** Something was committed. */
  note(): void;
  /** Resolves when nothing is on its way any more; later notes do nothing. */
  stop(): Promise<void>;
}

export function createLogTidier({ tidy, clock, log }: TidierDeps): LogTidier {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let more = false;
  let stopped = false;

  const start = () => {
    timer = setTimeout(() => {
      timer = undefined;
      running = run();
    }, AFTER_MS);
  };
  const run = async () => {
    more = false;
    await tidy(new Date(clock())).catch((error: unknown) =>
      log.debug("Words of new messages still wait to be sorted in", { error }),
    );
    running = undefined;
    if (more && !stopped) start();
  };

  return {
    note: () => {
      if (stopped) return;
      if (running) more = true;
      else if (timer === undefined) start();
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
