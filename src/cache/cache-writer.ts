import { HEADER_LENGTH } from "../dns/header.ts";
import { FOLD } from "../dns/name-hash.ts";
import type { AnswerParts } from "./answer-parts.ts";
import { Arena } from "./arena.ts";
import { CacheCounter } from "./counters.ts";
import { Entry, isDead, MAX_LIFETIME, MAX_STALE, recordsAt } from "./entry.ts";
import { hashKey, hashName, type Question, tagOf, Variant } from "./key.ts";
import { Kind } from "./kind.ts";
import { Family, Head, Slot, WAYS } from "./layout.ts";
import type { WriterLock } from "./lock.ts";
import type { CacheMemory } from "./memory.ts";
import { Removal, type Unwanted } from "./removal.ts";
import { renewed } from "./slot-meta.ts";
import { familyOf, SlotWriter } from "./slots.ts";

/** Slots that each store looks at, so that what is over makes room before anything else has to. */
const SWEPT = 2;

/** How a store ended. */
export const Stored = {
  /** In the cache now, in place of what was there under the same question. */
  YES: 0,
  /** The message does not have this question, or its records cannot be read. */
  UNFIT: 1,
  /** Another thread was writing for too long; an answer that is not stored is asked for again. */
  BUSY: 2,
  /** Nothing that could go made room for it. */
  NO_ROOM: 3,
} as const;

/** All changes to the memory but those of a hit. Each method takes the lock. */
export class CacheWriter {
  #memory: CacheMemory;
  #counters: Float64Array;
  #lock: WriterLock;
  #slots: SlotWriter;
  #arena: Arena;
  #now = 0;
  #worthOf = (entry: number, meta: number): number => this.#arena.worthOf(entry, meta, this.#now);

  constructor(memory: CacheMemory, counters: Float64Array, lock: WriterLock) {
    this.#memory = memory;
    this.#counters = counters;
    this.#lock = lock;
    this.#slots = new SlotWriter(memory);
    this.#arena = new Arena(memory, counters, this.#slots);
  }

  /** Stores what `parts` holds, at second `now`. One of `Stored`. */
  store(
    question: Question,
    type: number,
    variant: number,
    parts: AnswerParts,
    kind: number,
    lifetime: number,
    stale: number,
    now: number,
  ): number {
    if (!this.#lock.take()) {
      this.#counters[CacheCounter.BUSY]!++;
      return Stored.BUSY;
    }
    try {
      return this.#store(question, type, variant, parts, kind, lifetime, stale, now);
    } finally {
      this.#lock.give();
    }
  }

