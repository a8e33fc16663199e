/** Files that messages link to, read for who takes the messages along. */
import type { Readable } from "node:stream";
import { sql, type Transaction } from "kysely";
import { KontorError } from "../platform/errors.ts";
import type { ByteStore } from "./bytes.ts";
import { linkedIds } from "./core-link.ts";
import type { FileDeps } from "./deps.ts";
import { findStored } from "./store.ts";
import type { Tables } from "./tables.ts";

/** A stored file as it is shown. */
interface Linked {
  readonly id: string;
  readonly name: string;
  readonly type: string | null;
  readonly bytes: number;
  readonly sha256: string;
}

/** Where a message names another's file, nobody gets that by it: only the sender's own count. */
export function linkedReading({ db, bytes }: Pick<FileDeps, "db"> & { readonly bytes: Pick<ByteStore, "read"> }) {
  return {
    /** The files of `owner` that a text links to and retention still shows, and how many it links to besides. */
    find: async (
      message: { readonly tenant: string; readonly owner: string; readonly text: string },
      now: number,
    ): Promise<{ readonly files: readonly Linked[]; readonly gone: number }> => {
      const { tenant, owner, text } = message;
      const ids = linkedIds(tenant, text);
      if (ids.length === 0) return { files: [], gone: 0 };
      const files = await db.withTenants([tenant], (trx: Transaction<Tables>) =>
        trx
          .selectFrom("file")
          .select(["id", "name", "type", "size as bytes", "sha256"])
          .where("tenant_id", "=", tenant)
          .where("owner", "=", owner)
          .where("id", "in", ids)
          .where("state", "=", "stored")
          .where("stored_at", ">=", sql<Date>`(select retention_cutoff(${tenant}, 'file', ${new Date(now)}))`)
          .orderBy("id")
          .execute(),
      );
      const known = files.flatMap(({ sha256, ...file }) => (sha256 === null ? [] : [{ ...file, sha256 }]));
      return { files: known, gone: ids.length - known.length };
    },
    /** The bytes of a file; undefined when it is there no more. */
    open: async (tenant: string, id: string, now: number): Promise<Readable | undefined> => {
      try {
        const { blob, size } = await findStored(db, tenant, id, now);
        return await bytes.read({ tenant, blob }, size, { start: 0, length: size });
      } catch (error) {
        if (error instanceof KontorError && error.code === "not-found") return undefined;
        throw error;
      }
    },
  };
}
