import type { Settings } from "../config/settings.ts";
import type { Clock } from "../platform/clock.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import type { ByteStore } from "./bytes.ts";

/** What the doors and chores of file transfer need; each takes the part it uses. */
export interface FileDeps {
  readonly db: Database;
  readonly bytes: ByteStore;
  readonly settings: Pick<Settings, "files" | "http" | "quotas">;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}
