import { FOLD } from "../dns/name-hash.ts";
import type { ReplyView } from "../dns/reply-view.ts";
import { DotlsError } from "../errors.ts";
import { AnswerParts } from "./answer-parts.ts";
import { CacheReader } from "./cache-reader.ts";
import { CacheWriter, Stored } from "./cache-writer.ts";
import { type TimeSource, processTime } from "./clock.ts";
import { CACHE_COUNTERS } from "./counters.ts";
import { type Question, Variant, variantOf } from "./key.ts";
import { Kind } from "./kind.ts";
import { Family, Head, Segment } from "./layout.ts";
import { WriterLock } from "./lock.ts";
import { CacheMemory } from "./memory.ts";
import { removeInTurns } from "./removal.ts";

export { EVERY_TYPE, Found } from "./cache-reader.ts";
export type { Question } from "./key.ts";

/** How long a removal waits for a thread that holds the lock, in ms: one that hangs is replaced before that. */
const PATIENCE = 15_000;

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

/** How much is in a cache. */
export interface CacheUsage {
  /** Bytes of the whole memory. */
  readonly size: number;
  /** Bytes of the segments that are in use: what can be filled again only by making something go. */
  readonly used: number;
  /** Bytes that can be in use at the most. */
  readonly room: number;
  /** Positive answers, dead ones that were not cleared away yet included; so are those below. */
  readonly positives: number;
  readonly negatives: number;
  readonly failures: number;
}

/**
 * Answers as packed bytes in memory that all threads share. Each thread has one object of this class over the same memory:
 * what is stored by one is found by all. Reading takes no lock; see CacheReader for what a lookup gives.
 */
export class AnswerCache extends CacheReader {
  readonly memory: SharedArrayBuffer;

  #view: CacheMemory;
  #lock: WriterLock;
  #writer: CacheWriter;
  #parts = new AnswerParts();

  /**
   * `shared` is of createCacheMemory or loadCache, or was handed over by another thread. `counters`: where to count, with
   * CACHE_COUNTERS places. Throws DotlsError ERR_DOTLS_CACHE_SIZE when it is no memory of a cache.
   */
  constructor(
    shared: SharedArrayBuffer,
    time: TimeSource = processTime(),
    counters: Float64Array = new Float64Array(CACHE_COUNTERS),
  ) {
    const view = new CacheMemory(shared);
    super(view, time, counters);
    this.memory = shared;
    this.#view = view;
    this.#lock = new WriterLock(view.words);
    this.#writer = new CacheWriter(view, counters, this.#lock);
  }

  /** What tells this thread apart from others that write; a supervisor hands it to `ownerDied`. */
  get owner(): number {
    return this.#lock.owner;
  }

  /**
   * Stores what the server answered (OPT is cut out, extended errors are kept) under the question's name, class, DO and CD.
   * An answer takes the place of an older one and ends the failure of the same question. One of `Stored`.
   */
  store(question: Question, reply: ReplyView, terms: Terms): number {
    const parts = this.#parts;
    if (!parts.readReply(reply, question.nameLength)) return Stored.UNFIT;
    const failed = terms.kind === Kind.FAILURE ? Variant.FAILURE : 0;
    const variant = variantOf(question) | failed;
    const { kind, lifetime, stale, type } = terms;
    const stored = this.#writer.store(question, type, variant, parts, kind, lifetime, stale, this.now);
    parts.forget();
    return stored;
  }

  /**
   * Stores that the question failed, for `lifetime` seconds; for `stale` more it can be found how long that was. `errors`:
   * extended errors as options in wire form. One of `Stored`.
   */
  storeFailure(
    question: Question,
    rcode: number,
    errors: Uint8Array,
    lifetime: number,
    stale: number,
  ): number {
    const parts = this.#parts;
    parts.setFailure(rcode, errors);
    const variant = variantOf(question) | Variant.FAILURE;
    const { type } = question;
    const stored = this.#writer.store(
      question,
      type,
      variant,
      parts,
      Kind.FAILURE,
      lifetime,
      stale,
      this.now,
    );
    parts.forget();
    return stored;
  }

  /** Drops what is kept for the question under the type. Does nothing when another thread writes for too long. */
  drop(question: Question, type: number): void {
    this.#writer.drop(question, type, variantOf(question));
  }

  /**
   * Removes everything of a name in wire form, in as many turns of the event loop as it takes. Gives how many entries that
   * were; none that was there before is found any more. Rejects with DotlsError ERR_DOTLS_CACHE_BUSY when other threads
   * hold the lock for `patience` ms.
   */
  remove(name: Uint8Array, patience: number = PATIENCE): Promise<number> {
    return removeInTurns(this.#writer.removal({ name: folded(name), below: false }), patience);
  }

  /** Removes everything of and below a name in wire form. As `remove`. */
  removeBelow(name: Uint8Array, patience: number = PATIENCE): Promise<number> {
    return removeInTurns(this.#writer.removal({ name: folded(name), below: true }), patience);
  }

  /** Removes everything. As `remove`. */
  clear(patience: number = PATIENCE): Promise<number> {
    return removeInTurns(this.#writer.removal({ name: null, below: true }), patience);
  }

  /** Forgets all failures up to this second: the network changed, or a server is back. Costs next to nothing. */
  forgetFailures(): void {
    Atomics.store(this.#view.words, Head.FAILURES_SINCE, this.now);
  }

  /** A thread that wrote (its `owner`) is gone, whatever it was doing: undoes what it left half done. */
  ownerDied(owner: number): void {
    this.#writer.ownerDied(owner);
  }

  /** Runs `action` while no thread stores or removes anything. Throws DotlsError ERR_DOTLS_CACHE_BUSY. */
  whileStill(action: () => void): void {
    if (this.#writer.whileStill(action)) return;
    throw new DotlsError("ERR_DOTLS_CACHE_BUSY", "another thread writes to the cache; try again");
  }

  usage(): CacheUsage {
    const { words } = this.#view;
    const { segments, segmentsAt, segmentWords } = this.#view.layout;
    let used = 0;
    for (let i = 0; i < segments; i++) {
      if (words[segmentsAt + i * Segment.WORDS + Segment.STATE] !== 0) used++;
    }
    const entries = (family: number): number => Math.max(0, words[Head.ENTRIES + family]!);
    return {
      size: this.memory.byteLength,
      used: used * segmentWords * 4,
      room: segments * segmentWords * 4,
      positives: entries(Family.POSITIVE),
      negatives: entries(Family.NEGATIVE),
      failures: entries(Family.FAILURE),
    };
  }
}

function folded(name: Uint8Array): Uint8Array {
  return name.map((byte) => FOLD[byte]!);
}
