import { DURATION_BOUNDS, quantile } from "../buckets.ts";
import type { CountersSnapshot } from "./counters.ts";

/** What happened in one stretch of time. */
export interface TrendStretch {
  readonly seconds: number;
  /** Queries that came in; those below are the ones that ended. */
  readonly received: number;
  readonly upstream: number;
  readonly cache: number;
  readonly stale: number;
  readonly local: number;
  readonly failed: number;
  readonly dropped: number;
  /** Of all answers, in ms, from the buckets that they fell into; null when there was none. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
}

/** The course of things, as columns of the same length, as `GET /v1/trend` tells it. */
export interface TrendView {
  /** The stretch between two points, in seconds, as it is meant to be. */
  readonly step: number;
  /** The last minute as one; null until there are two looks. */
  readonly now: TrendStretch | null;
  /** The end of each stretch, in seconds since 1970. */
  readonly at: readonly number[];
  readonly columns: { readonly [Column in keyof TrendStretch]: readonly TrendStretch[Column][] };
  /** In the order of the status. */
  readonly servers: readonly TrendServerColumns[];
}

export interface TrendServerColumns {
  readonly label: string;
  readonly address: string;
  readonly port: number;
  /** The smoothed time to an answer at the end of each stretch, ms; null where nothing was known. */
  readonly ms: readonly (number | null)[];
  readonly answers: readonly number[];
  readonly failures: readonly number[];
}

/** What the counters of one server say that changes with time. */
export interface TrendServer {
  readonly label: string;
  readonly address: string;
  readonly port: number;
  readonly answers: number;
  readonly failures: number;
  readonly roundTripMs: number | null;
}

/** The counts as they stood at one moment; small, as thousands of them are kept. */
export interface Look {
  /** Wall clock, ms. */
  readonly at: number;
  readonly row: Float64Array;
  readonly servers: readonly TrendServer[];
}

/** Where things are in the row of a look; the answers by duration stand behind them. */
const Column = {
  RECEIVED: 0,
  UPSTREAM: 1,
  CACHE: 2,
  STALE: 3,
  LOCAL: 4,
  FAILED: 5,
  DROPPED: 6,
  TIMES: 7,
} as const;

/** The row of a look. */
export function rowOf({ durations, ...counts }: CountersSnapshot): Float64Array {
  const { upstream, cache, stale, local, failed } = durations;
  const times = upstream.map((count, at) => count + cache[at]! + stale[at]! + local[at]! + failed[at]!);
  const { received, forwarded, cached, dropped } = counts;
  const byUs = local.reduce((a, b) => a + b, 0);
  return Float64Array.from([
    received,
    forwarded,
    cached,
    counts.stale,
    byUs,
    counts.failed,
    dropped,
    ...times,
  ]);
}

/** What happened between two looks. */
export function stretchOf(before: Look, after: Look): TrendStretch {
  // Less than before would mean that the counts began anew: nothing is then better than less than nothing.
  const grown = after.row.map((count, at) => Math.max(0, count - before.row[at]!));
  const times = grown.subarray(Column.TIMES);
  const below = (share: number): number | null => {
    const ms = quantile(times, DURATION_BOUNDS, share);
    return ms === null ? null : Math.round(ms * 1000) / 1000;
  };
  return {
    seconds: Math.max(0, after.at - before.at) / 1000,
    received: grown[Column.RECEIVED]!,
    upstream: grown[Column.UPSTREAM]!,
    cache: grown[Column.CACHE]!,
    stale: grown[Column.STALE]!,
    local: grown[Column.LOCAL]!,
    failed: grown[Column.FAILED]!,
    dropped: grown[Column.DROPPED]!,
    p50: below(0.5),
    p95: below(0.95),
    p99: below(0.99),
  };
}

/** Stretches as columns. */
export function columnsOf(stretches: readonly TrendStretch[]): TrendView["columns"] {
  return {
    seconds: stretches.map(({ seconds }) => seconds),
    received: stretches.map(({ received }) => received),
    upstream: stretches.map(({ upstream }) => upstream),
    cache: stretches.map(({ cache }) => cache),
    stale: stretches.map(({ stale }) => stale),
    local: stretches.map(({ local }) => local),
    failed: stretches.map(({ failed }) => failed),
    dropped: stretches.map(({ dropped }) => dropped),
    p50: stretches.map(({ p50 }) => p50),
    p95: stretches.map(({ p95 }) => p95),
    p99: stretches.map(({ p99 }) => p99),
  };
}

/** The course of each server of the last look. */
export function serversOf(looks: readonly Look[]): TrendServerColumns[] {
  const last = looks.at(-1)?.servers ?? [];
  return last.map(({ label, address, port }, at) => {
    // By label and place among those with it: the address of a server that is known by name changes.
    const place = last.slice(0, at).filter((one) => one.label === label).length;
    const found = looks.map(({ servers }) => servers.filter((one) => one.label === label)[place]);
    const grown = (count: (one: TrendServer) => number): number[] =>
      found.slice(1).map((one, n) => {
        const before = found[n];
        // A server that came with a new configuration.
        if (one === undefined || before === undefined) return 0;
        return Math.max(0, count(one) - count(before));
      });
    return {
      label,
      address,
      port,
      ms: found.slice(1).map((one) => one?.roundTripMs ?? null),
      answers: grown(({ answers }) => answers),
      failures: grown(({ failures }) => failures),
    };
  });
}
