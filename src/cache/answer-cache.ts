import type { ReplyView } from "../dns/reply-view.ts";

/** The type under which an answer is stored that holds for every type of a name, as NXDOMAIN does (RFC 2308 section 5). */
export const EVERY_TYPE = 0;

/** A question as the cache reads it: a QueryView is one. The name stands at offset 12 of `bytes`, uncompressed. */
export interface Question {
  readonly bytes: Uint8Array;
  /** Root label included. */
  readonly nameLength: number;
  readonly type: number;
  readonly class: number;
  readonly dnssecOk: boolean;
  /** The 16 bits of the header; CD is looked at. */
  readonly flags: number;
}

/** What `find` found. */
export const Found = {
  MISS: 0,
  FRESH: 1,
  /** Over its lifetime, and within the time for which it may be served stale. */
  STALE: 2,
} as const;

/** How a store ended. */
export const Stored = {
  /** In the cache now, in place of what was there under the same question. */
  YES: 0,
  /** No room that may be given to it: larger than the cache takes. */
  TOO_LARGE: 1,
  /** The message does not have this question, or its records cannot be read. */
  UNFIT: 2,
  /** Another thread was writing for too long; an answer that is not stored is asked for again. */
  BUSY: 3,
} as const;

/** For how long an answer is kept, and as what. */
export interface Terms {
  /** One of `Kind`. A failure stands beside an answer to the same question and never takes its place. */
  readonly kind: number;
  /** Seconds for which it is fresh. */
  readonly lifetime: number;
  /** Seconds behind that for which it can be found as STALE. */
  readonly stale: number;
  /** Under which type: that of the question, or EVERY_TYPE. */
  readonly type: number;
}

/** Where time comes from; both in ms. */
export interface TimeSource {
  /** As Date.now: may jump. */
  wall(): number;
  /** Never jumps, the same base in all threads of the process. */
  monotonic(): number;
}

/** How much is in a cache. */
export interface CacheUsage {
  /** Bytes of the whole memory. */
  readonly size: number;
  /** Bytes in segments that are in use, what is wasted in them included. */
  readonly used: number;
  readonly entries: number;
  readonly negatives: number;
  readonly failures: number;
}

/**
 * Answers as packed bytes in memory that all threads share. Each thread has one object of this class over the same memory;
 * its fields say what `find` came to last and are valid until the next `find` or `store`. A hit allocates nothing.
 */
export declare class AnswerCache {
  /** `memory` is of createCacheMemory, of loadCache, or handed over by another thread (postMessage shares it). */
  constructor(memory: SharedArrayBuffer, time?: TimeSource);
  readonly memory: SharedArrayBuffer;
  /** What tells this thread apart from others that write; the supervisor hands it to `ownerDied`. */
  readonly owner: number;
  /** Counts of this thread, by the constants of `CacheCounter`. */
  readonly counters: Float64Array;
  /** Seconds of the clock of the cache, as of the last `tick`. */
  readonly now: number;

  // What was found.
  /** One of `Kind`. */
  kind: number;
  /** The header's flags as the server sent them. */
  flags: number;
  /** With its high bits, though OPT is cut out. */
  rcode: number;
  answers: number;
  authorities: number;
  /** OPT not counted. */
  additionals: number;
  /** Bytes of the records: what stands between question and OPT. */
  recordsLength: number;
  /** Bytes of the extended errors that came in OPT, their headers included. */
  errorsLength: number;
  /** Seconds since it was stored. */
  age: number;
  /** Seconds for which it was stored as fresh. */
  lifetime: number;
  /** Seconds of that which are left; negative when stale. */
  left: number;
  /** How often it was found since it was stored, this time not counted; stays at 15. */
  hits: number;

  /** Reads the clock. To be called once a turn, or before `find`; costs less than 0.1 µs. */
  tick(): void;
  /** Looks for an answer (positive or negative) to the question, under its own or another type. One of `Found`. */
  find(question: Question, type?: number): number;
  /**
   * Looks for a failure of the question. FRESH: it is not to be asked again yet. STALE: failed the last time (`lifetime`
   * says for how long it was held back).
   */
  findFailure(question: Question): number;
  /**
   * Writes the records that were found to out[at..at + recordsLength), TTLs aged; with `ttl` >= 0 every TTL is that one (or
   * its own when lower). False when another thread wrote there meanwhile: what is in `out` is worthless, treat it as a miss.
   */
  copyRecords(out: Uint8Array, at: number, ttl?: number): boolean;
  /** Writes the extended errors, options ready for OPT, to out[at..at + errorsLength). False as in `copyRecords`. */
  copyErrors(out: Uint8Array, at: number): boolean;
  /**
   * Claims the refresh of what was found for so many seconds (at most 255): true for one caller of all threads, until the
   * time is over, it is stored anew or `unclaim` is called.
   */
  claim(seconds: number): boolean;
  /** Whether somebody has claimed what was found. */
  isClaimed(): boolean;
  /** Gives up the claim on the answer to the question, or, with `seconds`, holds it for so long from now. */
  unclaim(question: Question, type?: number, seconds?: number): void;
  /**
   * Stores what the server answered (OPT is cut out, extended errors are kept) under the question's name, class, DO and CD.
   * An answer takes the place of an older one and ends the failure of the same question. One of `Stored`.
   */
  store(question: Question, reply: ReplyView, terms: Terms): number;
  /** Stores a failure without a message: `rcode` and extended errors (options in wire form). */
  storeFailure(
    question: Question,
    rcode: number,
    errors: Uint8Array,
    lifetime: number,
    stale: number,
  ): number;
  /** Removes everything of a name (wire form). How many entries that were. */
  remove(name: Uint8Array): number;
  /** Removes everything of and below a name. How many entries that were. */
  removeBelow(name: Uint8Array): number;
  clear(): number;
  /** Forgets all failures: the network changed, or a server is back. Costs next to nothing. */
  forgetFailures(): void;
  /** A thread that wrote (its `owner`) is gone, whatever it was doing: undoes what it left half done. */
  ownerDied(owner: number): void;
  usage(): CacheUsage;
}

/** Memory for a cache of so many bytes; it is committed by the system as it is used. Throws DotlsError ERR_DOTLS_CACHE_SIZE. */
export declare function createCacheMemory(size: number): SharedArrayBuffer;
