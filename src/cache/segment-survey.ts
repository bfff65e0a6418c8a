import { FAMILIES, Family, Head, LANES, Segment } from "./layout.ts";
import type { CacheMemory } from "./memory.ts";

/** What negatives may fill at the most, and what they keep when others need room: parts of all segments. */
const NEGATIVE_CAP = 1 / 4;
const NEGATIVE_SHARE = 1 / 8;

/** What failures may fill at the most: they are small, and each is soon over. */
const FAILURE_CAP = 1 / 32;

/** The part of a family that is for what is new (S3-FIFO's measure). */
const SMALL_PART = 1 / 10;

/** A segment of which less than this part lives is drained before any other: what lives in it is packed, and nothing lost. */
export const SPARSE = 0.6;

/**
 * A look at all segments: how many each lane has, which is the oldest of each. It is taken when one is needed, once for
 * more than a thousand stores, so that no list must be kept that a thread could leave half changed.
 */
export class SegmentSurvey {
  free = 0;
  /** -1: none. */
  firstFree = -1;

  #memory: CacheMemory;
  #used = new Int32Array(LANES);
  /** The oldest segment of each lane that is neither being filled nor drained; -1: none. */
  #oldest = new Int32Array(LANES);
  #sparsest = -1;
  #caps: readonly number[];

  constructor(memory: CacheMemory) {
    this.#memory = memory;
    const { segments } = memory.layout;
    this.#caps = [
      segments,
      Math.max(4, Math.floor(segments * NEGATIVE_CAP)),
      Math.max(2, Math.floor(segments * FAILURE_CAP)),
    ];
  }

  look(): void {
    const { words, layout } = this.#memory;
    const oldest = this.#oldest;
    this.free = 0;
    this.firstFree = -1;
    this.#used.fill(0);
    oldest.fill(-1);
    this.#sparsest = -1;
    let least = SPARSE * layout.segmentWords;
    for (let segment = 0; segment < layout.segments; segment++) {
      const row = layout.segmentsAt + segment * Segment.WORDS;
      const state = words[row + Segment.STATE]!;
      if (state === 0) {
        this.free++;
        if (this.firstFree < 0) this.firstFree = segment;
        continue;
      }
      const lane = state - 1;
      this.#used[lane]!++;
      if (words[Head.OPEN + lane] === segment + 1 || words[Head.DRAIN] === segment + 1) continue;
      if (oldest[lane]! < 0 || words[row + Segment.BIRTH]! < this.#birth(oldest[lane]!))
        oldest[lane] = segment;
      const live = words[row + Segment.LIVE]!;
      if (live < least) {
        least = live;
        this.#sparsest = segment;
      }
    }
  }

  /** Whether the family may have no further segment. */
  isAtCap(family: number): boolean {
    return this.#usedBy(family) >= this.#caps[family]!;
  }

  /** The segment that is to be drained when `family` needs room; -1: none can be. */
  victim(family: number): number {
    if (this.isAtCap(family)) {
      const own = this.#oldestOf(family);
      if (own >= 0) return own;
    }
    if (this.#sparsest >= 0) return this.#sparsest;
    const { segments } = this.#memory.layout;
    if (this.#usedBy(Family.NEGATIVE) > segments * NEGATIVE_SHARE) {
      const negative = this.#oldestOf(Family.NEGATIVE);
      if (negative >= 0) return negative;
    }
    for (let one = 0; one < FAMILIES; one++) {
      const any = this.#oldestOf(one);
      if (any >= 0) return any;
    }
    return -1;
  }

  #usedBy(family: number): number {
    return this.#used[family * 2]! + this.#used[family * 2 + 1]!;
  }

  /** Of what is new as long as that has more than its part, else of what is steady. */
  #oldestOf(family: number): number {
    const small = family * 2;
    const main = small + 1;
    const tooMany = this.#used[small]! > Math.max(1, this.#usedBy(family) * SMALL_PART);
    if ((tooMany && this.#oldest[small]! >= 0) || this.#oldest[main]! < 0) return this.#oldest[small]!;
    return this.#oldest[main]!;
  }

  #birth(segment: number): number {
    return this.#memory.words[this.#memory.layout.segmentsAt + segment * Segment.WORDS + Segment.BIRTH]!;
  }
}
