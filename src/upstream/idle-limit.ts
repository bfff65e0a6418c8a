/** An idle link is left after this share of what the server allows. */
const SHARE = 0.9;

/** A close sooner than this after the last sign of life is no idle limit, ms. */
const LEAST = 200;

/** Two closes that differ by no more than this share come from one limit. */
const ALIKE = 0.2;

/** How long a limit holds that was learned from closes, ms: servers change, and who leaves early never sees it. */
const MEMORY = 3600 * 1000;

/** How long a server keeps a connection on which nothing goes on, as far as it is known. */
export class IdleLimit {
  #ms: number = Number.POSITIVE_INFINITY;
  #until: number = Number.POSITIVE_INFINITY;
  #lastClose: number = Number.NEGATIVE_INFINITY;

  /** After how long without a sign of life a link is to be left, ms; `now` is monotonic ms. Infinity: not known. */
  leaveAfter(now: number): number {
    return now < this.#until ? this.#ms * SHARE : Number.POSITIVE_INFINITY;
  }

  /** The server said it (RFC 7828), ms above 0. */
  said(ms: number): void {
    this.#ms = Math.max(LEAST, ms);
    this.#until = Number.POSITIVE_INFINITY;
  }

  /** The server closed a link on which nothing had gone on for so long, ms. One close may be a restart, two alike are a limit. */
  closedAfter(idle: number, now: number): void {
    if (idle < LEAST || idle > this.leaveAfter(now) / SHARE) return;
    const before = this.#lastClose;
    this.#lastClose = idle;
    if (Math.abs(idle - before) > ALIKE * idle) return;
    this.#ms = Math.min(idle, before);
    this.#until = now + MEMORY;
  }

  /** The network changed: what closed our links may have been something between us and the server. */
  forget(): void {
    this.#ms = Number.POSITIVE_INFINITY;
    this.#until = Number.POSITIVE_INFINITY;
    this.#lastClose = Number.NEGATIVE_INFINITY;
  }
}
