/** The last so-manieth part of its life in which an answer that is asked for is fetched anew. */
const LAST_PART = 10;

/**
 * Whether an answer of `lifetime` seconds, `left` of which remain, is old enough to be fetched before it expires. Those that
 * live less than ten seconds have no last tenth that a clock of seconds could see.
 */
export function isLate(lifetime: number, left: number): boolean {
  return left * LAST_PART <= lifetime;
}
