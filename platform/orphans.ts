/** Bytes in a store that say where they belong by their key alone. */
interface StoredBytes {
  list(tenant: string): AsyncIterable<{ readonly blob: string; readonly writtenAt: number }>;
  remove(key: { readonly tenant: string; readonly blob: string }): Promise<void>;
}

const BATCH = 500;

/**
 * Removes complete bytes of a tenant whose commit never came: written before a time (milliseconds) and not among those
 * that `known` says have a row. Gives how many.
 */
export async function removeOrphans(
  bytes: StoredBytes,
  tenant: string,
  before: number,
  known: (blobs: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<number> {
  let removed = 0;
  let batch: string[] = [];
  const flush = async () => {
    const kept = await known(batch);
    const orphans = batch.filter((blob) => !kept.has(blob));
    for (const blob of orphans) await bytes.remove({ tenant, blob });
    removed += orphans.length;
    batch = [];
  };
  for await (const { blob, writtenAt } of bytes.list(tenant)) {
    if (writtenAt >= before) continue;
    batch.push(blob);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  return removed;
}
