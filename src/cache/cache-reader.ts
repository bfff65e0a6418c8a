import { HEADER_LENGTH } from "../dns/header.ts";
import { CacheClock, type TimeSource } from "./clock.ts";
import { CopyOut, ageTtls } from "./copy-out.ts";
import { CacheCounter } from "./counters.ts";
import { Entry, MAX_STALE, recordsAt } from "./entry.ts";
import { type Question, Variant, hashKey, hashName, isKeyOf, tagOf, variantOf } from "./key.ts";
import { Family, Head, Slot, WAYS } from "./layout.ts";
import type { CacheMemory } from "./memory.ts";
import { SetMap } from "./set-map.ts";
import { MAX_CLAIM, hitsOf, isClaimedAt, noteHit, withClaim } from "./slot-meta.ts";

/** The type under which an answer is stored that holds for every type of a name, as NXDOMAIN does (RFC 2308 section 5). */
export const EVERY_TYPE = 0;

/** What a lookup found. */
export const Found = {
  MISS: 0,
  FRESH: 1,
  /** Over its lifetime, and within the time for which it may be served stale. */
  STALE: 2,
} as const;

/** How often a reader that meets a writer looks again: a slot is changed within a few nanoseconds. */
const LOOKS = 4;

/**
 * On x64 loads are not reordered with loads. Elsewhere a plain load may be delayed behind the load that is to prove it
 * good, but not behind an exchange.
 */
const LOADS_IN_ORDER = process.arch === "x64";

/**
 * The side of the cache that answers. The fields say what was found last and are valid until the next lookup or store. A
 * hit allocates nothing and takes no lock: the slot's sequence is looked at before and after, and what changed meanwhile
 * counts as not found.
 */
export class CacheReader {
  /** Counts of this thread, at the places of `CacheCounter`. */
  readonly counters: Float64Array;

  /** One of `Kind`. */
  kind = 0;
  /** The header's flags as the server sent them. */
  flags = 0;
  /** With its high bits, though OPT is cut out. */
  rcode = 0;
  answers = 0;
  authorities = 0;
  /** OPT not counted. */
  additionals = 0;
  /** Bytes of the records: what stands between question and OPT. */
  recordsLength = 0;
  /** Bytes of the extended errors that came in OPT, their headers included. */
  errorsLength = 0;
  /** Seconds since it was stored. */
  age = 0;
  /** Seconds for which it was stored as fresh. */
  lifetime = 0;
  /** Seconds of that which are left; 0 or less when stale. */
  left = 0;
  /** How often it was found since it was stored, this time not counted; stays at 15. */
  hits = 0;

  #memory: CacheMemory;
  #words: Int32Array;
  #clock: CacheClock;
  #copyOut: CopyOut;
  #map: SetMap;
  #slotsAt: number;
  #slot = 0;
  #sequence = 0;
  #entry = 0;

  constructor(memory: CacheMemory, time: TimeSource, counters: Float64Array) {
    this.counters = counters;
    this.#memory = memory;
    this.#words = memory.words;
    this.#clock = new CacheClock(memory.words, time);
    this.#copyOut = new CopyOut(memory);
    this.#map = new SetMap(memory.layout.baseSets);
    this.#slotsAt = memory.layout.slotsAt;
  }

  /** Seconds of the clock of the cache, as of the last `tick`. */
  get now(): number {
    return this.#clock.now;
  }

  /** Whether anything is known not to exist. */
  get hasNegatives(): boolean {
    return this.#words[Head.ENTRIES + Family.NEGATIVE]! > 0;
  }

  /** Reads the clock, in 30 ns. To be called at least once a second, best once a turn. */
  tick(): void {
    this.#clock.tick();
  }

