/** A link that lived for so long, ms, was worth it: the next one is opened at once. */
const WORTH = 2000;

/** Else the next one waits, ms: twice as long each time, up to the last. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

/** Keeps a link open before there is a query for it, without a storm on a server that closes each one at once. */
export class Warmth {
  #open: () => void;
  #on = false;
  #wait = 0;
  #openedAt: number = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  /** `open` opens a link, unless there is one. */
  constructor(open: () => void) {
    this.#open = open;
  }

  /** From now on, beginning with now. */
  start(): void {
    this.#on = true;
    this.#openIn(0);
  }

  stop(): void {
    this.#on = false;
    this.#stopTimer();
  }

  /** A link is open, at `now`, monotonic ms. */
  opened(now: number): void {
    this.#openedAt = now;
  }

  /** There is no link any more; the server is to be left alone for `pause` ms. */
  ended(now: number, pause: number): void {
    if (!this.#on) return;
    const isWorth = now - this.#openedAt >= WORTH;
    this.#wait = isWorth ? 0 : Math.min(LONGEST_WAIT, Math.max(FIRST_WAIT, this.#wait * 2));
    this.#openedAt = Number.POSITIVE_INFINITY;
    this.#openIn(Math.max(this.#wait, pause));
  }

  /** The network changed. */
  renew(): void {
    if (!this.#on) return;
    this.#wait = 0;
    this.#openIn(0);
  }

  #openIn(wait: number): void {
    this.#stopTimer();
    this.#timer = setTimeout(this.#open, wait).unref();
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
