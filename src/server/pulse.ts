/** How often somebody looks whether a worker's pulse goes on, in ms: a few times as long as a beat takes. */
const LOOK = 3000;

/** So often in a row it must be seen to stand still: once may be a machine that has just woken up. */
const LOOKS = 3;

/**
 * The pulse of a worker, which counts up for as long as its event loop turns. A thread that goes round in circles, or does
 * nothing but collect garbage, does not die of it, and would keep its share of the queries for ever.
 */
export class Pulse {
  static readonly BYTES: number = 4;

  readonly memory: SharedArrayBuffer;

  #beats: Int32Array;
  #seen = 0;
  #still = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(Pulse.BYTES)) {
    this.memory = memory;
    this.#beats = new Int32Array(memory);
  }

  /** The worker lives: to be called about once a second. */
  beat(): void {
    Atomics.add(this.#beats, 0, 1);
  }

  /** Calls `onStill` once, with how long that was in seconds, when the worker has not beaten for some seconds. */
  watch(onStill: (seconds: number) => void): void {
    this.#seen = Atomics.load(this.#beats, 0);
    this.#timer = setInterval(() => {
      const beats = Atomics.load(this.#beats, 0);
      this.#still = beats === this.#seen ? this.#still + 1 : 0;
      this.#seen = beats;
      if (this.#still < LOOKS) return;
      this.end();
      onStill((LOOKS * LOOK) / 1000);
    }, LOOK);
    this.#timer.unref();
  }

  /** Nobody watches any more. */
  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
