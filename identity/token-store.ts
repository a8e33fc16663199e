import { type Kysely, type Selectable, sql } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import type { Database } from "../platform/postgres.ts";
import { hashToken, newSecret } from "../platform/secrets.ts";
import type { PersonRef } from "./access.ts";
import { type Actor, audit, INSTALLATION } from "./audit.ts";
import type { ApiTokenTable } from "./store.ts";

/** API tokens as people manage them; `tenant` null: for the installation. Only hashes are kept. */

interface Tables {
  api_token: ApiTokenTable;
}

export type StoredToken = Omit<Selectable<ApiTokenTable>, "hash" | "created_by">;
const columns = ["id", "tenant", "label", "scopes", "created_at", "expires_at", "revoked_at"] as const;

/** Live ones of a tenant, and of the installation. */
const MAX_TOKENS = 200;

export interface TokenWish {
  readonly tenant: string | null;
  readonly label: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Date;
  /** Who makes it: the token never may more than this person; none from the command line. */
  readonly creator: PersonRef | undefined;
}

const creatorOf = ({ tenant, id }: PersonRef): string => `${tenant}/${id}`;

/** Makes a token; its secret is in the answer and nowhere else. Throws `too-many`. */
export async function createToken(
  db: Database,
  actor: Actor,
  wish: TokenWish,
  now: Date,
  newId: NewId,
): Promise<{ token: StoredToken; secret: string }> {
  const { tenant, label, creator } = wish;
  const secret = newSecret("kontor");
  const token: StoredToken = {
    id: newId(),
    tenant,
    label,
    scopes: [...wish.scopes],
    created_at: now,
    expires_at: wish.expiresAt,
    revoked_at: null,
  };
  await db.withTenants<Tables, void>([tenant ?? INSTALLATION], async (trx) => {
    // Counting and adding are one step, or many at once would pass the bound.
    await sql`select pg_advisory_xact_lock(hashtext(${`api_token ${tenant ?? INSTALLATION}`}))`.execute(trx);
    const { live } = await trx
      .selectFrom("api_token")
      .select(({ fn }) => fn.countAll<number>().as("live"))
      .where("tenant", "is not distinct from", tenant)
      .where("revoked_at", "is", null)
      .where("expires_at", ">", now)
      .executeTakeFirstOrThrow();
    if (live >= MAX_TOKENS) throw new KontorError("too-many", `There are ${MAX_TOKENS} tokens: revoke some first`);
    const created_by = creator ? creatorOf(creator) : null;
    await trx
      .insertInto("api_token")
      .values({ ...token, hash: hashToken(secret), created_by })
      .execute();
    const { id, scopes, expires_at } = token;
    const change = { tenant: tenant ?? INSTALLATION, action: "token:change", object: `api-key/${id}` };
    await audit(trx, actor, { ...change, after: { label, scopes, expiresAt: expires_at.toISOString() } }, now, newId);
  });
  return { token, secret };
}

/** Up to `limit` tokens from the newest on, expired and revoked ones too. */
export async function pageTokens(
  db: Database,
  tenant: string | null,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<StoredToken[]> {
  const tokens: Kysely<Tables> = db.common<Tables>();
  const { before, limit } = page;
  return tokens
    .selectFrom("api_token")
    .select(columns)
    .where("tenant", "is not distinct from", tenant)
    .$if(before !== undefined, (query) => query.where("id", "<", before ?? ""))
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

/** Ends a token at once. Throws `not-found`, also for one that is revoked already. */
export async function revokeToken(
  db: Database,
  actor: Actor,
  { tenant, id }: { readonly tenant: string | null; readonly id: string },
  now: Date,
  newId: NewId,
): Promise<void> {
  await db.withTenants<Tables, void>([tenant ?? INSTALLATION], async (trx) => {
    const revoked = await trx
      .updateTable("api_token")
      .set({ revoked_at: now })
      .where("tenant", "is not distinct from", tenant)
      .where("id", "=", id)
      .where("revoked_at", "is", null)
      .returning("label")
      .executeTakeFirst();
    if (!revoked) throw new KontorError("not-found", "There is no such token, or it is revoked already");
    const change = { tenant: tenant ?? INSTALLATION, action: "token:change", object: `api-key/${id}` };
    const after = { revokedAt: now.toISOString() };
    await audit(trx, actor, { ...change, before: { label: revoked.label }, after }, now, newId);
  });
}
