import { Entry, entryKind } from "./entry.ts";
import { type Question, hashOfEntry, isKeyOf } from "./key.ts";
import { Kind } from "./kind.ts";
import { Family, Head, Slot, WAYS } from "./layout.ts";
import type { CacheMemory } from "./memory.ts";
import { SetMap } from "./set-map.ts";

/** A set that holds fewer takes what is new; else the emptier one of the two does. Measured: full at 95 %, 13 % in the other. */
const ROOMY = 6;

/** The part of all slots that may have entries before there is another set. Sets that were not parted yet have up to twice it. */
const FULL = 0.45;

/** The words of a set. */
const SET_WORDS = WAYS * Slot.WORDS;

/** To which of the families that have bounds of their own an entry of a kind belongs. */
export function familyOf(kind: number): number {
  if (kind === Kind.POSITIVE) return Family.POSITIVE;
  return kind === Kind.FAILURE ? Family.FAILURE : Family.NEGATIVE;
}

/** Changes to the index; only for the owner of the lock. Readers go by the sequence of each slot. */
export class SlotWriter {
  #memory: CacheMemory;
  #map: SetMap;

  constructor(memory: CacheMemory) {
    this.#memory = memory;
    this.#map = new SetMap(memory.layout.baseSets);
  }

  /** The slot that holds the key, or 0. */
  find(question: Question, type: number, variant: number, keyHash: number, tag: number): number {
    const { words, bytes, layout } = this.#memory;
    this.#map.use(words[Head.SETS]!);
    let set = this.#map.home(keyHash);
    for (let round = 0; round < 2; round++) {
      const end = layout.slotsAt + (set + 1) * SET_WORDS;
      for (let slot = end - SET_WORDS; slot < end; slot += Slot.WORDS) {
        const entry = words[slot + Slot.ENTRY]!;
        if (words[slot + Slot.TAG] !== tag || entry === 0) continue;
        if (isKeyOf(words, bytes, entry, question, type, variant)) return slot;
      }
      set = this.#map.other(keyHash);
    }
    return 0;
  }

  /**
   * A slot for a new key: a free one, or the one whose entry is worth the least of both sets. The caller sees by its ENTRY
   * whether it is free.
   */
  place(keyHash: number, worthOf: (entry: number, meta: number) => number): number {
    const map = this.#map;
    map.use(this.#memory.words[Head.SETS]!);
    const home = this.#setAt(map.home(keyHash));
    const homeFree = this.#countFree(home);
    if (homeFree > WAYS - ROOMY) return this.#freeIn(home);
    const other = this.#setAt(map.other(keyHash));
    const otherFree = this.#countFree(other);
    if (homeFree + otherFree > 0) return this.#freeIn(homeFree >= otherFree ? home : other);
    return this.#leastOf(home, other, worthOf);
  }

  #leastOf(home: number, other: number, worthOf: (entry: number, meta: number) => number): number {
    const { words } = this.#memory;
    const turn = words[Head.TURN]!;
    words[Head.TURN] = (turn + 1) & 0xffff;
    let least = 0;
    let worth = Infinity;
    for (let i = 0; i < 2 * WAYS; i++) {
      const way = (i + turn) % (2 * WAYS);
      const slot = (way < WAYS ? home : other) + (way % WAYS) * Slot.WORDS;
      const its = worthOf(words[slot + Slot.ENTRY]!, words[slot + Slot.META]!);
      if (its < worth) {
        worth = its;
        least = slot;
      }
    }
    return least;
  }

