/** What the store of each thread counts: places in an array of its own, which others may add up. */
export const CacheCounter = {
  STORES: 0,
  /** Stores that were given up because another thread held the lock for too long. */
  BUSY: 1,
  /** Entries that had to go though they were not over. */
  EVICTIONS: 2,
  /** Those of them that nobody had asked for again: what a flood of names costs. */
  REFUSED: 3,
  /** Entries that were cleared away after their time. */
  EXPIRED: 4,
  /** Entries that somebody asked to be removed. */
  REMOVED: 5,
  /** Lookups that gave up because other threads wrote there. */
  TORN: 6,
} as const;

export const CACHE_COUNTERS = 7;
