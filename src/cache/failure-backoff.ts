/** The least that a failure is remembered, in seconds (RFC 9520 section 3.2). */
const LEAST = 1;

/** The most, whatever is configured (RFC 9520 section 3.2, RFC 2308 section 7). */
const MOST = 300;

/**
 * For how many seconds a failed question is not asked again. `before`: for how long it was not asked the last time, 0 when
 * it had not failed. Each failure in a row doubles it, up to `most`. Where nobody answered at all the fault is likely to be
 * in the network nearby, which comes back at once: that is never remembered for longer than a second.
 */
export function failureLifetime(before: number, nobodyAnswered: boolean, most: number): number {
  if (nobodyAnswered) return LEAST;
  return Math.max(LEAST, Math.min(before * 2, most, MOST));
}
