import type { Clock } from "../platform/clock.ts";

/** Lets what concerns one person through at once, and of a flood some a second; the last of it always comes through. */
export interface Pace {
  touch(key: string): void;
  /** Nothing that waits comes through any more. */
  clear(): void;
}

/** So many at once, and one for each `everyMs` after. */
export interface PaceBounds {
  readonly burst: number;
  readonly everyMs: number;
}

interface Bucket {
  tokens: number;
  at: number;
  timer: NodeJS.Timeout | undefined;
}

/** More buckets than this are looked through for full ones. */
const MANY = 1_000;

export function openPace(clock: Clock, { burst, everyMs }: PaceBounds, pass: (key: string) => void): Pace {
  const buckets = new Map<string, Bucket>();
  let many = MANY;

  const filled = ({ tokens, at }: Bucket, now: number) => Math.min(burst, tokens + Math.max(0, now - at) / everyMs);

  const tidy = (now: number) => {
    if (buckets.size < many) return;
    for (const [key, bucket] of buckets) if (!bucket.timer && filled(bucket, now) >= burst) buckets.delete(key);
    many = Math.max(MANY, 2 * buckets.size);
  };

  const touch = (key: string): void => {
    const now = clock();
    const known = buckets.get(key);
    if (known?.timer) return;
    const bucket = known ?? { tokens: burst, at: now, timer: undefined };
    bucket.tokens = filled(bucket, now);
    bucket.at = now;
    if (!known) {
      tidy(now);
      buckets.set(key, bucket);
    }
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      pass(key);
      return;
    }
    bucket.timer = setTimeout(
      () => {
        bucket.timer = undefined;
        touch(key);
      },
      Math.ceil((1 - bucket.tokens) * everyMs),
    );
  };

  return {
    touch,
    clear: () => {
      for (const { timer } of buckets.values()) clearTimeout(timer);
      buckets.clear();
    },
  };
}
