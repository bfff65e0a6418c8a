/**
 * Buckets of a quarter of an octave each, from 1/16 ms up: 80 reach beyond a minute, and a bound is at most 19 % above the
 * time it stands for.
 */
const BUCKETS = 80;
const PER_OCTAVE = 4;
const SMALLEST = 1 / 16;

/** When so many times have been added, all counts are halved: what was long ago weighs less and less. */
const MEMORY = 512;

/** After so many times it is looked again which answer is late. */
const REFRESH = 16;

/** What one answer weighs in the typical time. */
const NEWEST = 1 / 8;

/** How much must be known of a server's times before an answer can be called late. */
const KNOWN = 16;

/** Bounds of that, and what it is while little is known, in ms. */
const LATE_LEAST = 15;
const LATE_MOST = 800;
const LATE_UNKNOWN = 300;

/**
 * How long a server took to answer lately, as a histogram that forgets. A mean would be moved by the very answers that
 * are late; a quantile is not, so it can say which answer is late.
 */
export class Latency {
  #counts = new Float64Array(BUCKETS);
  #sum = 0;
  #added = 0;
  /** See `lateAfter`. */
  #late = LATE_UNKNOWN;
  /** Decayed mean of the logarithms, base 2; NaN: nothing is known. */
  #typical = Number.NaN;

  /** `ms`: time from writing a query to its answer. */
  add(ms: number): void {
    const octave = Math.log2(Math.max(ms, SMALLEST));
    this.#typical = Number.isNaN(this.#typical) ? octave : this.#typical + (octave - this.#typical) * NEWEST;
    const bucket = Math.floor(PER_OCTAVE * (octave - Math.log2(SMALLEST)));
    this.#counts[Math.min(BUCKETS - 1, Math.max(0, bucket))]! += 1;
    this.#sum += 1;
    this.#added++;
    if (this.#added % REFRESH === 0) this.#late = this.#lateNow();
    if (this.#added < MEMORY) return;
    this.#added = 0;
    this.#sum = 0;
    for (let i = 0; i < BUCKETS; i++) {
      this.#counts[i]! /= 2;
      this.#sum += this.#counts[i]!;
    }
  }

  /** The counts, lately weighing more, for adding up those of several threads. */
  get counts(): Float64Array {
    return this.#counts.slice();
  }

  /** How much is known: times that were added and not yet forgotten. */
  get weight(): number {
    return this.#sum;
  }

  /** The time that a part `share` (0 to 1) of the answers came within, ms; undefined when nothing is known. */
  quantile(share: number): number | undefined {
    return latencyQuantile(this.#counts, this.#sum, share);
  }

  /**
   * The time that an answer took lately, ms; undefined when nothing is known. It follows within some twenty answers, as a
   * server that is seldom asked gets no more for a while; being a mean of logarithms, one late answer moves it little.
   */
  get typical(): number | undefined {
    return Number.isNaN(this.#typical) ? undefined : 2 ** this.#typical;
  }

  /** After how long an answer is late, ms: well beyond what nine in ten took lately. */
  get lateAfter(): number {
    return this.#late;
  }

  /** Every question asks for `lateAfter`, so it is worked out now and then. */
  #lateNow(): number {
    if (this.#sum < KNOWN) return LATE_UNKNOWN;
    return Math.min(LATE_MOST, Math.max(LATE_LEAST, 2 * this.quantile(0.9)! + 5));
  }

  /** Forgets all, as after a change of the network. */
  clear(): void {
    this.#counts.fill(0);
    this.#typical = Number.NaN;
    this.#late = LATE_UNKNOWN;
    this.#sum = 0;
    this.#added = 0;
  }
}

/** The time that a part `share` (0 to 1) of `sum` answers came within, ms, by `Latency.counts`; undefined when there are none. */
export function latencyQuantile(counts: Float64Array, sum: number, share: number): number | undefined {
  if (sum === 0) return undefined;
  let left = sum * share;
  for (let i = 0; i < BUCKETS; i++) {
    left -= counts[i]!;
    if (left <= 0) return SMALLEST * 2 ** ((i + 1) / PER_OCTAVE);
  }
  return SMALLEST * 2 ** (BUCKETS / PER_OCTAVE);
}