  #setAt(set: number): number {
    return this.#memory.layout.slotsAt + set * SET_WORDS;
  }

  #countFree(set: number): number {
    const { words } = this.#memory;
    let free = 0;
    for (let slot = set; slot < set + SET_WORDS; slot += Slot.WORDS)
      if (words[slot + Slot.ENTRY] === 0) free++;
    return free;
  }

  /** The first free slot of a set that has one. */
  #freeIn(set: number): number {
    const { words } = this.#memory;
    let slot = set;
    while (words[slot + Slot.ENTRY] !== 0) slot += Slot.WORDS;
    return slot;
  }

  /** Lets a free or used slot point to `entry`, which says so itself. */
  point(slot: number, tag: number, entry: number, meta: number): void {
    const { words } = this.#memory;
    const before = words[slot + Slot.ENTRY]!;
    if (before !== 0) this.#count(before, -1);
    words[entry + Entry.SLOT] = slot;
    this.#count(entry, 1);
    words[Head.JOURNAL] = slot;
    const sequence = words[slot + Slot.SEQUENCE]! | 1;
    Atomics.exchange(words, slot + Slot.SEQUENCE, sequence);
    Atomics.store(words, slot + Slot.TAG, tag);
    Atomics.store(words, slot + Slot.META, meta);
    Atomics.store(words, slot + Slot.ENTRY, entry);
    Atomics.store(words, slot + Slot.SEQUENCE, (sequence + 1) | 0);
    words[Head.JOURNAL] = 0;
  }

  /** Frees a slot. */
  clear(slot: number): void {
    const { words } = this.#memory;
    const entry = words[slot + Slot.ENTRY]!;
    if (entry !== 0) this.#count(entry, -1);
    words[Head.JOURNAL] = slot;
    const sequence = words[slot + Slot.SEQUENCE]! | 1;
    Atomics.exchange(words, slot + Slot.SEQUENCE, sequence);
    Atomics.store(words, slot + Slot.ENTRY, 0);
    Atomics.store(words, slot + Slot.TAG, 0);
    Atomics.store(words, slot + Slot.META, 0);
    Atomics.store(words, slot + Slot.SEQUENCE, (sequence + 1) | 0);
    words[Head.JOURNAL] = 0;
  }

  /**
   * Brings one more set into use when those that are have many entries: what is in one of them is parted between both. A
   * reader that looks for an entry just then may miss it.
   */
  grow(): void {
    const { words, bytes, layout, seed } = this.#memory;
    const sets = words[Head.SETS]!;
    const full = sets * WAYS * FULL;
    if (
      sets >= layout.sets ||
      words[Head.ENTRIES]! + words[Head.ENTRIES + 1]! + words[Head.ENTRIES + 2]! <= full
    )
      return;
    const map = this.#map;
    map.use(sets);
    const { parted } = map;
    map.use(sets + 1);
    const from = this.#setAt(parted);
    const to = this.#setAt(sets);
    for (let way = 0; way < SET_WORDS; way += Slot.WORDS) {
      // A thread that died here has left something.
      if (words[to + way + Slot.ENTRY] !== 0) this.clear(to + way);
      const entry = words[from + way + Slot.ENTRY]!;
      if (entry === 0) continue;
      const keyHash = hashOfEntry(words, bytes, entry, seed);
      if (map.home(keyHash) === parted || map.other(keyHash) === parted) continue;
      const tag = words[from + way + Slot.TAG]!;
      const meta = words[from + way + Slot.META]!;
      // In this order a thread that dies in between leaves an entry that nobody finds, never one with two slots.
      this.clear(from + way);
      this.point(to + way, tag, entry, meta);
    }
    Atomics.store(words, Head.SETS, sets + 1);
  }

  /**
   * Frees the slot that a thread which died was changing; to be called with the lock. Nothing else can be half done: what it
   * had written to the arena is found by nobody, and counts that are one off are only used for choices.
   */
  repair(): void {
    const slot = this.#memory.words[Head.JOURNAL]!;
    if (slot !== 0) this.clear(slot);
  }

  #count(entry: number, step: number): void {
    const { words } = this.#memory;
    const place = Head.ENTRIES + familyOf(entryKind(words, entry));
    words[place] = words[place]! + step;
  }
}
