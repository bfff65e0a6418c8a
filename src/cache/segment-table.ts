import { Entry, entryWords } from "./entry.ts";
import { Head, Segment, Slot } from "./layout.ts";
import type { CacheMemory } from "./memory.ts";

/** The segments of the arena, each filled one entry after the other. All of this is for the owner of the lock. */
export class SegmentTable {
  #memory: CacheMemory;

  constructor(memory: CacheMemory) {
    this.#memory = memory;
  }

  /** Room at the end of the segment that the lane is filling: the place of the entry as a word, or 0 when there is none. */
  append(lane: number, size: number): number {
    const { words, layout } = this.#memory;
    const segment = this.openOf(lane);
    if (segment < 0) return 0;
    const row = this.row(segment);
    const fill = words[row + Segment.FILL]!;
    if (fill + size > layout.segmentWords) {
      words[Head.OPEN + lane] = 0;
      if (words[row + Segment.LIVE]! <= 0) this.free(segment);
      return 0;
    }
    const entry = layout.arenaAt + segment * layout.segmentWords + fill;
    // In this order: a walk over the segment finds its way even when this thread dies between two of these lines.
    words[entry + Entry.SIZE] = size;
    words[entry + Entry.SLOT] = 0;
    words[row + Segment.FILL] = fill + size;
    words[row + Segment.LIVE] = words[row + Segment.LIVE]! + size;
    return entry;
  }

  /** Lets the lane fill a free segment. */
  open(lane: number, segment: number): void {
    const { words } = this.#memory;
    const row = this.row(segment);
    const birth = words[Head.NEXT_BIRTH]!;
    words[Head.NEXT_BIRTH] = birth + 1;
    words[row + Segment.FILL] = 0;
    words[row + Segment.LIVE] = 0;
    words[row + Segment.BIRTH] = birth;
    words[row + Segment.STATE] = lane + 1;
    words[Head.OPEN + lane] = segment + 1;
  }

  /** Nothing points to the segment any more. */
  free(segment: number): void {
    const { words } = this.#memory;
    const row = this.row(segment);
    words[row + Segment.STATE] = 0;
    words[row + Segment.FILL] = 0;
    words[row + Segment.LIVE] = 0;
    if (words[Head.DRAIN] === segment + 1) words[Head.DRAIN] = 0;
  }

  /** The entry is not pointed to any more. */
  release(entry: number): void {
    const { words } = this.#memory;
    const segment = this.segmentOf(entry);
    const row = this.row(segment);
    const live = words[row + Segment.LIVE]! - entryWords(words, entry);
    words[row + Segment.LIVE] = live;
    if (live <= 0 && this.openOf(this.laneOf(segment)) !== segment) this.free(segment);
  }

  /** Frees all segments in which nothing lives, those that are being filled as well. */
  freeEmpty(): void {
    const { words, layout } = this.#memory;
    for (let segment = 0; segment < layout.segments; segment++) {
      const row = this.row(segment);
      if (words[row + Segment.STATE] === 0 || words[row + Segment.LIVE]! > 0) continue;
      const lane = this.laneOf(segment);
      if (this.openOf(lane) === segment) words[Head.OPEN + lane] = 0;
      this.free(segment);
    }
  }

  /** The slot that points to the entry; 0: none does, and it is dead. */
  slotOf(entry: number): number {
    const { words } = this.#memory;
    const slot = words[entry + Entry.SLOT]!;
    return slot !== 0 && words[slot + Slot.ENTRY] === entry ? slot : 0;
  }

  /** The segment that a lane is filling; -1: none. */
  openOf(lane: number): number {
    return this.#memory.words[Head.OPEN + lane]! - 1;
  }

  segmentOf(entry: number): number {
    return Math.floor((entry - this.#memory.layout.arenaAt) / this.#memory.layout.segmentWords);
  }

  /** Where the entries of a segment begin, as a word. */
  startOf(segment: number): number {
    return this.#memory.layout.arenaAt + segment * this.#memory.layout.segmentWords;
  }

  laneOf(segment: number): number {
    return this.#memory.words[this.row(segment) + Segment.STATE]! - 1;
  }

  /** Where the words of a segment stand in the table. */
  row(segment: number): number {
    return this.#memory.layout.segmentsAt + segment * Segment.WORDS;
  }
}
