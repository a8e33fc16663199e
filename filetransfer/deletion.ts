import type { FileDeps } from "./deps.ts";
import { listStoredBefore, removeRows } from "./store.ts";

/** What retention carries out on one kind of data. */
export interface FileDeletion {
  readonly kind: "file";
  /**
   * Deletes the oldest files of a tenant stored before `cutoff`, at most `limit`; gives how many. Bytes go first and
   * their row after: if it stops in between, the row is found again and nothing is left that no row tells of.
   */
  deleteBefore(tenant: string, cutoff: Date, limit: number): Promise<number>;
}

export function fileDeletion(deps: Pick<FileDeps, "db" | "bytes">): FileDeletion {
  return {
    kind: "file",
    deleteBefore: async (tenant, cutoff, limit) => {
      const files = await listStoredBefore(deps.db, tenant, cutoff, limit);
      for (const { blob } of files) await deps.bytes.remove({ tenant, blob });
      return removeRows(
        deps.db,
        tenant,
        files.map(({ id }) => id),
      );
    },
  };
}
