let second = Number.NaN;
let upToSecond = "";

/**
 * Milliseconds since the Unix epoch as ISO 8601 in UTC, as `Date.toISOString`, in a tenth of its time where one call after the
 * other is about the same second.
 */
export function isoTime(ms: number): string {
  const whole = Math.trunc(ms);
  const now = Math.floor(whole / 1000);
  if (now !== second) {
    // "….000Z" without its end.
    upToSecond = new Date(now * 1000).toISOString().slice(0, -4);
    second = now;
  }
  const rest = whole - now * 1000;
  return `${upToSecond}${rest < 10 ? "00" : rest < 100 ? "0" : ""}${rest}Z`;
}