  /** Looks for an answer to the question, positive or negative, under its own or another type. One of `Found`. */
  find(question: Question, type: number = question.type): number {
    const nameHash = hashName(question.bytes, HEADER_LENGTH, question.nameLength, this.#memory.seed);
    const found = this.#look(question, type, variantOf(question), nameHash);
    if (found !== Found.MISS) this.#noteHit();
    return found;
  }

  /**
   * Looks for a failure of the question. FRESH: it is not to be asked again yet. STALE: it failed the last time, and
   * `lifetime` says for how long it was held back.
   */
  findFailure(question: Question): number {
    if (this.#words[Head.ENTRIES + Family.FAILURE]! <= 0) return Found.MISS;
    const nameHash = hashName(question.bytes, HEADER_LENGTH, question.nameLength, this.#memory.seed);
    const found = this.#look(question, question.type, variantOf(question) | Variant.FAILURE, nameHash);
    const forgotten = this.#clock.now - this.age <= Atomics.load(this.#words, Head.FAILURES_SINCE);
    return forgotten ? Found.MISS : found;
  }

  /**
   * Writes the records that were found to out[at..at + recordsLength), TTLs aged; with `ttl` >= 0 each TTL is that one.
   * False when another thread wrote there meanwhile: what is in `out` is worthless then.
   */
  copyRecords(out: Uint8Array, at: number, ttl = -1): boolean {
    const { recordsLength } = this;
    const start = recordsAt(this.#words, this.#entry);
    this.#copyOut.copy(start, out, at, recordsLength);
    if (this.age > 0 || ttl >= 0) {
      const first = (start >>> 1) + 2 * ((recordsLength + 3) >>> 2);
      const count = this.#words[this.#entry + Entry.MORE]! >>> 16;
      ageTtls(this.#memory.halves, first, count, out, at, recordsLength, this.age, ttl);
    }
    return this.#isWhole();
  }

  /** Writes the extended errors, options ready for OPT, to out[at..at + errorsLength). False as in `copyRecords`. */
  copyErrors(out: Uint8Array, at: number): boolean {
    const { bytes } = this.#memory;
    const count = this.#words[this.#entry + Entry.MORE]! >>> 16;
    const start = recordsAt(this.#words, this.#entry) + 4 * ((this.recordsLength + 3) >>> 2) + 2 * count;
    for (let i = 0; i < this.errorsLength; i++) out[at + i] = bytes[start + i]!;
    return this.#isWhole();
  }

  /**
   * Claims the refresh of what was found for so many seconds (1 to 255): true for one caller of all threads, until the time
   * is over or it is stored anew.
   */
  claim(seconds: number): boolean {
    const words = this.#words;
    const meta = Atomics.load(words, this.#slot + Slot.META);
    if (isClaimedAt(meta, this.#clock.now) || !this.#isUnchanged()) return false;
    const claimed = withClaim(meta, this.#clock.now + Math.min(seconds, MAX_CLAIM));
    return Atomics.compareExchange(words, this.#slot + Slot.META, meta, claimed) === meta;
  }

  /**
   * A refresh of what is kept for the question came to nothing: from the next second on it can be claimed again. Does nothing
   * where it is not claimed. What was found last is forgotten.
   */
  giveBack(question: Question): void {
    const words = this.#words;
    const { now } = this.#clock;
    const nameHash = hashName(question.bytes, HEADER_LENGTH, question.nameLength, this.#memory.seed);
    for (let type = question.type, last = false; ; type = EVERY_TYPE, last = true) {
      if (this.#look(question, type, variantOf(question), nameHash) !== Found.MISS) {
        const meta = Atomics.load(words, this.#slot + Slot.META);
        if (isClaimedAt(meta, now) && this.#isUnchanged())
          Atomics.compareExchange(words, this.#slot + Slot.META, meta, withClaim(meta, now + 1));
      }
      if (last) return;
    }
  }

  /** Looks under one key and fills the fields. */
  #look(question: Question, type: number, variant: number, nameHash: number): number {
    const words = this.#words;
    const map = this.#map;
    const keyHash = hashKey(nameHash, type, question.class, variant);
    const tag = tagOf(nameHash, keyHash);
    for (;;) {
      map.use(Atomics.load(words, Head.SETS));
      let set = map.home(keyHash);
      for (let round = 0; round < 2; round++) {
        const end = this.#slotsAt + (set + 1) * WAYS * Slot.WORDS;
        for (let slot = end - WAYS * Slot.WORDS; slot < end; slot += Slot.WORDS) {
          if (words[slot + Slot.TAG] !== tag || !this.#read(slot, question, type, variant)) continue;
          if (this.left > 0) return Found.FRESH;
          return -this.left < (words[this.#entry + Entry.STALE]! & MAX_STALE) ? Found.STALE : Found.MISS;
        }
        set = map.other(keyHash);
      }
      // It may have moved to a set that was not there yet.
      if (Atomics.load(words, Head.SETS) === map.sets) return Found.MISS;
    }
  }

  /** Fills the fields from the entry of a slot. False when it is not of this key, or does not stop changing. */
  #read(slot: number, question: Question, type: number, variant: number): boolean {
    const words = this.#words;
    this.#slot = slot;
    for (let looks = LOOKS; looks > 0; looks--) {
      this.#sequence = Atomics.load(words, slot + Slot.SEQUENCE);
      if ((this.#sequence & 1) !== 0) continue;
      const entry = Atomics.load(words, slot + Slot.ENTRY);
      if (entry === 0) return false;
      this.#entry = entry;
      const matches = isKeyOf(words, this.#memory.bytes, entry, question, type, variant);
      const stale = words[entry + Entry.STALE]!;
      const flags = words[entry + Entry.FLAGS]!;
      const counts = words[entry + Entry.COUNTS]!;
      this.kind = (stale >>> Entry.KIND_SHIFT) & 3;
      this.rcode = (flags & 15) | ((stale >>> Entry.RCODE_SHIFT) << 4);
      this.flags = flags & 0xffff;
      this.errorsLength = flags >>> 16;
      this.answers = counts & 0xffff;
      this.authorities = counts >>> 16;
      this.additionals = words[entry + Entry.MORE]! & 0xffff;
      this.recordsLength = words[entry + Entry.SIZE]! >>> 16;
      // Another thread may have seen the next second already.
      this.age = Math.max(0, this.#clock.now - words[entry + Entry.STORED]!);
      this.lifetime = words[entry + Entry.LIFETIME]! >>> 8;
      this.left = this.lifetime - this.age;
      if (this.#isUnchanged()) return matches;
    }
    this.counters[CacheCounter.TORN]!++;
    return false;
  }

  #noteHit(): void {
    const meta = Atomics.load(this.#words, this.#slot + Slot.META);
    this.hits = hitsOf(meta);
    noteHit(this.#words, this.#slot, meta);
  }

  #isWhole(): boolean {
    if (this.#isUnchanged()) return true;
    this.counters[CacheCounter.TORN]!++;
    return false;
  }

  #isUnchanged(): boolean {
    const place = this.#slot + Slot.SEQUENCE;
    const sequence = LOADS_IN_ORDER ? Atomics.load(this.#words, place) : Atomics.add(this.#words, place, 0);
    return sequence === this.#sequence;
  }
}
