import { type Failure, lacksRoute } from "./failure.ts";

/** The pauses after failures in a row, in ms: the first and the longest; each is twice the one before, and jittered. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** A pause is made longer by up to this share of itself, by chance: else all who lost a server come back at one moment. */
const JITTER = 0.5;

/**
 * What failures say of a server: whether it may be asked without a second thought, and from when on it may be tried again
 * without a client's query. Time is monotonic ms.
 */
export class Breaker {
  /** What went wrong last; null since it last answered. */
  lastFailure: Failure | null = null;
  /** Wall clock of the last failure, ms; for people. */
  lastFailureAt = 0;
  /** It opened links and did not answer on them: that it opens another proves nothing, only an answer does. */
  mute = false;

  #random: () => number;
  #inRow = 0;
  /** Links in a row that opened and ended under queries without an answer, since it last answered or failed. */
  #fruitless = 0;
  #pausedUntil = 0;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** Nothing is known against it. */
  get closed(): boolean {
    return this.#inRow === 0;
  }

  /** Whether it is too soon to try it again. */
  pauses(now: number): boolean {
    return now < this.#pausedUntil;
  }

  /** How long it still is too soon, ms; 0: it is not. */
  pauseLeft(now: number): number {
    return Math.max(0, this.#pausedUntil - now);
  }

  /** It failed. True when that is news: it worked before, or failed in another way. */
  failed(failure: Failure, now: number): boolean {
    const before = this.lastFailure;
    this.lastFailure = failure;
    this.lastFailureAt = Date.now();
    this.#fruitless = 0;
    const longest = LONGEST_PAUSE / (1 + JITTER);
    const doubled = lacksRoute(failure) ? 0 : Math.min(this.#inRow, 10);
    const pause = Math.min(longest, FIRST_PAUSE * 2 ** doubled);
    this.#pausedUntil = now + pause * (1 + JITTER * this.#random());
    // A try without a route costs nothing, and a route may come at any time: it is not put off ever longer.
    this.#inRow = lacksRoute(failure) ? 1 : this.#inRow + 1;
    return before?.kind !== failure.kind;
  }

  /** It answered. True when it had failed before. */
  answered(): boolean {
    this.#fruitless = 0;
    if (this.lastFailure === null) return false;
    this.mute = false;
    this.#inRow = 0;
    this.lastFailure = null;
    return true;
  }

  /** A link was of no use to those who waited on it. True when so many in a row were. */
  fruitless(most: number): boolean {
    return ++this.#fruitless >= most;
  }

  /** It opened a link and closed it unused, which says nothing new; but the next trial must not follow at once. */
  unused(now: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, now + FIRST_PAUSE);
  }

  /** The network changed: failures were about another one. The last one stays, for people, until it answers. */
  renew(): void {
    this.#inRow = 0;
    this.#fruitless = 0;
    this.#pausedUntil = 0;
    this.mute = false;
  }
}
