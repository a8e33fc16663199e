/** Token buckets by key: as many at once as the limit says, and as many again within ten seconds. Pure. */

export const SPAN_MS = 10_000;

interface Bucket {
  left: number;
  at: number;
}

export interface Rate {
  /** Takes one: undefined, or the whole seconds after which one would be taken. `limit`: within ten seconds. */
  take(key: string, limit: number, now: number): number | undefined;
  /** Keys that are kept. */
  size(): number;
}

/** Nobody has taken anything yet. Of more keys than `most`, those that took longest ago are forgotten. */
export function newRate(most = 20_000): Rate {
  // In the order of their last use.
  const buckets = new Map<string, Bucket>();
  return {
    take: (key, limit, now) => {
      const known = buckets.get(key);
      const passed = known ? Math.max(0, now - known.at) : 0;
      const left = known ? Math.min(limit, known.left + (passed * limit) / SPAN_MS) : limit;
      const allowed = left >= 1;
      buckets.delete(key);
      buckets.set(key, { left: allowed ? left - 1 : left, at: Math.max(now, known?.at ?? now) });
      if (buckets.size > most) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      return allowed ? undefined : Math.max(1, Math.ceil(((1 - left) * SPAN_MS) / limit / 1_000));
    },
    size: () => buckets.size,
  };
}
