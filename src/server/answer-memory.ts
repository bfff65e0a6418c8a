import { AnswerCache } from "../cache/answer-cache.ts";
import { processTime } from "../cache/clock.ts";
import type { CacheConfig } from "../config/config.ts";
import type { CacheOptions } from "../resolve/cache-stage.ts";

/** The cache of one thread, over the memory of all: what of the configuration the stage has to know. */
export function cacheFor(
  config: CacheConfig,
  memory: SharedArrayBuffer,
  counters: Float64Array,
): CacheOptions {
  const seconds = (ms: number): number => Math.floor(ms / 1000);
  return {
    cache: new AnswerCache(memory, processTime(), counters),
    rules: {
      minTtl: seconds(config.minTtl),
      maxTtl: seconds(config.maxTtl),
      negativeTtl: seconds(config.negativeTtl),
      failureTtl: seconds(config.failureTtl),
      staleFor: config.serveStale === "off" ? 0 : seconds(config.staleFor),
    },
    staleAtOnce: config.serveStale === "immediate",
    prefetch: config.prefetch,
  };
}
