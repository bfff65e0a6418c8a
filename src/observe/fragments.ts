/** Fragments that are kept of one kind: labels of servers, and reasons, in some of which a peer has a say. */
const MOST_TEXTS = 256;

/**
 * Text that many lines have in common, ready to be copied eight bytes at a time: a call to copy so few bytes costs more than
 * they do. As doubles, whose bits stay what they are: only a NaN may be changed, and no eight bytes of UTF-8 are one.
 */
export interface Fragment {
  /** In bytes. */
  readonly length: number;
  readonly words: Float64Array;
}

/** A text as a fragment. */
export function fragmentOf(text: string): Fragment {
  const length = Buffer.byteLength(text);
  const padded = Buffer.alloc(Math.ceil(length / 8) * 8);
  padded.write(text);
  const words = Float64Array.from({ length: padded.length / 8 }, (_, at) => padded.readDoubleLE(at * 8));
  return { length, words };
}

/** The fragments for what has many values, of which a line mostly has the one of the line before. */
export class Fragments<Key> {
  readonly #make: (key: Key) => string;
  readonly #known = new Map<Key, Fragment>();
  #lastKey: Key | undefined;
  #last: Fragment = fragmentOf("");

  /** `make` writes the text for a key. */
  constructor(make: (key: Key) => string) {
    this.#make = make;
  }

  /** The fragment for a key; another call with the same gives the same text. */
  of(key: Key): Fragment {
    if (key === this.#lastKey) return this.#last;
    let fragment = this.#known.get(key);
    if (fragment === undefined) {
      if (this.#known.size >= MOST_TEXTS) this.#known.clear();
      fragment = fragmentOf(this.#make(key));
      this.#known.set(key, fragment);
    }
    this.#lastKey = key;
    this.#last = fragment;
    return fragment;
  }
}
