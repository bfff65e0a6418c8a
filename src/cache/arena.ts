import { CacheCounter } from "./counters.ts";
import { Entry, entryWords, isDead } from "./entry.ts";
import { Ghosts } from "./ghosts.ts";
import { hashKey, hashName } from "./key.ts";
import { Family, Head, Segment, Slot } from "./layout.ts";
import type { CacheMemory } from "./memory.ts";
import { SegmentSurvey } from "./segment-survey.ts";
import { useOf, withUse } from "./slot-meta.ts";
import type { SlotWriter } from "./slots.ts";

/** Free segments that only a recycling may take: what survives in one segment fits into another one. */
const RESERVE = 1;

/** More than any entry has that is not yet among the steady ones. */
const STEADY = 4;

/** A segment of which less than this lives is packed instead of evicting anything. */
const SPARSE = 0.6;

/** How often what is new must have been found to stay, when its segment is recycled. */
const WORTH = 1;

/** After so many recyclings that did not make room, whatever is in the next one goes. */
const PATIENCE = 4;

/** As many more may fail for want of segments to recycle; then there is no room. */
const TRIES = 10;

/**
 * The bytes of the entries: segments that are filled one entry after the other and recycled as a whole. What is new goes to
 * a small lane; when its segment is recycled, what was found meanwhile goes on to the main lane, and the rest must go, so
 * that a flood of names passes through without touching what is steady (as in S3-FIFO; Yang et al., SOSP 2023). In the main
 * lane, what was found since it was last looked at goes round again. All of this is for the owner of the lock.
 */
export class Arena {
  #memory: CacheMemory;
  #counters: Float64Array;
  #slots: SlotWriter;
  #survey: SegmentSurvey;
  #ghosts: Ghosts;

  constructor(memory: CacheMemory, counters: Float64Array, slots: SlotWriter) {
    this.#memory = memory;
    this.#counters = counters;
    this.#slots = slots;
    this.#survey = new SegmentSurvey(memory);
    this.#ghosts = new Ghosts(memory);
  }

