import { performance } from "node:perf_hooks";
import { Head } from "./layout.ts";

/** Where time comes from; both in ms. */
export interface TimeSource {
  /** As Date.now: may jump. */
  wall(): number;
  /** Never jumps; the same base in all threads of the process. */
  monotonic(): number;
}

/** So many seconds back are a step, and not the trimming of NTP. */
const STEP = 2;

/** The time of this process. performance.now() has another base in each thread, process.hrtime() the same. */
export function processTime(): TimeSource {
  const [seconds, nanoseconds] = process.hrtime();
  const base = seconds * 1000 + nanoseconds / 1e6 - performance.now();
  return { wall: () => Date.now(), monotonic: () => base + performance.now() };
}

/**
 * Whole seconds that only go forward, the same for all threads that share the memory, and after a restart from a file. They
 * follow the wall clock, as the monotonic one stands still while a machine sleeps. When the wall clock is set ahead, that
 * cannot be told from sleep: answers age too early, which costs no more than asking again. When it is set back, the seconds
 * go on from where they were: else answers would live too long.
 */
export class CacheClock {
  /** As of the last `tick`. */
  now = 0;

  #words: Int32Array;
  #time: TimeSource;
  #second = -1;

  constructor(words: Int32Array, time: TimeSource) {
    this.#words = words;
    this.#time = time;
    this.tick();
  }

  /** Looks at the time: at the wall clock alone within the same second. */
  tick(): void {
    const wall = this.#time.wall();
    const second = Math.floor(wall / 1000);
    if (second === this.#second) return;
    this.#second = second;
    const words = this.#words;
    const lead = leadOf(wall, this.#time.monotonic());
    const before = Atomics.load(words, Head.LEAD);
    // Int32 overflows in 2038; the difference of two does not.
    const ahead = (lead - before) | 0;
    // One thread alone makes up for a step back.
    const first = ahead !== 0 && Atomics.compareExchange(words, Head.LEAD, before, lead) === before;
    if (first && ahead <= -STEP) Atomics.sub(words, Head.CLOCK, ahead);
    const now = (second + Atomics.load(words, Head.CLOCK)) | 0;
    if (now > this.now) this.now = now;
  }
}

/** Sets the clock of a cache that no thread uses yet: from now on it counts up from `second`. */
export function startClock(words: Int32Array, second: number, time: TimeSource): void {
  const wall = time.wall();
  words[Head.CLOCK] = second - Math.floor(wall / 1000);
  words[Head.LEAD] = leadOf(wall, time.monotonic());
}

/** Seconds of the wall clock less those of the monotonic clock, as an Int32. */
function leadOf(wall: number, monotonic: number): number {
  return Math.floor((wall - monotonic) / 1000) | 0;
}
