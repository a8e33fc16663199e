/** Files that a message points to: they go with the message when it is taken back. */
import type { Transaction } from "kysely";
import type { ByteStore } from "./bytes.ts";
import { linkedIds } from "./core-link.ts";
import type { Tables } from "./tables.ts";

/** The files that a message points to, where they are its sender's: nobody deletes another's file by naming it. */
export function linkedFiles(bytes: Pick<ByteStore, "remove">) {
  return {
    /**
     * Takes the files out of reach with the caller's transaction, of those from `since` on where it is given; gives the
     * names of their bytes. Those are removed after it is committed; should the process end in between, the sweep finds them as bytes without a file.
     */
    release: async <T>(
      transaction: Transaction<T>,
      message: {
        readonly tenant: string;
        readonly owner: string;
        readonly text: string;
        readonly since?: Date | undefined;
      },
    ): Promise<string[]> => {
      const ids = linkedIds(message.tenant, message.text);
      if (ids.length === 0) return [];
      // The caller's transaction knows its own tables; here only ours matter.
      const trx = transaction as unknown as Transaction<Tables>;
      const { since } = message;
      const gone = await trx
        .deleteFrom("file")
        .where("tenant_id", "=", message.tenant)
        .where("owner", "=", message.owner)
        .where("id", "in", ids)
        .$if(since !== undefined, (query) => query.where("created_at", ">=", since ?? new Date(0)))
        .returning("blob")
        .execute();
      return gone.flatMap(({ blob }) => (blob === null ? [] : [blob]));
    },
    remove: async (tenant: string, blobs: readonly string[]): Promise<void> => {
      for (const blob of blobs) await bytes.remove({ tenant, blob });
    },
  };
}
