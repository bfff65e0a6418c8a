import { IdleLimit } from "./idle-limit.ts";

/** Leaves an idle link before the server closes it: a query sent into its close would have to be sent twice. */
export class Departure {
  readonly limit: IdleLimit = new IdleLimit();
  #leave: () => void;
  #timer: NodeJS.Timeout | null = null;

  /** `leave` is called when it is time to; it looks itself whether the link is idle. */
  constructor(leave: () => void) {
    this.#leave = leave;
  }

  /** The link has been idle since `aliveAt`, monotonic ms. True when it is to be left now; else `leave` is called in time. */
  isDue(aliveAt: number, now: number): boolean {
    this.stop();
    const left = aliveAt + this.limit.leaveAfter(now) - now;
    if (left < 1) return true;
    if (left !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(this.#leave, left).unref();
    return false;
  }

  /** There is no idle link any more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
