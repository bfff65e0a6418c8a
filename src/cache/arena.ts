import { CacheCounter } from "./counters.ts";
import { Entry, entryWords, isDead } from "./entry.ts";
import { Ghosts } from "./ghosts.ts";
import { hashOfEntry } from "./key.ts";
import { Family, Head, Segment, Slot } from "./layout.ts";
import type { CacheMemory } from "./memory.ts";
import { SegmentSurvey, SPARSE } from "./segment-survey.ts";
import { SegmentTable } from "./segment-table.ts";
import { useOf, withUse } from "./slot-meta.ts";
import type { SlotWriter } from "./slots.ts";

/** Free segments that only a draining may take: what survives in one segment fits into another one. */
const RESERVE = 1;

/** With so few free ones, the next segment is drained ahead of time. */
const FEW = RESERVE + 1;

/** Words that are drained for each word that is stored: enough to be ready in time, few enough not to be felt. */
const PACE = 3;

/** More than any entry has that is not yet among the steady ones. */
const STEADY = 4;

/** How often what is new must have been found to stay. */
const WORTH = 1;

/** After so many drained segments that did not make room, whatever is in the next one goes. */
const PATIENCE = 4;

/** As many more may fail for want of segments to drain; then there is no room. */
const TRIES = 10;

/** What becomes of the living in a segment that is drained: all stay, those stay that are worth it, none does. */
const Drain = { PACK: 0, CHOOSE: 1, DROP: 2 } as const;

/**
 * The bytes of the entries. What is new goes to a small lane of segments; when one of these is drained, what was found
 * meanwhile goes on to the main lane, and the rest must go, so that a flood of names passes through without touching what
 * is steady (as in S3-FIFO; Yang et al., SOSP 2023). In the main lane, what was found since it was last looked at goes round
 * again. A segment is drained bit by bit, before its room is needed: all at once would take a millisecond, in which nobody
 * is answered. All of this is for the owner of the lock.
 */
export class Arena {
  readonly segments: SegmentTable;

  #memory: CacheMemory;
  #counters: Float64Array;
  #slots: SlotWriter;
  #survey: SegmentSurvey;
  #ghosts: Ghosts;

  constructor(memory: CacheMemory, counters: Float64Array, slots: SlotWriter) {
    this.segments = new SegmentTable(memory);
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
    return (this.segments.laneOf(this.segments.segmentOf(entry)) & 1) === 1;
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
    const { words } = this.#memory;
    const survey = this.#survey;
    const family = lane >> 1;
    const drained = words[Head.DRAIN] !== 0 && this.#drain(PACE * size, now);
    for (let tries = 0; tries < TRIES; tries++) {
      const entry = this.segments.append(lane, size);
      if (entry !== 0) {
        if (drained || this.#isHalfFull(lane, size)) this.#lookAhead(family);
        return entry;
      }
      survey.look();
      if (survey.free > RESERVE && !survey.isAtCap(family)) this.segments.open(lane, survey.firstFree);
      else if (words[Head.DRAIN] !== 0 || this.#startDrain(survey.victim(family), tries < PATIENCE)) {
        this.#drain(Infinity, now);
      }
    }
    return 0;
  }

  /** Counts an entry that has to go, and marks its key when nobody asked for it again. */
  noteEviction(entry: number): void {
    const { words, bytes, seed } = this.#memory;
    this.#counters[CacheCounter.EVICTIONS]!++;
    const lane = this.segments.laneOf(this.segments.segmentOf(entry));
    if ((lane & 1) === 1 || lane === Family.FAILURE * 2) return;
    this.#counters[CacheCounter.REFUSED]!++;
    this.#ghosts.add(hashOfEntry(words, bytes, entry, seed));
  }

  /** Whether the segment that the lane is filling became half full with these words. */
  #isHalfFull(lane: number, size: number): boolean {
    const { words, layout } = this.#memory;
    const fill = words[this.segments.row(this.segments.openOf(lane)) + Segment.FILL]!;
    return fill >= layout.segmentWords / 2 && fill - size < layout.segmentWords / 2;
  }

