import type { Redis } from "ioredis";
import { findTenant } from "../identity/index.ts";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { Database } from "../platform/postgres.ts";
import type { ContactsReader } from "./lookers.ts";
import type { PresenceReader } from "./store.ts";

/** What the REST doors of presence work with. */
export interface PresenceHttpDeps {
  readonly db: Database;
  readonly redis: Redis;
  readonly reader: PresenceReader;
  readonly contacts: ContactsReader;
  readonly log: Log;
  readonly clock: Clock;
  readonly newId: NewId;
  /** Ids that nobody can guess, nor see when they were made. */
  readonly newBadge: NewId;
  /** Master of the key under which places in event streams are sealed. */
  readonly secret: string;
  /** Base of the addresses of badges. */
  readonly publicUrl: string;
}

/** The domain of a tenant. Throws `not-found`. */
export async function domainOf({ db }: Pick<PresenceHttpDeps, "db">, tenant: string): Promise<string> {
  const found = await findTenant(db, tenant);
  if (!found) throw new KontorError("not-found", "There is no such tenant");
  return found.domain;
}
