import { HistoryColumns, type SharedRing } from "./history-columns.ts";
import { HistoryCursor, type RowTaker } from "./history-cursor.ts";
import type { HistoryEntry } from "./history-entry.ts";
import { HistoryPrivacy } from "./history-privacy.ts";
import type { Observer, Outcome } from "./outcome.ts";

/** How long one reading of the wall clock serves; a clock that was set is seen after this many milliseconds. */
const CLOCK_TRUST = 1000;

/** The stamp of a row that is being wiped. */
const WIPING = -1;

/** Where the ring reads time; both in milliseconds. */
export interface RingClocks {
  /** Since the Unix epoch. */
  readonly wall: () => number;
  /** The clock of `Outcome.receivedAt`. */
  readonly monotonic: () => number;
}

const systemClocks: RingClocks = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * The last queries, kept in columns of typed arrays. `ended` runs for every query on the packet path and makes no object; rows
 * become objects, or lines, only when somebody reads them.
 *
 * Rows are named by their sequence number: the first query ever is 0, `recorded` is the number that the next one gets,
 * `oldest` the lowest that is still kept. A reader remembers where it was and learns from `oldest` what it has missed.
 *
 * Several threads may write one ring, each through an object of its own over the same memory: the position of the next
 * row is claimed by an atomic step, and the row's stamp says whether it is whole.
 */
export class HistoryRing implements Observer {
  readonly size: number;
  readonly #clocks: RingClocks;
  readonly #shared: boolean;
  /**
   * Positions are sequence numbers that begin again at 0 where 32 bits end, after a whole number of turns of the ring: at
   * 100,000 queries a second every six hours.
   */
  readonly #positions: number;
  readonly #columns: HistoryColumns;
  readonly #head: Int32Array;
  readonly #stamps: Int32Array;
  /** What `recorded` was when it was last looked at, from which the whole number is known. */
  #seen = 0;
  #wallOffset = 0;
  #wallReadAt = -Infinity;
  readonly #quarter: number;
  readonly #privacy: HistoryPrivacy;
  /** Below it all is forgotten; known to the thread that reads. */
  #floor = 0;
  #wake: (() => void) | null = null;

  /** A ring of `size` rows, 320 bytes each and the client's address; one of 0 rows records nothing. */
  constructor(
    size: number,
    clocks: RingClocks = systemClocks,
    shared: SharedRing | null = null,
    privacy: HistoryPrivacy = new HistoryPrivacy(),
  ) {
    this.size = size;
    this.#privacy = privacy;
    this.#clocks = clocks;
    this.#shared = shared !== null;
    this.#positions = size * Math.floor(0x7fff_ffff / Math.max(1, size));
    this.#quarter = Math.max(1, size >>> 2);
    this.#columns = new HistoryColumns(size, shared, privacy);
    this.#head = this.#columns.head;
    this.#stamps = this.#columns.stamps;
  }

