import { setImmediate as nextTurn, setTimeout as pause } from "node:timers/promises";
import { DotlsError } from "../errors.ts";
import { CacheCounter } from "./counters.ts";
import { Entry } from "./entry.ts";
import { hashName, NAME_OF_TAG } from "./key.ts";
import { Head, Slot, WAYS } from "./layout.ts";
import type { WriterLock } from "./lock.ts";
import type { CacheMemory } from "./memory.ts";
import type { SegmentTable } from "./segment-table.ts";
import type { SlotWriter } from "./slots.ts";

/** Slots that are looked at under one lock, in some 0.1 ms: a thread that wants to store waits no longer than ten times that. */
const PIECE = 512;

/** For how long the event loop is held in one turn, in ms. */
const TURN = 2;

/** How long it is waited when another thread has the lock, in ms. */
const PAUSE = 5;

/** What is to go: entries of a name in wire form, folded; those of it and below it; with null, all. */
export interface Unwanted {
  readonly name: Uint8Array | null;
  readonly below: boolean;
}

/** Whose entries they are. */
export interface RemovalParts {
  readonly memory: CacheMemory;
  readonly counters: Float64Array;
  readonly lock: WriterLock;
  readonly slots: SlotWriter;
  readonly segments: SegmentTable;
}

/**
 * Removes entries, a piece of the index at a time, while others read and write. What was there when it began is gone when it
 * is over: an entry stays in its slot, though its bytes move, but for those that go to a new set when the index grows, which
 * is behind all others and so still to come. What is stored meanwhile may stay or go.
 */
export class Removal {
  /** Entries so far. */
  removed = 0;

  #parts: RemovalParts;
  #unwanted: Unwanted;
  /** The bits of the tags of what has this very name. */
  #tag: number;
  /** The number of the slot at which it goes on. */
  #place = 0;

  constructor(parts: RemovalParts, unwanted: Unwanted) {
    const { name } = unwanted;
    this.#parts = parts;
    this.#unwanted = unwanted;
    this.#tag = name === null ? 0 : hashName(name, 0, name.length, parts.memory.seed) & NAME_OF_TAG;
  }

  /** Whether all of the index was looked at. It may have grown since. */
  get over(): boolean {
    return this.#place >= this.#parts.memory.words[Head.SETS]! * WAYS;
  }

  /** Goes on for a piece. False when another thread did not let go of the lock: nothing was done. */
  step(): boolean {
    const { lock, counters, segments } = this.#parts;
    if (!lock.take()) return false;
    try {
      const before = this.removed;
      this.#removeIn(PIECE);
      counters[CacheCounter.REMOVED]! += this.removed - before;
      if (this.over) segments.freeEmpty();
      return true;
    } finally {
      lock.give();
    }
  }

  #removeIn(count: number): void {
    const { memory, slots, segments } = this.#parts;
    const { words, layout } = memory;
    const { name, below } = this.#unwanted;
    const byTag = name !== null && !below;
    const tag = this.#tag;
    const first = this.#place;
    this.#place = Math.min(first + count, words[Head.SETS]! * WAYS);
    const end = layout.slotsAt + this.#place * Slot.WORDS;
    for (let slot = layout.slotsAt + first * Slot.WORDS; slot < end; slot += Slot.WORDS) {
      // A look at the tag spares most entries, which are all over the memory.
      if (byTag && (words[slot + Slot.TAG]! & NAME_OF_TAG) !== tag) continue;
      const entry = words[slot + Slot.ENTRY]!;
      if (entry === 0 || (name !== null && !endsWith(memory, entry, name, !below))) continue;
      slots.clear(slot);
      segments.release(entry);
      this.removed++;
    }
  }
}

/**
 * Goes through with a removal in many turns of the event loop. Gives how many entries went. Rejects with DotlsError
 * ERR_DOTLS_CACHE_BUSY when other threads keep the lock for `patience` ms.
 */
export async function removeInTurns(removal: Removal, patience: number): Promise<number> {
  let movedAt = performance.now();
  while (!removal.over) {
    const end = performance.now() + TURN;
    let moved = removal.step();
    if (moved) movedAt = performance.now();
    while (moved && !removal.over && performance.now() < end) moved = removal.step();
    if (removal.over) break;
    if (performance.now() - movedAt > patience)
      throw new DotlsError("ERR_DOTLS_CACHE_BUSY", "another thread writes to the cache; try again");
    await (moved ? nextTurn() : pause(PAUSE));
  }
  return removal.removed;
}

/** Whether the name of an entry is `name`, or, unless `whole`, below it. */
function endsWith({ words, bytes }: CacheMemory, entry: number, name: Uint8Array, whole: boolean): boolean {
  const length = words[entry + Entry.LIFETIME]! & 0xff;
  const start = (entry + Entry.WORDS) * 4;
  let at = start;
  // Only where a label begins: "notexample." is not below "example.".
  while (start + length - at > name.length) {
    if (whole) return false;
    at += bytes[at]! + 1;
  }
  if (start + length - at !== name.length) return false;
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}
