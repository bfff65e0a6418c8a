/**
 * Upper bounds of the buckets of every duration, in ms: 0.25 doubling, 16 of them, to 8192; one more takes what is longer.
 * Those of CoreDNS, so that its panels read ours.
 */
export const DURATION_BOUNDS: readonly number[] = Array.from({ length: 16 }, (_, n) => 0.25 * 2 ** n);

/** Upper bounds of the buckets of message sizes, in bytes; one more takes what is larger. Those of CoreDNS as well. */
export const SIZE_BOUNDS: readonly number[] = [
  0, 100, 200, 300, 400, 511, 1023, 2047, 4095, 8291, 16_000, 32_000, 48_000, 64_000,
];

/** Buckets of a histogram, the one without a bound included. */
export const DURATION_BUCKETS: number = DURATION_BOUNDS.length + 1;
export const SIZE_BUCKETS: number = SIZE_BOUNDS.length + 1;

/** The bucket of a duration in ms, without a loop or a logarithm. */
export function durationBucket(ms: number): number {
  // Whole quarters of a millisecond, rounded up, so that a bound belongs to its own bucket.
  const quarters = Math.ceil(ms * 4);
  return quarters <= 1 ? 0 : Math.min(DURATION_BOUNDS.length, 32 - Math.clz32(quarters - 1));
}

/** The bucket of a message of so many bytes. */
export function sizeBucket(bytes: number): number {
  let at = 0;
  while (at < SIZE_BOUNDS.length && bytes > SIZE_BOUNDS[at]!) at++;
  return at;
}

/**
 * The value below which a part `share` (0 to 1) of what is counted lies, between the bounds of its bucket as if it were spread
 * evenly there; null when nothing is counted. What lies beyond the last bound is said to be at it.
 */
export function quantile(counts: ArrayLike<number>, bounds: readonly number[], share: number): number | null {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i]!;
  if (total === 0) return null;
  let left = total * share;
  for (let i = 0; i < bounds.length; i++) {
    const here = counts[i]!;
    const below = i === 0 ? 0 : bounds[i - 1]!;
    if (here > 0 && left <= here) return below + (bounds[i]! - below) * (left / here);
    left -= here;
  }
  return bounds.at(-1)!;
}
