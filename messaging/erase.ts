/** Erases messages that were taken back, in the transaction that commits the message about it. */
import type { Transaction } from "kysely";
import { audit, personSince, xmppActor } from "../identity/index.ts";
import type { NewId } from "../platform/ids.ts";
import type { Log } from "../platform/log.ts";
import type { LoggedCommand } from "./core-commands.ts";
import type { Erasure } from "./core-state.ts";
import type { Tables } from "./tables.ts";

/** Files that messages point to: another domain's, which says what becomes of them. */
interface LinkedFiles {
  /**
   * Takes the files that a message of `owner` points to, where they are that person's (since when it is that person's
   * name), out of reach with the transaction. Gives what is left to remove once it is committed.
   */
  release<T>(
    trx: Transaction<T>,
    message: {
      readonly tenant: string;
      readonly owner: string;
      readonly text: string;
      readonly since: Date | undefined;
    },
  ): Promise<readonly string[]>;
  remove(tenant: string, released: readonly string[]): Promise<void>;
}

export interface ErasureDeps {
  readonly files: LinkedFiles;
  readonly newId: NewId;
  readonly log: Log;
}

/** An entry of a room's log that takes back earlier ones. */
interface ErasingEntry {
  readonly tenant: string;
  readonly roomId: string;
  readonly at: Date;
  /** `domain` is the tenant's. */
  readonly erasure?: (Erasure & { readonly domain: string }) | undefined;
  readonly command?: LoggedCommand | undefined;
}

/** Bytes to remove after the commit, by tenant. */
type Released = { readonly tenant: string; readonly blobs: readonly string[] }[];

/** Puts tombstones in the place of what these entries take back. Done again, it changes and logs nothing. */
export async function eraseMessages(
  trx: Transaction<Tables>,
  entries: readonly ErasingEntry[],
  deps: ErasureDeps,
): Promise<Released> {
  const released: { tenant: string; blobs: readonly string[] }[] = [];
  for (const entry of entries) {
    const { tenant, roomId, erasure, at } = entry;
    if (!erasure) continue;
    let messages = 0;
    let files = 0;
    for (const message of erasure.messages) {
      const { numUpdatedRows } = await trx
        .updateTable("room_log")
        .set({ stanza: message.tombstone, body: null })
        .where("tenant_id", "=", tenant)
        .where("room_id", "=", roomId)
        .where("seq", "=", message.seq)
        .where("at", "=", message.at)
        // What became of it meanwhile stays: so a batch that is written twice is logged once.
        .where("stanza", "=", message.stanza)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) continue;
      messages += 1;
      if (message.sender === null) continue;
      const since = await ownSince(trx, tenant, { sender: message.sender, at: message.at, domain: erasure.domain });
      const blobs = await deps.files.release(trx, { tenant, owner: message.sender, text: message.stanza, since });
      files += blobs.length;
      released.push({ tenant, blobs });
    }
    if (messages === 0) continue;
    const { action, by, as, reason, target, domain } = erasure;
    const actor = entry.command?.actor ?? (await xmppActor(trx, { id: tenant, domain }, by, [`room:${as}`], reason));
    const object = `room/${roomId}/message/${target}`;
    await audit(trx, actor, { tenant, action, object, after: { messages, files } }, at, deps.newId);
  }
  return released;
}

/**
 * Since when the files of a sender are those of who wrote a message: somebody of the same name was there before, whose
 * files are not this one's. Undefined: whatever bears the name, as for what that other one wrote.
 */
async function ownSince(
  trx: Transaction<Tables>,
  tenant: string,
  { sender, at, domain }: { readonly sender: string; readonly at: Date; readonly domain: string },
): Promise<Date | undefined> {
  const [local = "", host] = sender.split("@");
  if (host !== domain) return undefined;
  const since = await personSince(trx, tenant, local);
  return since && at >= since ? since : undefined;
}

/** Removes bytes that no file has any more; what fails here, the sweep of files finds later. */
export async function removeReleased(released: Released, { files, log }: ErasureDeps): Promise<void> {
  for (const { tenant, blobs } of released) {
    await files
      .remove(tenant, blobs)
      .catch((error: unknown) => log.warn("Files of an erased message are left to the sweep", { tenant, error }));
  }
}
