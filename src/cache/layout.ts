/** The least that makes sense: room for the largest answers in each lane, and for others beside them. */
export const MIN_CACHE_SIZE: number = 4 * 1024 * 1024;

/** Offsets stay small integers for V8. */
export const MAX_CACHE_SIZE: number = 2 ** 31;

/** Slots of a set: one set fills two cache lines. */
export const WAYS = 8;

/**
 * The words of a slot of the index. A slot stays where it is; what stands in the arena moves. TAG: bits of the hash of the
 * key. ENTRY: where the entry stands, as a word of the memory; 0: the slot is free. SEQUENCE: odd while the slot is being
 * changed, another number after each change. META: what readers change too (see slot-meta.ts).
 */
export const Slot = { TAG: 0, ENTRY: 1, SEQUENCE: 2, META: 3, WORDS: 4 } as const;

/** The words of a segment in the table of segments. STATE: 0 is free, else its lane + 1. FILL and LIVE count words. */
export const Segment = { STATE: 0, FILL: 1, LIVE: 2, BIRTH: 3, WORDS: 4 } as const;

/** Words of the head of the memory. The lock has a cache line of its own, as threads wait on it. */
export const Head = {
  MAGIC: 0,
  SIZE: 1,
  SEED: 2,
  NEXT_OWNER: 3,
  /** Seconds of the cache less seconds of the wall clock. */
  CLOCK: 4,
  /** Seconds of the wall clock less seconds of the monotonic clock, when they were last looked at. */
  LEAD: 5,
  /** Failures that were stored up to this second of the cache are forgotten. */
  FAILURES_SINCE: 6,
  /** Counts up with each segment that is opened: the lower, the older. */
  NEXT_BIRTH: 7,
  /** The slot at which the sweep goes on. */
  SWEEP: 8,
  /** Which slot of a full set goes when several are worth the same. */
  TURN: 9,
  /** The segment that is being drained, + 1; the word where that goes on; what becomes of the entries (see arena.ts). */
  DRAIN: 10,
  DRAIN_AT: 11,
  DRAIN_MODE: 12,
  /** Sets that are in use: they grow with the number of entries, so that a few do not commit the whole index. */
  SETS: 13,
  LOCK: 16,
  /** The slot that the owner of the lock is changing, as a word of the memory; 0: none. */
  JOURNAL: 17,
  /** Entries of each family. */
  ENTRIES: 32,
  /** The segment that each lane is filling, + 1. */
  OPEN: 40,
} as const;

export const MAGIC = 0x0d07_15ca;

/** Answers compete with their like: negatives and failures have bounds of their own (RFC 9520 section 3.2). */
export const Family = { POSITIVE: 0, NEGATIVE: 1, FAILURE: 2 } as const;
export const FAMILIES = 3;

/** Each family has a lane for what is new and one for what has proved its worth: family * 2, and that + 1. */
export const LANES = 6;

/** Where the parts of a memory stand. Words are Int32. */
export interface Layout {
  readonly size: number;
  readonly segmentsAt: number;
  readonly segments: number;
  readonly segmentWords: number;
  readonly slotsAt: number;
  /** At the most; how many are in use is in the head. */
  readonly sets: number;
  /** With how many it begins: `sets` is this number, doubled several times. */
  readonly baseSets: number;
  /** In 16-bit halves. */
  readonly ghostsAt: number;
  readonly ghosts: number;
  readonly arenaAt: number;
}

const PAGE = 4096;

/** Twice the largest answer with all that is stored beside it, so that the end of a segment is rarely wasted. */
const LEAST_SEGMENT = 128 * 1024;

/** More make the search for one that can be used again long; larger ones make a recycling long. */
const MOST_SEGMENTS = 4096;

/** A slot and its share of the ghosts: two marks of 16 bits. */
const SLOT_BYTES = Slot.WORDS * 4 + 4;

/** An empty cache has at least so many sets: two pages. */
const LEAST_SETS = 64;

/** One byte in so many is for the index: right where an entry has 80 bytes, as most answers to A do. */
const INDEX_SHARE = 5;

function pages(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}

/** How a memory of `size` bytes is divided: the same for the same size. */
export function layoutOf(size: number): Layout {
  const segmentBytes = Math.max(LEAST_SEGMENT, 2 ** Math.ceil(Math.log2(size / MOST_SEGMENTS)));
  const mostSets = Math.floor(size / INDEX_SHARE / (WAYS * SLOT_BYTES));
  const doublings = Math.floor(Math.log2(mostSets / LEAST_SETS));
  const baseSets = Math.floor(mostSets / 2 ** doublings);
  const sets = baseSets * 2 ** doublings;
  const segmentsAt = PAGE;
  const slotsAt = pages(segmentsAt + Math.floor(size / segmentBytes) * Segment.WORDS * 4);
  const ghostsAt = slotsAt + sets * WAYS * Slot.WORDS * 4;
  const ghosts = sets * WAYS * 2;
  const arenaAt = pages(ghostsAt + ghosts * 2);
  return {
    size,
    segmentsAt: segmentsAt / 4,
    segments: Math.floor((size - arenaAt) / segmentBytes),
    segmentWords: segmentBytes / 4,
    slotsAt: slotsAt / 4,
    sets,
    baseSets,
    ghostsAt: ghostsAt / 2,
    ghosts,
    arenaAt: arenaAt / 4,
  };
}