  #store(
    question: Question,
    type: number,
    variant: number,
    parts: AnswerParts,
    kind: number,
    lifetime: number,
    stale: number,
    now: number,
  ): number {
    const { words, seed } = this.#memory;
    this.#sweep(now);
    const nameHash = hashName(question.bytes, HEADER_LENGTH, question.nameLength, seed);
    const keyHash = hashKey(nameHash, type, question.class, variant);
    const tag = tagOf(nameHash, keyHash);
    const nameWords = (question.nameLength + 3) >>> 2;
    const recordWords = (parts.recordsLength + 3) >>> 2;
    const size = Entry.WORDS + nameWords + recordWords + ((parts.ttls * 2 + parts.errorsLength + 3) >>> 2);
    const family = familyOf(kind);
    const older = this.#slots.find(question, type, variant, keyHash, tag);
    const main = older !== 0 && family !== Family.FAILURE && this.#arena.isMain(words[older + Slot.ENTRY]!);
    const lane = older === 0 ? this.#arena.laneOfNew(family, keyHash) : family * 2 + (main ? 1 : 0);
    this.#now = now;
    const entry = this.#arena.allocate(lane, size, now);
    if (entry === 0) return Stored.NO_ROOM;
    words[entry + Entry.SIZE] = size | (parts.recordsLength << 16);
    words[entry + Entry.STORED] = now;
    words[entry + Entry.LIFETIME] = (Math.min(lifetime, MAX_LIFETIME) << 8) | question.nameLength;
    words[entry + Entry.STALE] =
      Math.min(stale, MAX_STALE) |
      (kind << Entry.KIND_SHIFT) |
      (variant << Entry.VARIANT_SHIFT) |
      ((parts.rcode >>> 4) << Entry.RCODE_SHIFT);
    words[entry + Entry.TYPE_CLASS] = (question.class << 16) | type;
    words[entry + Entry.FLAGS] = parts.flags | (parts.errorsLength << 16);
    words[entry + Entry.COUNTS] = parts.answers | (parts.authorities << 16);
    words[entry + Entry.MORE] = parts.additionals | (parts.ttls << 16);
    this.#writeBytes(entry, question, parts);
    // Making room may have moved or removed what was there.
    const own = older === 0 ? 0 : this.#slots.find(question, type, variant, keyHash, tag);
    const slot = own === 0 ? this.#slots.place(keyHash, this.#worthOf) : own;
    const replaced = words[slot + Slot.ENTRY]!;
    if (own === 0 && replaced !== 0) this.#arena.noteEviction(replaced);
    this.#slots.point(slot, tag, entry, own === 0 ? 0 : renewed(words[slot + Slot.META]!));
    if (replaced !== 0) this.#arena.segments.release(replaced);
    this.#slots.grow();
    this.#counters[CacheCounter.STORES]!++;
    if (kind !== Kind.FAILURE) this.#endFailure(question, variant, nameHash);
    return Stored.YES;
  }

  #writeBytes(entry: number, question: Question, parts: AnswerParts): void {
    const { words, bytes, halves } = this.#memory;
    const name = (entry + Entry.WORDS) * 4;
    for (let i = 0; i < question.nameLength; i++) bytes[name + i] = FOLD[question.bytes[HEADER_LENGTH + i]!]!;
    const records = recordsAt(words, entry);
    const { recordsFrom, recordsLength } = parts;
    bytes.set(parts.bytes.subarray(recordsFrom, recordsFrom + recordsLength), records);
    const ttls = (records >>> 1) + 2 * ((recordsLength + 3) >>> 2);
    for (let i = 0; i < parts.ttls; i++) halves[ttls + i] = parts.ttlAt[i]!;
    if (parts.errorsLength > 0) parts.writeErrors(bytes, (ttls + parts.ttls) * 2);
  }

  /** A question that was answered fails no more. */
  #endFailure(question: Question, variant: number, nameHash: number): void {
    if (this.#memory.words[Head.ENTRIES + Family.FAILURE]! <= 0) return;
    const failed = variant | Variant.FAILURE;
    const keyHash = hashKey(nameHash, question.type, question.class, failed);
    const slot = this.#slots.find(question, question.type, failed, keyHash, tagOf(nameHash, keyHash));
    if (slot !== 0) this.#drop(slot);
  }

  /** Clears away what is over in the next few slots. */
  #sweep(now: number): void {
    const { words, layout } = this.#memory;
    let place = words[Head.SWEEP]!;
    for (let i = 0; i < SWEPT; i++) {
      if (place >= words[Head.SETS]! * WAYS) place = 0;
      const slot = layout.slotsAt + place++ * Slot.WORDS;
      const entry = words[slot + Slot.ENTRY]!;
      if (entry === 0 || !isDead(words, entry, now)) continue;
      this.#drop(slot);
      this.#counters[CacheCounter.EXPIRED]!++;
    }
    words[Head.SWEEP] = place;
  }

  #drop(slot: number): void {
    const entry = this.#memory.words[slot + Slot.ENTRY]!;
    this.#slots.clear(slot);
    this.#arena.segments.release(entry);
  }

  /** Drops the entry of one key, if it is there. */
  drop(question: Question, type: number, variant: number): void {
    const nameHash = hashName(question.bytes, HEADER_LENGTH, question.nameLength, this.#memory.seed);
    const keyHash = hashKey(nameHash, type, question.class, variant);
    if (!this.#lock.take()) return;
    try {
      const slot = this.#slots.find(question, type, variant, keyHash, tagOf(nameHash, keyHash));
      if (slot !== 0) this.#drop(slot);
    } finally {
      this.#lock.give();
    }
  }

  /** What removes entries bit by bit. */
  removal(unwanted: Unwanted): Removal {
    const { segments } = this.#arena;
    const parts = { memory: this.#memory, counters: this.#counters, lock: this.#lock, slots: this.#slots };
    return new Removal({ ...parts, segments }, unwanted);
  }

  /** Undoes what a thread that is gone left half done. */
  ownerDied(owner: number): void {
    if (!this.#lock.inherit(owner)) return;
    this.#slots.repair();
    this.#lock.give();
  }

  /** Runs `action` while nobody changes anything but marks of hits. False when the lock was not to be had. */
  whileStill(action: () => void): boolean {
    if (!this.#lock.takeSlowly()) return false;
    try {
      action();
      return true;
    } finally {
      this.#lock.give();
    }
  }
}
