/** What a round found: go on at once, wait until asked again, or stop whatever was asked for meanwhile. */
export type Found = "more" | "done" | "stop";

/**
 * Gives the function that does what waits, round after round while `mayRun`. It never rejects and is never beside itself:
 * called while it works, it goes round once more.
 */
export function rounds(
  round: (mayRun: () => boolean) => Promise<Found>,
  failed: (error: unknown) => void,
): (mayRun: () => boolean) => Promise<void> {
  let working = false;
  let again = false;
  return async (mayRun) => {
    again = true;
    if (working) return;
    working = true;
    try {
      while (again && mayRun()) {
        again = false;
        const found = await round(mayRun);
        if (found === "stop") return;
        if (found === "more") again = true;
      }
    } catch (error) {
      failed(error);
    } finally {
      working = false;
    }
  };
}
