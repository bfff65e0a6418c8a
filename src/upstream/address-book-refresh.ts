/** What was found is kept for a minute at least, and looked for again after a day at most, in ms. */
const LEAST = 60_000;
const MOST = 24 * 3600 * 1000;

/** It is looked for again after this share of the time that it holds. */
const SHARE = 0.8;

/** How long until what holds for `ttl` seconds is to be looked for again, in ms. */
export function refreshAfter(ttl: number): number {
  return Math.min(MOST, Math.max(LEAST, ttl * 1000 * SHARE));
}

/**
 * Looks for something when it is first needed, and again in the background before what was found ends, as long as somebody
 * uses it. Time is monotonic.
 */
export class Refresh {
  #look: (signal: AbortSignal) => Promise<number>;
  #pending: Promise<void> | null = null;
  #ending = new AbortController();
  #dueAt: number = Number.NEGATIVE_INFINITY;
  #endedAt: number = Number.NEGATIVE_INFINITY;
  #used = false;
  #everUsed = false;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  /** `look` gives after how many ms it is due again; it never rejects. */
  constructor(look: (signal: AbortSignal) => Promise<number>) {
    this.#look = look;
  }

  /** What was found is being used: looks if that is due. */
  use(): void {
    this.#used = true;
    this.#everUsed = true;
    if (performance.now() >= this.#dueAt) this.#start();
  }

  /** Resolves when it is not looking, which may be at once. Never rejects. */
  async settled(): Promise<void> {
    while (this.#pending !== null) await this.#pending;
  }

  /** What was found turned out to be of no use: looks now, unless it last looked less than `pause` ms ago. */
  hasten(pause: number): void {
    if (performance.now() - this.#endedAt >= pause) this.#start();
  }

  /** The network changed: what is under way is given up, and if it was ever used, begun anew. */
  renew(): void {
    this.#ending.abort();
    this.#pending = null;
    this.#dueAt = Number.NEGATIVE_INFINITY;
    if (this.#everUsed) this.#start();
  }

  /** Looks no more. */
  stop(): void {
    this.#stopped = true;
    this.#ending.abort();
    this.#pending = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #start(): void {
    if (this.#pending !== null || this.#stopped) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#used = false;
    const ending = new AbortController();
    this.#ending = ending;
    this.#pending = this.#run(ending);
  }

  async #run(ending: AbortController): Promise<void> {
    const due = await this.#look(ending.signal);
    if (ending.signal.aborted) return;
    this.#pending = null;
    this.#endedAt = performance.now();
    this.#dueAt = this.#endedAt + due;
    this.#timer = setTimeout(() => {
      if (this.#used) this.#start();
    }, due);
    this.#timer.unref();
  }
}
