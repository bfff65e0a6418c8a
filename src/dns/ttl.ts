/** What a TTL may be at the most (RFC 2181 section 8). */
export const MAX_TTL = 0x7fffffff;

/** From the longest to the shortest; the letters are those of master files and of dig's `+ttlunits`. */
const units: readonly (readonly [letter: string, word: string, seconds: number])[] = [
  ["w", "week", 604_800],
  ["d", "day", 86_400],
  ["h", "hour", 3600],
  ["m", "minute", 60],
  ["s", "second", 1],
];

const secondsByLetter = new Map(units.map(([letter, , seconds]) => [letter, seconds]));

/** A TTL in seconds or with units, as in `3600` and `1h30m`; undefined when it is none or over 2^31 - 1. */
export function parseTtl(text: string): number | undefined {
  if (/^\d+$/.test(text)) return bounded(Number(text));
  if (!/^(?:\d+[wdhms])+$/i.test(text)) return undefined;
  let total = 0;
  for (const [, count, letter] of text.toLowerCase().matchAll(/(\d+)([wdhms])/g)) {
    total += Number(count) * secondsByLetter.get(letter!)!;
  }
  return bounded(total);
}

/** `90061` as `1d1h1m1s`. */
export function ttlUnits(seconds: number): string {
  return split(seconds)
    .map(([count, letter]) => `${count}${letter}`)
    .join("");
}

/** `90061` as `1 day 1 hour 1 minute 1 second`. */
export function ttlWords(seconds: number): string {
  return split(seconds)
    .map(([count, , word]) => `${count} ${word}${count === 1 ? "" : "s"}`)
    .join(" ");
}

function split(seconds: number): (readonly [count: number, letter: string, word: string])[] {
  let rest = seconds;
  const parts = units.map(([letter, word, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return [count, letter, word] as const;
  });
  const present = parts.filter(([count]) => count > 0);
  return present.length > 0 ? present : parts.slice(-1);
}

function bounded(seconds: number): number | undefined {
  return seconds <= MAX_TTL ? seconds : undefined;
}