  /** Memory for a ring of `size` rows that so many threads write, for `SharedRing`. */
  static memory(size: number, writers: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HistoryColumns.bytes(size, writers));
  }

  /** How many queries were ever recorded: the sequence number of the next one. */
  get recorded(): number {
    if (this.size === 0) return 0;
    const passed = Atomics.load(this.#head, 0) - (this.#seen % this.#positions);
    this.#seen += passed < 0 ? passed + this.#positions : passed;
    return this.#seen;
  }

  /** The sequence number of the oldest query that is still kept; equal to `recorded` when there is none. */
  get oldest(): number {
    return Math.max(this.#floor, this.recorded - this.size);
  }

  /** How many queries from `sequence` on were overwritten; what was forgotten on purpose is not among them. */
  overwrittenSince(sequence: number): number {
    return Math.max(0, this.recorded - this.size - Math.max(sequence, this.#floor));
  }

  /**
   * Calls `wake` each time a quarter of the ring is new, so that a reader who looks at it now and then is not overrun
   * by a burst. One reader only (the history file); null ends it. `wake` runs on the packet path: it may only set a flag
   * or schedule work. It is called in the thread that writes, which calls `wake` of the reader's ring.
   */
  wakeEachQuarter(wake: (() => void) | null): void {
    this.#wake = wake;
  }

  /** A quarter of the ring is new: for the thread of the reader. */
  wake(): void {
    this.#wake?.();
  }

  /** Records how a query ended. */
  ended(outcome: Outcome): void {
    if (this.size === 0 || !this.#privacy.keeps(outcome)) return;
    const position = this.#claim();
    const row = position % this.size;
    // Whoever wipes the row just now would wipe this query with it; it is lost, as the next one will not be.
    if (this.#shared && Atomics.exchange(this.#stamps, row, 0) === WIPING) return;
    const { receivedAt } = outcome;
    // The wall clock is read once a second, not for each query: the two clocks keep the same pace between.
    if (receivedAt - this.#wallReadAt >= CLOCK_TRUST) this.#readWallClock(receivedAt);
    this.#columns.set(row, receivedAt + this.#wallOffset, outcome);
    if (this.#shared) Atomics.store(this.#stamps, row, position + 1);
    if (this.#wake !== null && (row + 1) % this.#quarter === 0) this.#wake();
  }

  /**
   * The query with this sequence number, decoded; undefined when it is not kept any more, or not yet there, or another
   * thread is writing it.
   */
  entry(sequence: number): HistoryEntry | undefined {
    if (sequence < this.oldest || sequence >= this.recorded) return undefined;
    const row = sequence % this.size;
    const stamp = this.#stampOf(sequence);
    if (this.#shared && Atomics.load(this.#stamps, row) !== stamp) return undefined;
    const entry = this.#columns.entry(row);
    // Else it was overwritten while it was read.
    return this.#shared && Atomics.load(this.#stamps, row) !== stamp ? undefined : entry;
  }

  /**
   * Hands over the rows of the queries from `sequence` on, at most so many and in one go, for a reader who wants thousands: what
   * `entry` has to find out for each is found out once. Ends before the first that `entry` would not give. Gives how many.
   */
  rows(sequence: number, most: number, taker: RowTaker): number {
    if (sequence < this.oldest) return 0;
    const count = Math.max(0, Math.min(most, this.recorded - sequence));
    const stamps = this.#stamps;
    for (let i = 0, row = sequence % this.size; i < count; i++, row = row + 1 === this.size ? 0 : row + 1) {
      if (!this.#shared) {
        taker.take(this.#columns, row);
        continue;
      }
      const stamp = this.#stampOf(sequence + i);
      if (Atomics.load(stamps, row) !== stamp) return i;
      taker.take(this.#columns, row);
      if (Atomics.load(stamps, row) === stamp) continue;
      taker.drop();
      return i;
    }
    return count;
  }

  /**
   * Forgets all queries with lower numbers: they are wiped from memory. For the thread that reads. Gives how many those were
   * that were still kept.
   */
  forget(below: number = this.recorded): number {
    const from = this.oldest;
    if (below <= from) return 0;
    this.#floor = below;
    for (let sequence = from; sequence < below; sequence++) this.#wipe(sequence);
    return below - from;
  }

  /** Forgets queries that were received before this time, milliseconds since the Unix epoch. Gives how many. */
  forgetBefore(time: number): number {
    let sequence = this.oldest;
    for (const end = this.recorded; sequence < end; sequence++) {
      const row = sequence % this.size;
      const isWhole = !this.#shared || Atomics.load(this.#stamps, row) === this.#stampOf(sequence);
      if (isWhole && this.#columns.time[row]! >= time) break;
    }
    return this.forget(sequence);
  }

  /** A reader that starts at `sequence`; without it, at what comes next. */
  cursor(sequence: number = this.recorded): HistoryCursor {
    return new HistoryCursor(this, sequence, this.#clocks.monotonic);
  }

  #stampOf(sequence: number): number {
    return (sequence % this.#positions) + 1;
  }

  #wipe(sequence: number): void {
    const row = sequence % this.size;
    const stamps = this.#stamps;
    const stamp = this.#stampOf(sequence);
    // Else another thread is overwriting it.
    if (this.#shared && Atomics.compareExchange(stamps, row, stamp, WIPING) !== stamp) return;
    this.#columns.wipe(row);
    if (this.#shared) Atomics.compareExchange(stamps, row, WIPING, 0);
  }

  #claim(): number {
    const head = this.#head;
    if (!this.#shared) {
      const position = head[0]!;
      head[0] = this.#after(position);
      return position;
    }
    for (;;) {
      const position = Atomics.load(head, 0);
      if (Atomics.compareExchange(head, 0, position, this.#after(position)) === position) return position;
    }
  }

  #after(position: number): number {
    return position + 1 === this.#positions ? 0 : position + 1;
  }

  #readWallClock(receivedAt: number): void {
    this.#wallOffset = this.#clocks.wall() - this.#clocks.monotonic();
    this.#wallReadAt = receivedAt;
  }
}
