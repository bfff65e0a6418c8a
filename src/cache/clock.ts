import { performance } from "node:perf_hooks";
import { Head } from "./layout.ts";

/** Where time comes from; both in ms. */
export interface TimeSource {
  /** As Date.now: may jump. */
  wall(): number;
  /** Never jumps; the same base in all threads of the process. */
  monotonic(): number;
}

/** The wall clock is followed when it is so many seconds ahead of what it should be: less is the trimming of NTP. */
const JUMP = 3;

/** The time of this process. performance.now() has another base in each thread, process.hrtime() the same. */
export function processTime(): TimeSource {
  const [seconds, nanoseconds] = process.hrtime();
  const base = seconds * 1000 + nanoseconds / 1e6 - performance.now();
  return { wall: () => Date.now(), monotonic: () => base + performance.now() };
}

/**
 * Whole seconds that only go forward, the same for all threads that share the memory, and after a restart from a file. They
 * follow the monotonic clock. That one stands still while a machine sleeps: when the wall clock gets ahead, that time has
 * passed for the answers, too. A machine that boots without a clock and then learns the time looks the same; its answers
 * age too early, which costs no more than asking again. When the wall clock goes back, nothing happens.
 */
export class CacheClock {
  /** As of the last `tick`. */
  now = 0;

  #words: Int32Array;
  #time: TimeSource;

  constructor(words: Int32Array, time: TimeSource) {
    this.#words = words;
    this.#time = time;
    this.tick();
  }

  tick(): void {
    const words = this.#words;
    const monotonic = this.#time.monotonic();
    const wall = drift(this.#time.wall(), monotonic);
    const before = Atomics.load(words, Head.WALL);
    // Int32 overflows in 2038; the difference of two does not.
    const ahead = (wall - before) | 0;
    if (ahead >= JUMP || ahead <= -JUMP) {
      // One thread alone makes the step.
      const first = Atomics.compareExchange(words, Head.WALL, before, wall) === before;
      if (first && ahead > 0) Atomics.add(words, Head.CLOCK, ahead);
    }
    this.now = Math.floor(monotonic / 1000) + Atomics.load(words, Head.CLOCK);
  }
}

/** Sets the clock of a cache that no thread uses yet: from now on it counts up from `second`. */
export function startClock(words: Int32Array, second: number, time: TimeSource): void {
  const monotonic = time.monotonic();
  words[Head.CLOCK] = second - Math.floor(monotonic / 1000);
  words[Head.WALL] = drift(time.wall(), monotonic);
}

/** Seconds of the wall clock less those of the monotonic clock, as an Int32. */
function drift(wall: number, monotonic: number): number {
  return Math.floor((wall - monotonic) / 1000) | 0;
}
