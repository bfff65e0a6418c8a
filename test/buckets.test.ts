import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DURATION_BOUNDS, SIZE_BOUNDS, durationBucket, quantile, sizeBucket } from "../src/buckets.ts";

describe("buckets", () => {
  it("durations double from a quarter of a millisecond, sixteen times", () => {
    expect(DURATION_BOUNDS).toHaveLength(16);
    expect(DURATION_BOUNDS[0]).toBe(0.25);
    expect(DURATION_BOUNDS.at(-1)).toBe(8192);
  });

  it("a duration is in the first bucket whose bound it does not exceed", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 20_000, noNaN: true }), (ms) => {
        const first = DURATION_BOUNDS.findIndex((bound) => ms <= bound);
        expect(durationBucket(ms)).toBe(first < 0 ? DURATION_BOUNDS.length : first);
      }),
    );
    DURATION_BOUNDS.forEach((bound, index) => expect(durationBucket(bound)).toBe(index));
  });

  it("a clock that went backwards is in the first bucket", () => {
    expect(durationBucket(-3)).toBe(0);
  });

  it("a size is in the first bucket whose bound it does not exceed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 70_000 }), (bytes) => {
        const first = SIZE_BOUNDS.findIndex((bound) => bytes <= bound);
        expect(sizeBucket(bytes)).toBe(first < 0 ? SIZE_BOUNDS.length : first);
      }),
    );
  });

  it("a quantile lies in the bucket where that part of the values ends", () => {
    expect(quantile([0, 0, 0], [1, 2], 0.5)).toBeNull();
    expect(quantile([0, 10, 0], [1, 2], 0.5)).toBe(1.5);
    expect(quantile([10, 10, 0], [1, 2], 0.5)).toBe(1);
    expect(quantile([0, 0, 5], [1, 2], 0.99)).toBe(2);
  });
});
