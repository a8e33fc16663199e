/** A partition as the database shows it; bounds are instants, `to` is the first that lies outside. */
export interface Partition {
  readonly name: string;
  readonly from: Date;
  readonly to: Date;
  /** `leaving`: a detach was cut short. `detached`: taken off, but never dropped. */
  readonly state: "attached" | "leaving" | "detached";
}

/** Rows of one tenant in one partition, from `from` until before `to`. */
export interface Remainder {
  readonly segment: string;
  readonly from: Date;
  readonly to: Date;
}

/**
 * Partitions that go whole, oldest first: those beyond which every tenant's cutoff lies. Left-over ones of a run that
 * was cut short are among them. Without any cutoff nothing goes.
 */
export function partitionsToDrop(partitions: readonly Partition[], cutoffs: readonly Date[]): Partition[] {
  if (cutoffs.length === 0) return [];
  const earliest = Math.min(...cutoffs.map((cutoff) => cutoff.getTime()));
  return partitions
    .filter((partition) => partition.to.getTime() <= earliest)
    .sort((a, b) => a.from.getTime() - b.from.getTime());
}

/** What is left to delete row by row of a tenant with this cutoff, oldest first; `dropped` go whole. */
export function remainders(
  partitions: readonly Partition[],
  dropped: readonly Partition[],
  cutoff: Date,
): readonly Remainder[] {
  return partitions
    .filter((partition) => partition.state === "attached" && !dropped.includes(partition) && partition.from < cutoff)
    .sort((a, b) => a.from.getTime() - b.from.getTime())
    .map(({ name, from, to }) => ({ segment: name, from, to: to < cutoff ? to : cutoff }));
}
