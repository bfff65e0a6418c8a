/** The last so-manieth part of its life in which an answer that is asked for is fetched anew. */
const LAST_PART = 10;

/** How often an answer must have been asked for before to be worth it. */
const HOT = 2;

/**
 * Whether an answer of `lifetime` seconds, `left` of which remain, is to be fetched before it expires, when it was found
 * `hits` times before. Those that live less than ten seconds have no last tenth that a clock of seconds could see.
 */
export function isDue(lifetime: number, left: number, hits: number): boolean {
  return left * LAST_PART <= lifetime && hits >= HOT;
}
