/** How long it is remembered that a server cannot read EDNS, in ms. */
const PLAIN = 3600 * 1000;

/** So many questions in a row that it could not read without EDNS either, and it is not EDNS that it cannot read. */
const MAX_USELESS = 3;

/** For so long, in ms, it is not asked again without then. */
const USELESS = 300 * 1000;

/** Whether a server can read EDNS, as far as is known (RFC 6891 section 6.2.2). Time is monotonic ms. */
export class EdnsHabit {
  #plainUntil = 0;
  #useless = 0;
  #uselessUntil = 0;

  /** Whether it is to be asked with EDNS. */
  speaks(now: number): boolean {
    return now >= this.#plainUntil;
  }

  /** Whether it is worth the time to ask it again without what it could not read with EDNS. */
  mayBePlain(now: number): boolean {
    return now >= this.#uselessUntil;
  }

  /** It answered without EDNS what it could not read with it. */
  readPlain(now: number): void {
    // Not put off by each answer that is asked for like this: it may learn to read EDNS.
    if (!this.speaks(now)) return;
    this.#plainUntil = now + PLAIN;
    this.#useless = 0;
  }

  /** It could not read without EDNS either what it could not read with it. */
  readNeither(now: number): void {
    if (!this.speaks(now) || ++this.#useless < MAX_USELESS) return;
    this.#useless = 0;
    this.#uselessUntil = now + USELESS;
  }

  /** Another server may be there now. */
  forget(): void {
    this.#plainUntil = 0;
    this.#useless = 0;
    this.#uselessUntil = 0;
  }
}
