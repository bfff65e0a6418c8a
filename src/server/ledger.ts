import { CACHE_COUNTERS } from "../cache/counters.ts";
import { Counters, type CountersSnapshot } from "../observe/counters.ts";
import { DNSTAP_COUNTS } from "../observe/dnstap/counts.ts";
import type { HistoryPrivacy } from "../observe/history-privacy.ts";
import { HistoryRing } from "../observe/history-ring.ts";
import type { Observer } from "../observe/outcome.ts";
import { Tally } from "../observe/tally.ts";

/** What is counted and kept of the queries, of one thread or of several. */
export interface Ledger {
  /** For reading. */
  readonly history: HistoryRing;
  /** All counts together. */
  snapshot(): CountersSnapshot;
  /** The same as numbers. */
  tally(): Tally;
  /** What all threads did with the cache, by the constants of `CacheCounter`. */
  cacheCounts(): Float64Array;
  /** What each thread did for dnstap, by the constants of `DnstapCount`. */
  readonly dnstapCounts: readonly Float64Array[];
  /** Who hears of the queries that this thread answers. */
  readonly observers: readonly Observer[];
}

/** The memory of a ledger that workers write: one place to count in for each, one history for all. */
export interface SharedLedger extends Ledger {
  readonly counters: readonly SharedArrayBuffer[];
  /** For the counters of a cache. */
  readonly cacheCounters: readonly SharedArrayBuffer[];
  /** For those of dnstap. */
  readonly dnstapCounters: readonly SharedArrayBuffer[];
  readonly memory: SharedArrayBuffer;
}

/** A ledger for queries that are answered in this thread, with a history of so many; `privacy`: what is kept of them. */
export function ownLedger(size: number, privacy: HistoryPrivacy): Ledger {
  const history = new HistoryRing(size, undefined, null, privacy);
  const counters = new Counters();
  const ofCache = new Float64Array(CACHE_COUNTERS);
  return {
    history,
    snapshot: () => counters.snapshot(),
    tally: () => counters.tally,
    cacheCounts: () => ofCache,
    dnstapCounts: [new Float64Array(DNSTAP_COUNTS)],
    observers: [counters, history],
  };
}

/** A ledger for queries that so many workers answer. */
export function sharedLedger(size: number, workers: number, privacy: HistoryPrivacy): SharedLedger {
  const memory = HistoryRing.memory(size, workers);
  const history = new HistoryRing(size, undefined, { memory, writers: workers, writer: 0 }, privacy);
  const counters = Array.from({ length: workers }, () => new SharedArrayBuffer(Counters.BYTES));
  const readers = counters.map((one) => new Counters(one));
  const cacheCounters = counters.map(() => new SharedArrayBuffer(CACHE_COUNTERS * 8));
  const dnstapCounters = counters.map(() => new SharedArrayBuffer(DNSTAP_COUNTS * 8));
  const ofCaches = cacheCounters.map((one) => new Float64Array(one));
  return {
    history,
    snapshot: () => Counters.sum(readers),
    tally: () => Tally.sum(readers.map(({ tally }) => tally)),
    cacheCounts: () =>
      Float64Array.from({ length: CACHE_COUNTERS }, (_, at) =>
        ofCaches.reduce((sum, one) => sum + one[at]!, 0),
      ),
    dnstapCounts: dnstapCounters.map((one) => new Float64Array(one)),
    observers: [],
    counters,
    cacheCounters,
    dnstapCounters,
    memory,
  };
}
