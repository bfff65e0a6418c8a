import { closeSync, openSync, writeSync } from "node:fs";

/** Lines that are written at once: the whole file need not be in memory. */
const CHUNK = 50_000;

/** Writes `count` questions for dnsperf into a file, the line of each number as `line` says; gives the file's path. */
function writeLines(file: string, count: number, line: (index: number) => string): string {
  const descriptor = openSync(file, "w");
  for (let from = 0; from < count; from += CHUNK) {
    const length = Math.min(CHUNK, count - from);
    writeSync(descriptor, Array.from({ length }, (_, index) => `${line(from + index)}\n`).join(""));
  }
  closeSync(descriptor);
  return file;
}

/** Writes questions for `count` names below a zone, each once: `n0`, `n1` and so on behind the prefix. */
export function writeNames(
  file: string,
  zone: string,
  count: number,
  { prefix = "n", type = "A" }: { readonly prefix?: string; readonly type?: "A" | "TXT" } = {},
): string {
  return writeLines(file, count, (index) => `${prefix}${index}.${zone} ${type}`);
}

/** The names of `writeNames`, in the order of the file. */
export function nameAt(index: number, zone: string, prefix: string = "n"): string {
  return `${prefix}${index}.${zone}`;
}

/**
 * Which of `count` names is asked next: the name of rank r is asked for 1/r as often as the first (Zipf's law), as the names of
 * the web are. A generator of its own makes it the same list in each run.
 */
export function zipf(count: number, random: () => number): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let rank = 0; rank < count; rank++) sums[rank] = sum += 1 / (rank + 1);
  return () => {
    const wanted = random() * sum;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Writes questions of which one in ten is for a name that was never asked before (`prefix` makes it so), the others for the
 * first `popular` names of `writeNames`, by Zipf's law.
 */
export function writeMixed(
  file: string,
  zone: string,
  count: number,
  popular: number,
  prefix: string,
): string {
  const random = seeded(1);
  const next = zipf(popular, random);
  return writeLines(file, count, (index) =>
    random() < 0.1 ? `${nameAt(index, zone, prefix)} A` : `${nameAt(next(), zone)} A`,
  );
}
