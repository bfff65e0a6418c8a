/** An idle link is left after this share of what the server is known to allow. */
const SHARE = 0.9;

/** A close sooner than this after the last answer is no idle limit, ms. */
const LEAST = 200;

/**
 * How long a server keeps a link on which nothing goes on, as far as it is known, and the way to leave before that: a query
 * that is sent into the server's close would have to be sent twice.
 */
export class IdleLimit {
  #limit: number = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  /** The server closed an idle link this long after its last answer, ms: so long, and no longer, it waits. */
  learn(idle: number): void {
    if (idle >= LEAST && idle < this.#limit) this.#limit = idle;
  }

  /** The server has said how long it waits (RFC 7828), ms. */
  said(ms: number): void {
    this.#limit = Math.max(LEAST, ms);
  }

  /**
   * Calls `leave` in time, once, unless it is idle no more by then. `idleSince` gives when the last answer came, monotonic
   * ms; null when the link is busy, or gone.
   */
  watch(idleSince: () => number | null, leave: () => void): void {
    const since = idleSince();
    if (this.#limit === Number.POSITIVE_INFINITY || this.#timer !== null || since === null) return;
    const wait = since + this.#limit * SHARE - performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        const now = idleSince();
        if (now === null) return;
        if (performance.now() - now >= this.#limit * SHARE - 1) leave();
        else this.watch(idleSince, leave);
      },
      Math.max(0, wait),
    );
    this.#timer.unref();
  }
}
