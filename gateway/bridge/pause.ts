/** Waits, or ends early when the signal is aborted. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}

/**
 * Resolves when the promise has settled, or after `ms`: for the end of things that may hang on a dead server. False when
 * it took too long.
 */
export async function atMost(ms: number, promise: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([settled, pause(ms, ended.signal).then(() => false)]);
  ended.abort();
  return inTime;
}
