import { randomInt } from "node:crypto";
import { DotlsError } from "../errors.ts";
import { processTime, startClock, type TimeSource } from "./clock.ts";
import { Head, layoutOf, MAGIC, MAX_CACHE_SIZE, MIN_CACHE_SIZE, type Layout } from "./layout.ts";

/** The seconds at which the clock of a new cache begins: above 0, so that 0 can mean "never". */
const FIRST_SECOND = 1000;

/** The memory of a cache, seen in the three widths that its parts are read in. */
export class CacheMemory {
  readonly shared: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly halves: Uint16Array;
  readonly bytes: Uint8Array;
  readonly layout: Layout;
  /** Start of all hashes: nobody outside knows it, so nobody can prepare names that all meet in one set. */
  readonly seed: number;

  /** Throws DotlsError ERR_DOTLS_CACHE_SIZE when `shared` is no memory of a cache. */
  constructor(shared: SharedArrayBuffer) {
    this.shared = shared;
    this.words = new Int32Array(shared);
    this.halves = new Uint16Array(shared);
    this.bytes = new Uint8Array(shared);
    if (this.words[Head.MAGIC] !== MAGIC || this.words[Head.SIZE] !== shared.byteLength / 4) {
      throw new DotlsError("ERR_DOTLS_CACHE_SIZE", "this is no memory of a cache");
    }
    this.layout = layoutOf(shared.byteLength);
    this.seed = this.words[Head.SEED]!;
  }
}

/**
 * Memory for a cache of `size` bytes (rounded down to whole words). The system commits its pages as they are used.
 * Throws DotlsError ERR_DOTLS_CACHE_SIZE when that is too little or too much, or more than the system gives.
 */
export function createCacheMemory(size: number, time: TimeSource = processTime()): SharedArrayBuffer {
  if (!(size >= MIN_CACHE_SIZE && size <= MAX_CACHE_SIZE)) {
    throw new DotlsError("ERR_DOTLS_CACHE_SIZE", `a cache has from 4 MiB to 2 GiB, not ${size} bytes`);
  }
  let shared: SharedArrayBuffer;
  try {
    shared = new SharedArrayBuffer(Math.floor(size / 4) * 4);
  } catch (error) {
    throw new DotlsError("ERR_DOTLS_CACHE_SIZE", `there is no memory for a cache of ${size} bytes`, {
      cause: error,
    });
  }
  const words = new Int32Array(shared);
  words[Head.MAGIC] = MAGIC;
  words[Head.SIZE] = shared.byteLength / 4;
  words[Head.SEED] = randomInt(2 ** 32);
  words[Head.SETS] = layoutOf(shared.byteLength).baseSets;
  startClock(words, FIRST_SECOND, time);
  return shared;
}
