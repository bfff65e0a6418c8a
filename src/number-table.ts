/** Places at the start: enough for what one connection has in flight at a usual load. */
const SMALLEST = 256;

/** A table that has become this large is given back once it is empty: it was a burst. */
const LARGE = 8192;

const FREE = -1;

/**
 * Objects under whole numbers from 0 to 2^30 that are evenly spread: random ids, hashes. What a Map does, for entries that
 * come and go all the time. A Map that is full of deleted entries goes on in a new table, to which its old one points: once
 * one of those old tables has grown old in V8's eyes, it keeps all that follow alive, with every query that was in them,
 * until the next full collection. Here a table stays, and what is deleted is let go.
 *
 * Open addressing with linear probing; a deleted entry's place is filled by one that was pushed on behind it.
 */
export class NumberTable<T> {
  /** Entries. */
  size = 0;

  #keys: Int32Array = new Int32Array(SMALLEST).fill(FREE);
  #values: (T | null)[] = noValues<T>(SMALLEST);
  #mask: number = SMALLEST - 1;

  /** What is under this number; null: nothing. */
  get(key: number): T | null {
    const keys = this.#keys;
    for (let at = key & this.#mask; ; at = (at + 1) & this.#mask) {
      const here = keys[at];
      if (here === key) return this.#values[at]!;
      if (here === FREE) return null;
    }
  }

  /** Puts a value under a number, instead of the one that is there. */
  set(key: number, value: T): void {
    // At three quarters, probing is still short.
    if (this.size * 4 >= this.#keys.length * 3) this.#grow();
    const keys = this.#keys;
    let at = key & this.#mask;
    while (keys[at] !== FREE && keys[at] !== key) at = (at + 1) & this.#mask;
    if (keys[at] === FREE) this.size++;
    keys[at] = key;
    this.#values[at] = value;
  }

  /** Removes what is under this number, if anything. */
  delete(key: number): void {
    const keys = this.#keys;
    const mask = this.#mask;
    let hole = key & mask;
    for (; keys[hole] !== key; hole = (hole + 1) & mask) if (keys[hole] === FREE) return;
    for (let at = (hole + 1) & mask; keys[at] !== FREE; at = (at + 1) & mask) {
      // It may stand in the hole if its own place is not behind that: else it would not be found there.
      if (((at - keys[at]!) & mask) < ((at - hole) & mask)) continue;
      keys[hole] = keys[at]!;
      this.#values[hole] = this.#values[at]!;
      hole = at;
    }
    keys[hole] = FREE;
    this.#values[hole] = null;
    if (--this.size === 0 && keys.length >= LARGE) this.clear();
  }

  /** Removes all, and gives back the memory that a small table does not need. */
  clear(): void {
    this.size = 0;
    this.#allot(SMALLEST);
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#allot(keys.length * 2);
    this.size = 0;
    for (let at = 0; at < keys.length; at++) if (keys[at] !== FREE) this.set(keys[at]!, values[at]!);
  }

  #allot(places: number): void {
    this.#keys = new Int32Array(places).fill(FREE);
    this.#values = noValues<T>(places);
    this.#mask = places - 1;
  }
}

function noValues<T>(places: number): (T | null)[] {
  return Array.from({ length: places }, () => null);
}
