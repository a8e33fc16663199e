import type { Redis } from "ioredis";
import type { Quotas } from "../identity/core-quota.ts";
import type { Clock } from "../platform/clock.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import type { Committer } from "./committer.ts";

export interface RoomsDeps {
  readonly db: Database;
  /** For queries of archives, whose statements end soon: they wait for each other, and no message waits for them. */
  readonly archive: Database;
  readonly redis: Redis;
  readonly committer: Committer;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Makes occupant ids (XEP-0421) that only this installation can make. */
  readonly occupantSecret: string;
  /** Names this process as owner. */
  readonly processId: string;
  /** Deletes what was said in a tenant's rooms before an instant, on record: where nothing is to be kept. */
  readonly purge: (tenant: string, before: Date) => Promise<unknown>;
  readonly onReflected: (copies: number) => void;
  /** The limits of a tenant that hold now. */
  readonly quotasOf: (tenant: string) => Quotas;
  /** The installation's. */
  readonly quotas: Quotas;
}
