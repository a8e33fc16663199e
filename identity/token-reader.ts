import type { Kysely } from "kysely";
import type { Clock } from "../platform/clock.ts";
import { KontorError } from "../platform/errors.ts";
import type { Database } from "../platform/postgres.ts";
import { hashToken } from "../platform/secrets.ts";
import type { PersonRef } from "./access.ts";
import { INSTALLATION } from "./audit.ts";
import type { ApiTokenTable } from "./store.ts";

/** What a token may do now: read from the database, remembered for a few seconds, forgotten at a wake-up. */

interface Tables {
  api_token: ApiTokenTable;
  tenant: { id: string; status: string };
}

interface KnownToken {
  readonly id: string;
  /** What its maker calls it. */
  readonly label: string;
  /** Null for one of the installation. */
  readonly tenant: string | null;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
  /** Who made it; nobody for one from the command line. */
  readonly creator: PersonRef | undefined;
}

export interface TokenReader {
  /** Throws `not-authorized` for a token that is unknown, expired, revoked or of a tenant that is not in service. */
  read(token: string): Promise<KnownToken>;
  /** Forgets the tokens of a tenant, or of the installation for INSTALLATION. */
  forget(tenant: string): void;
}

/** How long a revocation may go unnoticed when its wake-up is lost. */
const REMEMBERED_MS = 5_000;
const MAX_REMEMBERED = 10_000;

export function tokenReader(db: Database, clock: Clock): TokenReader {
  /** By hash; the oldest first. Tokens that are none are not kept: guessing is throttled elsewhere. */
  const remembered = new Map<string, { readonly token: KnownToken; readonly until: number }>();
  /** Counts what was forgotten: an answer that was on its way meanwhile may be old and is not kept. */
  let forgotten = 0;
  return {
    read: async (secret) => {
      const hash = hashToken(secret);
      const now = clock();
      const known = remembered.get(hash);
      if (known && known.until > now && +known.token.expiresAt > now) return known.token;
      const before = forgotten;
      const token = await loadToken(db, hash, new Date(now));
      remembered.delete(hash);
      if (!token) throw new KontorError("not-authorized", "The token is unknown or has expired");
      if (before === forgotten) remembered.set(hash, { token, until: now + REMEMBERED_MS });
      const [oldest] = remembered.keys();
      if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      return token;
    },
    forget: (tenant) => {
      forgotten += 1;
      for (const [hash, { token }] of remembered) {
        if ((token.tenant ?? INSTALLATION) === tenant) remembered.delete(hash);
      }
    },
  };
}

async function loadToken(db: Database, hash: string, now: Date): Promise<KnownToken | undefined> {
  const tokens: Kysely<Tables> = db.common<Tables>();
  const found = await tokens
    .selectFrom("api_token")
    .leftJoin("tenant as of", "of.id", "api_token.tenant")
    .select(["api_token.id", "label", "api_token.tenant", "scopes", "expires_at", "created_by"])
    .where("hash", "=", hash)
    .where("expires_at", ">", now)
    .where("revoked_at", "is", null)
    .where(({ or, eb }) => or([eb("api_token.tenant", "is", null), eb("of.status", "=", "active")]))
    .executeTakeFirst();
  if (!found) return undefined;
  const { created_by, expires_at: expiresAt, ...rest } = found;
  const [tenant, id] = created_by?.split("/") ?? [];
  return { ...rest, expiresAt, creator: tenant !== undefined && id !== undefined ? { tenant, id } : undefined };
}
