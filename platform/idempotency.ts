import { createHash } from "node:crypto";
import type { Request } from "express";
import { type Kysely, sql } from "kysely";
import { z } from "zod";
import type { Clock } from "./clock.ts";
import { KontorError } from "./errors.ts";
import type { Outcome, Route } from "./http-route.ts";
import type { Database } from "./postgres.ts";

interface Tables {
  idempotency: {
    principal: string;
    key: string;
    request_hash: string;
    status: number | null;
    body: string | null;
    created_at: Date;
  };
}

interface Asked {
  readonly key: string;
  readonly principal: string;
  readonly request: Request;
  readonly route: Route;
}

/** Requests that are carried out once however often they come (draft-ietf-httpapi-idempotency-key-header-07). */
export interface Idempotency {
  /**
   * Runs, or gives the answer of the first run. Throws `idempotency-mismatch` for another request under the same key,
   * `conflict` while the first one runs or when its answer was not kept, and what `run` throws: a request that failed
   * changed nothing, so its key is free again.
   */
  once(asked: Asked, run: () => Promise<Outcome>): Promise<Outcome & { readonly repeated: boolean }>;
}

const KEEP_MS = 86_400_000;
const MAX_BODY = 256 * 1024;
const acceptable = /^[\x21-\x7e]{1,200}$/;
const kept = z.object({ value: z.unknown(), etag: z.string().optional() });

/** Keeps answers in PostgreSQL for a day. */
export function idempotency(db: Database, clock: Clock): Idempotency {
  const table = () => db.common<Tables>();
  return {
    once: async ({ key, principal, request, route }, run) => {
      if (!acceptable.test(key)) {
        throw new KontorError("bad-request", "Idempotency-Key: 1 to 200 printable ASCII characters without spaces");
      }
      const now = new Date(clock());
      const hash = hashOf(request);
      const mine = await table()
        .insertInto("idempotency")
        .values({ principal, key, request_hash: hash, status: null, body: null, created_at: now })
        .onConflict((conflict) =>
          conflict
            .columns(["principal", "key"])
            .doUpdateSet({ request_hash: hash, status: null, body: null, created_at: now })
            .where("idempotency.created_at", "<", new Date(now.getTime() - KEEP_MS)),
        )
        .returning(sql<number>`1`.as("one"))
        .executeTakeFirst();
      if (!mine) return { ...(await earlier(table(), principal, key, hash)), repeated: true };
      let outcome: Outcome;
      try {
        outcome = await run();
      } catch (error) {
        await table().deleteFrom("idempotency").where("principal", "=", principal).where("key", "=", key).execute();
        throw error;
      }
      await table()
        .updateTable("idempotency")
        .set({ status: route.status, body: bodyOf(route, outcome) })
        .where("principal", "=", principal)
        .where("key", "=", key)
        .execute();
      return { ...outcome, repeated: false };
    },
  };
}

/** Forgets answers that are older than a day; gives their number. */
export async function forgetAnswers(db: Database, now: Date): Promise<number> {
  const { numDeletedRows } = await db
    .common<Tables>()
    .deleteFrom("idempotency")
    .where("created_at", "<", new Date(now.getTime() - KEEP_MS))
    .executeTakeFirst();
  return Number(numDeletedRows);
}

async function earlier(table: Kysely<Tables>, principal: string, key: string, hash: string): Promise<Outcome> {
  const found = await table
    .selectFrom("idempotency")
    .select(["request_hash", "status", "body"])
    .where("principal", "=", principal)
    .where("key", "=", key)
    .executeTakeFirst();
  if (found && found.request_hash !== hash) throw new KontorError("idempotency-mismatch");
  if (!found || found.status === null) {
    throw new KontorError("conflict", "The first request with this Idempotency-Key still runs: ask again later");
  }
  if (found.body === null) {
    throw new KontorError("conflict", "This was done already; its answer is shown once and was not kept");
  }
  const { value, etag } = kept.parse(JSON.parse(found.body));
  return { value, etag };
}

/** What is kept of an answer; nothing of one that holds a secret, or that is larger than any answer to a POST should be. */
function bodyOf({ secret }: Route, { value, etag }: Outcome): string | null {
  if (secret) return null;
  const body = JSON.stringify({ value, etag });
  return body.length > MAX_BODY ? null : body;
}

const hashOf = (request: Request): string =>
  createHash("sha256")
    .update(JSON.stringify([request.method, request.originalUrl, request.body ?? null]))
    .digest("hex");
