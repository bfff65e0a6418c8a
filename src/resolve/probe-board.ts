/** Probes that are out at the same time: one for each server and thread, and threads are few. */
const SLOTS = 1024;

/** A slot whose thread has not freed it for so long, in seconds, is free: no probe is waited for so long. */
const FORGOTTEN = 60;

/** What a slot holds: since when it is taken (seconds, 0: free), the label in two halves, whether it was seen. */
const Field = { SINCE: 0, HIGH: 1, LOW: 2, SEEN: 3 } as const;
const FIELDS = 4;

/**
 * The probes of all threads that are out, in memory that they share: one that comes back may arrive at the door of any of
 * them. A label is 64 bits, in two halves as signed 32 bits.
 */
export class ProbeBoard {
  static readonly BYTES: number = SLOTS * FIELDS * 4;

  readonly #board: Int32Array;

  /** `memory` is zero at first, and `ProbeBoard.BYTES` long. */
  constructor(memory: ArrayBufferLike = new ArrayBuffer(ProbeBoard.BYTES)) {
    this.#board = new Int32Array(memory);
  }

  /** Takes note of a probe. `now` is the wall clock in seconds. Gives its slot; -1 when there is none left. */
  put(high: number, low: number, now: number): number {
    const board = this.#board;
    for (let at = 0; at < board.length; at += FIELDS) {
      const since = Atomics.load(board, at + Field.SINCE);
      if (since !== 0 && Math.abs(now - since) < FORGOTTEN) continue;
      if (Atomics.compareExchange(board, at + Field.SINCE, since, now) !== since) continue;
      Atomics.store(board, at + Field.SEEN, 0);
      Atomics.store(board, at + Field.HIGH, high);
      Atomics.store(board, at + Field.LOW, low);
      return at;
    }
    return -1;
  }

  /** Whether this is the label of a probe that is out; it counts as seen from now on. */
  see(high: number, low: number): boolean {
    const board = this.#board;
    for (let at = 0; at < board.length; at += FIELDS) {
      if (Atomics.load(board, at + Field.HIGH) !== high || Atomics.load(board, at + Field.LOW) !== low)
        continue;
      if (Atomics.load(board, at + Field.SINCE) === 0) continue;
      Atomics.store(board, at + Field.SEEN, 1);
      return true;
    }
    return false;
  }

  /** Whether the probe in this slot was seen, by any thread. */
  wasSeen(slot: number): boolean {
    return slot >= 0 && Atomics.load(this.#board, slot + Field.SEEN) === 1;
  }

  /** The probe in this slot is waited for no more. */
  free(slot: number): void {
    if (slot >= 0) Atomics.store(this.#board, slot + Field.SINCE, 0);
  }
}
