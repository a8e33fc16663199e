/** Work that is under way. */
export interface Pending {
  /** Counts it until it has settled. */
  track<R>(work: Promise<R>): Promise<R>;
  /** Waits for what is under way now, however it ends. */
  idle(): Promise<void>;
}

export function pending(): Pending {
  const all = new Set<Promise<unknown>>();
  return {
    track: (work) => {
      all.add(work);
      const over = () => void all.delete(work);
      work.then(over, over);
      return work;
    },
    idle: async () => {
      await Promise.allSettled(all);
    },
  };
}
