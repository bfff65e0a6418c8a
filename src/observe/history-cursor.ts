import type { HistoryColumns } from "./history-columns.ts";
import type { HistoryEntry } from "./history-entry.ts";

/** A row that its thread has not finished for so long, in ms, never will be: the thread is gone. */
const ABANDONED = 100;

/** Who takes many queries at once, as the rows that hold them. */
export interface RowTaker {
  /** The next query is in this row, for the time of the call. */
  take(columns: HistoryColumns, row: number): void;
  /** What was taken last was overwritten meanwhile, by another thread: it is to be forgotten. */
  drop(): void;
}

/** What a cursor moves over: queries by their sequence numbers. */
export interface HistoryRows {
  /** The number that the next query gets. */
  readonly recorded: number;
  /** The lowest number that is still kept. */
  readonly oldest: number;
  overwrittenSince(sequence: number): number;
  entry(sequence: number): HistoryEntry | undefined;
  rows(sequence: number, most: number, taker: RowTaker): number;
}

/** A place in the ring that moves towards newer queries and counts those that were overwritten before it came by. */
export class HistoryCursor {
  readonly #ring: HistoryRows;
  readonly #now: () => number;
  #at: number;
  #lost = 0;
  /** Since when the row at which it is cannot be read, and which one that is. */
  #waitsSince = 0;
  #waitsAt = -1;

  constructor(ring: HistoryRows, at: number, now: () => number) {
    this.#ring = ring;
    this.#at = at;
    this.#now = now;
  }

  /** The sequence number that `next` gives next, unless it is lost by then. */
  get at(): number {
    return this.#at;
  }

  /** How many queries are waiting to be read. */
  get waiting(): number {
    return this.#ring.recorded - Math.max(this.#at, this.#ring.oldest);
  }

  /** The next query; undefined when everything was read, or the next is being written by another thread. */
  next(): HistoryEntry | undefined {
    for (;;) {
      this.#passOverwritten();
      const entry = this.#ring.entry(this.#at);
      if (entry !== undefined) {
        this.#at++;
        return entry;
      }
      if (this.#at >= this.#ring.recorded) return undefined;
      if (this.#at >= this.#ring.oldest && !this.#isAbandoned()) return undefined;
    }
  }

  /**
   * Hands over the next queries, at most so many, all of which follow one another. Gives how many: fewer, or none, also where the
   * next is being written by another thread.
   */
  take(most: number, taker: RowTaker): number {
    for (;;) {
      this.#passOverwritten();
      const count = this.#ring.rows(this.#at, most, taker);
      this.#at += count;
      if (count > 0 || this.#at >= this.#ring.recorded) return count;
      if (this.#at >= this.#ring.oldest && !this.#isAbandoned()) return 0;
    }
  }

  /** How many queries were lost since this was last asked. */
  takeLost(): number {
    const lost = this.#lost;
    this.#lost = 0;
    return lost;
  }

  #passOverwritten(): void {
    const { oldest } = this.#ring;
    if (oldest <= this.#at) return;
    this.#lost += this.#ring.overwrittenSince(this.#at);
    this.#at = oldest;
  }

  /** Whether the row at which it is will never be whole; it is passed by then. */
  #isAbandoned(): boolean {
    const now = this.#now();
    if (this.#waitsAt !== this.#at) {
      this.#waitsAt = this.#at;
      this.#waitsSince = now;
    }
    if (now - this.#waitsSince < ABANDONED) return false;
    this.#at++;
    this.#lost++;
    return true;
  }
}