  /** The lane for a key that is not in the cache. */
  laneOfNew(family: number, keyHash: number): number {
    // Failures have one lane: they are few, and short.
    if (family === Family.FAILURE) return family * 2;
    return family * 2 + (this.#ghosts.take(keyHash) ? 1 : 0);
  }

  /** Whether the entry is among the steady ones. */
  isMain(entry: number): boolean {
    return (this.#laneAt(this.#segmentOf(entry)) & 1) === 1;
  }

  /** What an entry is worth when one of several must go: nothing once it is over, more among the steady ones. */
  worthOf(entry: number, meta: number, now: number): number {
    if (isDead(this.#memory.words, entry, now)) return -1;
    return useOf(meta) + (this.isMain(entry) ? STEADY : 0);
  }

  /**
   * Room for an entry of so many words: its place as a word of the memory, or 0 when there is none. Others may be moved or
   * lost for it.
   */
  allocate(lane: number, size: number, now: number): number {
    const family = lane >> 1;
    for (let tries = 0; tries < TRIES; tries++) {
      const entry = this.#append(lane, size);
      if (entry !== 0) return entry;
      this.#survey.look();
      if (this.#survey.free > RESERVE && !this.#survey.isAtCap(family)) this.#open(lane);
      else this.#recycle(this.#survey.victim(family), tries < PATIENCE, now);
    }
    return 0;
  }

  /** The entry is not pointed to any more. */
  release(entry: number): void {
    const { words } = this.#memory;
    const row = this.#row(this.#segmentOf(entry));
    const live = words[row + Segment.LIVE]! - entryWords(words, entry);
    words[row + Segment.LIVE] = live;
    const open = words[Head.OPEN + this.#laneAt(this.#segmentOf(entry))]! - 1;
    if (live <= 0 && open !== this.#segmentOf(entry)) this.#free(row);
  }

  /** Calls `visit` with each entry that is pointed to and its slot. It may clear the slot and release the entry. */
  forEach(visit: (entry: number, slot: number) => void): void {
    for (let segment = 0; segment < this.#memory.layout.segments; segment++) {
      if (this.#memory.words[this.#row(segment) + Segment.STATE] !== 0) this.#walk(segment, visit);
    }
  }

  /** Frees all segments; nothing may point to them any more. */
  freeAll(): void {
    const { words, layout } = this.#memory;
    for (let segment = 0; segment < layout.segments; segment++) this.#free(this.#row(segment));
    words.fill(0, Head.OPEN, Head.OPEN + 8);
  }

  #append(lane: number, size: number): number {
    const { words, layout } = this.#memory;
    const open = words[Head.OPEN + lane]! - 1;
    if (open < 0) return 0;
    const row = this.#row(open);
    const fill = words[row + Segment.FILL]!;
    if (fill + size > layout.segmentWords) {
      words[Head.OPEN + lane] = 0;
      if (words[row + Segment.LIVE]! <= 0) this.#free(row);
      return 0;
    }
    const entry = layout.arenaAt + open * layout.segmentWords + fill;
    // In this order: a walk over the segment finds its way even when this thread dies between two of these lines.
    words[entry + Entry.SIZE] = size;
    words[entry + Entry.SLOT] = 0;
    words[row + Segment.FILL] = fill + size;
    words[row + Segment.LIVE] = words[row + Segment.LIVE]! + size;
    return entry;
  }

  /** Gives the lane the first free segment. */
  #open(lane: number): boolean {
    const { words } = this.#memory;
    const segment = this.#survey.firstFree;
    if (segment < 0) return false;
    const row = this.#row(segment);
    const birth = words[Head.NEXT_BIRTH]!;
    words[Head.NEXT_BIRTH] = birth + 1;
    words[row + Segment.FILL] = 0;
    words[row + Segment.LIVE] = 0;
    words[row + Segment.BIRTH] = birth;
    words[row + Segment.STATE] = lane + 1;
    words[Head.OPEN + lane] = segment + 1;
    return true;
  }

  /** Makes a segment free. `saving`: what is worth it moves on. */
  #recycle(victim: number, saving: boolean, now: number): void {
    if (victim < 0) return;
    const { words, layout } = this.#memory;
    const row = this.#row(victim);
    const lane = this.#laneAt(victim);
    const packing = saving && words[row + Segment.LIVE]! < SPARSE * layout.segmentWords;
    this.#walk(victim, (entry, slot) => {
      if (isDead(words, entry, now)) {
        this.#slots.clear(slot);
        this.#counters[CacheCounter.EXPIRED]!++;
        return;
      }
      const meta = words[slot + Slot.META]!;
      const use = useOf(meta);
      const main = (lane & 1) === 1;
      const moved =
        (packing && this.#move(entry, slot, lane, use)) ||
        (saving && !packing && main && use > 0 && this.#move(entry, slot, lane, use - 1)) ||
        (saving &&
          !packing &&
          !main &&
          lane < Family.FAILURE * 2 &&
          use >= WORTH &&
          this.#move(entry, slot, lane + 1, 0));
      if (moved) return;
      this.noteEviction(entry);
      this.#slots.clear(slot);
    });
    this.#free(row);
  }

  /** Moves an entry to the end of a lane. False when there is no room for it. */
  #move(entry: number, slot: number, lane: number, use: number): boolean {
    const { words } = this.#memory;
    const size = entryWords(words, entry);
    let target = this.#append(lane, size);
    if (target === 0) {
      this.#survey.look();
      if (this.#open(lane)) target = this.#append(lane, size);
      if (target === 0) return false;
    }
    for (let i = 2; i < size; i++) words[target + i] = words[entry + i]!;
    words[target + Entry.SIZE] = words[entry + Entry.SIZE]!;
    this.#slots.point(slot, words[slot + Slot.TAG]!, target, withUse(words[slot + Slot.META]!, use));
    return true;
  }

  /** Counts an entry that has to go, and marks its key when nobody asked for it again. */
  noteEviction(entry: number): void {
    const { words, bytes, seed } = this.#memory;
    this.#counters[CacheCounter.EVICTIONS]!++;
    const lane = this.#laneAt(this.#segmentOf(entry));
    if ((lane & 1) === 1 || lane === Family.FAILURE * 2) return;
    this.#counters[CacheCounter.REFUSED]!++;
    const nameLength = words[entry + Entry.LIFETIME]! & 0xff;
    const nameHash = hashName(bytes, (entry + Entry.WORDS) * 4, nameLength, seed);
    const typeClass = words[entry + Entry.TYPE_CLASS]!;
    const variant = (words[entry + Entry.STALE]! >>> Entry.VARIANT_SHIFT) & 7;
    this.#ghosts.add(hashKey(nameHash, typeClass & 0xffff, typeClass >>> 16, variant));
  }

  #walk(segment: number, visit: (entry: number, slot: number) => void): void {
    const { words, layout } = this.#memory;
    const start = layout.arenaAt + segment * layout.segmentWords;
    const end = start + words[this.#row(segment) + Segment.FILL]!;
    for (let entry = start; entry < end;) {
      const size = entryWords(words, entry);
      if (size === 0) return;
      const slot = words[entry + Entry.SLOT]!;
      if (slot !== 0 && words[slot + Slot.ENTRY] === entry) visit(entry, slot);
      entry += size;
    }
  }

  #free(row: number): void {
    const { words } = this.#memory;
    words[row + Segment.STATE] = 0;
    words[row + Segment.FILL] = 0;
    words[row + Segment.LIVE] = 0;
  }

  #row(segment: number): number {
    return this.#memory.layout.segmentsAt + segment * Segment.WORDS;
  }

  #segmentOf(entry: number): number {
    return Math.floor((entry - this.#memory.layout.arenaAt) / this.#memory.layout.segmentWords);
  }

  #laneAt(segment: number): number {
    return this.#memory.words[this.#row(segment) + Segment.STATE]! - 1;
  }
}
