/**
 * In which sets a key may be, of so many that are in use. Linear hashing (Litwin, VLDB 1980): with one set more, only keys of
 * one set change theirs, and then to the new one. It begins with `base` sets, from which the upper bits of a hash choose,
 * and spreads evenly whenever their number has doubled.
 */
export class SetMap {
  /** As of the last `use`. */
  sets = 0;

  #base: number;
  /** The base, doubled as often as there are sets for. */
  #level = 0;
  /** The lower bits of a hash that choose among sets with the same first one. */
  #mask = 0;

  constructor(base: number) {
    this.#base = base;
  }

  /** From now on there are so many sets, at least `base`. */
  use(sets: number): void {
    if (sets === this.sets) return;
    const doublings = 31 - Math.clz32(Math.floor(sets / this.#base));
    this.sets = sets;
    this.#level = this.#base << doublings;
    this.#mask = (2 << doublings) - 1;
  }

  /** The first set in which a key may be. */
  home(keyHash: number): number {
    const first = ((keyHash >>> 16) * this.#base) >>> 16;
    const set = first + this.#base * (keyHash & this.#mask);
    return set < this.sets ? set : set - this.#level;
  }

  /** The other one; rarely the same. */
  other(keyHash: number): number {
    const hash = Math.imul(keyHash ^ (keyHash >>> 15), 0x2c1b_3c6d);
    return this.home(hash ^ (hash >>> 15));
  }

  /** The set whose keys are parted when there is one set more. */
  get parted(): number {
    return this.sets - this.#level;
  }
}
