import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { afterFailure, type Circuit, CLOSED, fullBucket, takeTokens } from "./core-pace.ts";

test("a burst at once, then one by one", () => {
  const rate = { burst: 3, perSecond: 2 };
  const first = takeTokens(fullBucket(rate, 0), rate, 0, 5);
  expect(first).toMatchObject({ granted: 3, waitMs: 0 });
  const empty = takeTokens(first.bucket, rate, 100, 1);
  expect(empty).toMatchObject({ granted: 0, waitMs: 400 });
  expect(takeTokens(empty.bucket, rate, 500, 1)).toMatchObject({ granted: 1 });
});

test("never more than the burst and the rate allow, and a wait is long enough", () => {
  const rates = fc.record({ burst: fc.integer({ min: 1, max: 20 }), perSecond: fc.integer({ min: 1, max: 50 }) });
  const steps = fc.array(
    fc.record({ passed: fc.integer({ min: -500, max: 3_000 }), want: fc.integer({ min: 1, max: 9 }) }),
  );
  fc.assert(
    fc.property(rates, steps, (rate, asked) => {
      let bucket = fullBucket(rate, 0);
      let now = 0;
      let forward = 0;
      let total = 0;
      for (const { passed, want } of asked) {
        now += passed;
        forward += Math.max(0, passed);
        const taken = takeTokens(bucket, rate, now, want);
        expect(taken.granted).toBeLessThanOrEqual(want);
        if (taken.granted === 0) expect(takeTokens(taken.bucket, rate, now + taken.waitMs + 1, 1).granted).toBe(1);
        bucket = taken.bucket;
        total += taken.granted;
      }
      expect(total).toBeLessThanOrEqual(rate.burst + (forward / 1_000) * rate.perSecond + 1e-6);
    }),
  );
});

const fleeting = { livedMs: 0, permanent: false, retryAfterMs: undefined };

test("waits double, then the circuit opens", () => {
  let circuit: Circuit = CLOSED;
  const seen = Array.from({ length: 7 }, () => {
    const next = afterFailure(circuit, fleeting, 0.5);
    circuit = next.circuit;
    return [next.waitMs, next.open];
  });
  expect(seen).toEqual([
    [1_000, false],
    [2_000, false],
    [4_000, false],
    [8_000, false],
    [16_000, false],
    [300_000, true],
    [300_000, true],
  ]);
});

test("a connection that held ends the row; a failure for a person opens at once; retry-after is kept", () => {
  expect(afterFailure({ failures: 9 }, { ...fleeting, livedMs: 60_000 }, 0.5)).toMatchObject({
    waitMs: 1_000,
    open: false,
  });
  expect(afterFailure(CLOSED, { ...fleeting, permanent: true }, 0)).toMatchObject({ waitMs: 150_000, open: true });
  expect(afterFailure(CLOSED, { ...fleeting, retryAfterMs: 7_000 }, 0)).toMatchObject({ waitMs: 7_000 });
});