  /** Begins to drain a segment, if one will be needed soon. */
  #lookAhead(family: number): void {
    if (this.#memory.words[Head.DRAIN] !== 0) return;
    this.#survey.look();
    if (this.#survey.free > FEW && !this.#survey.isAtCap(family)) return;
    this.#startDrain(this.#survey.victim(family), true);
  }

  /** False when there is no such segment. */
  #startDrain(segment: number, saving: boolean): boolean {
    if (segment < 0) return false;
    const { words, layout } = this.#memory;
    const live = words[this.segments.row(segment) + Segment.LIVE]!;
    const sparse = live < SPARSE * layout.segmentWords;
    words[Head.DRAIN_MODE] = saving ? (sparse ? Drain.PACK : Drain.CHOOSE) : Drain.DROP;
    words[Head.DRAIN_AT] = this.segments.startOf(segment);
    words[Head.DRAIN] = segment + 1;
    return true;
  }

  /** Goes on with the segment that is being drained, for about so many words. True when it came to its end and is free. */
  #drain(budget: number, now: number): boolean {
    const { words } = this.#memory;
    const segment = words[Head.DRAIN]! - 1;
    const end = this.segments.startOf(segment) + words[this.segments.row(segment) + Segment.FILL]!;
    const start = words[Head.DRAIN_AT]!;
    let entry = start;
    while (entry < end && entry - start < budget) {
      const size = entryWords(words, entry);
      if (size === 0) break;
      const slot = this.segments.slotOf(entry);
      if (slot !== 0) {
        this.#settle(entry, slot, now);
        this.segments.release(entry);
        // It was the last that lived, and the segment is free.
        if (words[Head.DRAIN] === 0) return true;
      }
      entry += size;
      words[Head.DRAIN_AT] = entry;
    }
    if (entry < end && entryWords(words, entry) !== 0) return false;
    this.segments.free(segment);
    return true;
  }

  /** Moves an entry out of the segment that is being drained, or lets it go. */
  #settle(entry: number, slot: number, now: number): void {
    const { words } = this.#memory;
    if (isDead(words, entry, now)) {
      this.#slots.clear(slot);
      this.#counters[CacheCounter.EXPIRED]!++;
      return;
    }
    const lane = this.segments.laneOf(this.segments.segmentOf(entry));
    const use = useOf(words[slot + Slot.META]!);
    const mode = words[Head.DRAIN_MODE]!;
    if (mode === Drain.PACK && this.#move(entry, slot, lane, use)) return;
    if (mode === Drain.CHOOSE && lane < Family.FAILURE * 2) {
      const main = (lane & 1) === 1;
      if (
        main
          ? use > 0 && this.#move(entry, slot, lane, use - 1)
          : use >= WORTH && this.#move(entry, slot, lane + 1, 0)
      )
        return;
    }
    this.noteEviction(entry);
    this.#slots.clear(slot);
  }

  /** Moves an entry to the end of a lane. False when there is no room for it. */
  #move(entry: number, slot: number, lane: number, use: number): boolean {
    const { words } = this.#memory;
    const size = entryWords(words, entry);
    let target = this.segments.append(lane, size);
    if (target === 0) {
      this.#survey.look();
      if (this.#survey.firstFree < 0) return false;
      this.segments.open(lane, this.#survey.firstFree);
      target = this.segments.append(lane, size);
    }
    for (let i = Entry.SLOT + 1; i < size; i++) words[target + i] = words[entry + i]!;
    words[target + Entry.SIZE] = words[entry + Entry.SIZE]!;
    this.#slots.point(slot, words[slot + Slot.TAG]!, target, withUse(words[slot + Slot.META]!, use));
    return true;
  }
}
