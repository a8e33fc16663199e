import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import { defaultRules, type RoomRules } from "./core-rules.ts";
import { readRules } from "./store-rules.ts";

/** The rules of one tenant, for whoever asks at each stanza. */
export interface RulesWatch {
  /** As last read; the defaults before that. Never waits. */
  now(): RoomRules;
  /** Reads them again. While PostgreSQL is away, what was last read holds. */
  look(): Promise<void>;
}

export function watchRules(db: Database, tenant: string, log: Log): RulesWatch {
  let rules = defaultRules;
  let turn = 0;
  return {
    now: () => rules,
    look: async () => {
      turn += 1;
      const mine = turn;
      try {
        const found = await readRules(db, tenant);
        // A slower answer to an earlier question may be out of date.
        if (mine === turn) rules = found;
      } catch (error) {
        log.debug("The rules of the rooms could not be read; those last read hold", { error });
      }
    },
  };
}
