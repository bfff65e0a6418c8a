import { performance } from "node:perf_hooks";
import { Head } from "./layout.ts";

/** How long the packet path waits for another writer, in ms: a recycling takes a tenth of it. */
const SHORT = 1;

/** How long a command waits, which must not be given up lightly, in ms. */
const LONG = 500;

/** Looks at the lock between two looks at the clock. */
const SPINS = 64;

/**
 * The one lock of all who write. It holds the number of its owner. It is never taken from an owner that may still live:
 * however long that was not scheduled, it goes on where it stopped. When a thread is known to be gone, `release` frees what
 * it held, and until then stores are skipped: readers need no lock, so the cache goes on answering.
 */
export class WriterLock {
  readonly owner: number;

  #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
    this.owner = Atomics.add(words, Head.NEXT_OWNER, 1) + 1;
  }

  /** False when others held it for too long. */
  take(): boolean {
    if (Atomics.compareExchange(this.#words, Head.LOCK, 0, this.owner) === 0) return true;
    const end = performance.now() + SHORT;
    do {
      for (let i = 0; i < SPINS; i++) {
        if (Atomics.compareExchange(this.#words, Head.LOCK, 0, this.owner) === 0) return true;
      }
    } while (performance.now() < end);
    return false;
  }

  /** As `take`, for those who can wait: it sleeps meanwhile. */
  takeSlowly(): boolean {
    const end = performance.now() + LONG;
    for (;;) {
      const holder = Atomics.compareExchange(this.#words, Head.LOCK, 0, this.owner);
      if (holder === 0) return true;
      if (performance.now() >= end) return false;
      Atomics.wait(this.#words, Head.LOCK, holder, 1);
    }
  }

  give(): void {
    Atomics.store(this.#words, Head.LOCK, 0);
  }

  /** Takes the lock over from a thread that is gone. False when it did not hold it. */
  inherit(owner: number): boolean {
    return Atomics.compareExchange(this.#words, Head.LOCK, owner, this.owner) === owner;
  }
}
