import { TallySource } from "../tally.ts";
import { type Family, counter, gauge, one } from "./family.ts";
import type { CacheSample } from "./sample.ts";

/** What is measured of the cache, the history and the process. */
export const serverFamilies: readonly Family[] = [
  gauge(
    "dotls_cache_entries",
    "Answers in the cache, those over their time included.",
    ["type"],
    ({ cache }) =>
      ofCache(cache, ({ positives, negatives, failures }) => [
        [["success"], positives],
        [["denial"], negatives],
        [["failure"], failures],
      ]),
  ),
  gauge("dotls_cache_size_bytes", "Memory that the cache may take.", [], ({ cache }) =>
    ofCache(cache, ({ size }) => one(size)),
  ),
  gauge("dotls_cache_used_bytes", "Memory that the cache takes.", [], ({ cache }) =>
    ofCache(cache, ({ used }) => one(used)),
  ),
  counter(
    "dotls_cache_requests_total",
    "Queries for which the cache was asked: those that it answered, and those that went on.",
    [],
    ({ tally, cache }) =>
      ofCache(cache, () =>
        one(
          tally.replied(TallySource.CACHE) +
            tally.replied(TallySource.STALE) +
            tally.replied(TallySource.UPSTREAM) +
            tally.replied(TallySource.FAILED),
        ),
      ),
  ),
  counter(
    "dotls_cache_hits_total",
    "Queries that the cache answered, by what it had.",
    ["type"],
    ({ tally, cache }) =>
      ofCache(cache, () => {
        const all = tally.replied(TallySource.CACHE);
        const denial = tally.replies(TallySource.CACHE, 3);
        return [
          [["success"], all - denial],
          [["denial"], denial],
        ];
      }),
  ),
  counter(
    "dotls_cache_served_stale_total",
    "Queries that were answered with what was over its time.",
    [],
    ({ tally, cache }) => ofCache(cache, () => one(tally.replied(TallySource.STALE))),
  ),
  counter(
    "dotls_cache_prefetch_total",
    "Questions that were asked anew though no client waited.",
    [],
    ({ tally, cache }) => ofCache(cache, () => one(tally.refreshed)),
  ),
  counter("dotls_cache_stores_total", "Answers that were stored.", [], ({ cache }) =>
    ofCache(cache, ({ stored }) => one(stored)),
  ),
  counter(
    "dotls_cache_evictions_total",
    "Answers that had to make room before their time was over.",
    [],
    ({ cache }) => ofCache(cache, ({ evicted }) => one(evicted)),
  ),
  gauge("dotls_querylog_entries", "Queries in the history in memory.", [], ({ history }) =>
    one(history.kept),
  ),
  counter("dotls_querylog_written_total", "Queries written to the history file.", [], ({ history }) =>
    one(history.written),
  ),
  counter(
    "dotls_querylog_dropped_total",
    "Queries that could not be written to the history file.",
    [],
    ({ history }) => one(history.lost),
  ),
  counter("dotls_dnstap_frames_total", "Frames sent over dnstap.", [], ({ dnstap }) =>
    dnstap === null ? [] : one(dnstap.sent),
  ),
  counter(
    "dotls_dnstap_frames_dropped_total",
    "Frames that the receiver of dnstap was too slow for.",
    [],
    ({ dnstap }) => (dnstap === null ? [] : one(dnstap.dropped)),
  ),
  gauge(
    "dotls_bypass_active",
    "1 while queries leave unencrypted, because somebody opened the bypass.",
    [],
    ({ bypassOpen }) => one(bypassOpen ? 1 : 0),
  ),
  gauge(
    "dotls_eventloop_lag_seconds",
    "How long the event loop of a thread took to come round, at the time of the scrape.",
    ["thread"],
    ({ threads }) => threads.map(({ lag }, thread) => [[String(thread)], lag]),
  ),
  gauge("dotls_build_info", "1; the labels say what runs.", ["version", "node"], ({ version }) => [
    [[version, process.version], 1],
  ]),
  gauge(
    "dotls_config_info",
    "1; the label changes with the effective configuration.",
    ["hash"],
    ({ config }) => [[[config.hash], 1]],
  ),
  gauge(
    "dotls_config_last_reload_successful",
    "Whether the last attempt to take a new configuration went well; 1 as long as there was none.",
    [],
    ({ config }) => one(config.lastReloadOk ? 1 : 0),
  ),
  gauge(
    "dotls_config_last_reload_success_timestamp_seconds",
    "When the configuration that is in force was taken.",
    [],
    ({ config }) => one(config.loadedAt),
  ),
];

type Read = Extract<Family, { type: "gauge" | "counter" }>["read"];

/** Nothing where there is no cache: 0 would say that it is of no use. */
function ofCache(
  cache: CacheSample | null,
  read: (cache: CacheSample) => ReturnType<Read>,
): ReturnType<Read> {
  return cache === null ? [] : read(cache);
}
