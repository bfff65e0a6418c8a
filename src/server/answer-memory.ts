import type { AnswerCache } from "../cache/answer-cache.ts";
import type { CacheConfig } from "../config/config.ts";
import type { CacheOptions } from "../resolve/cache-stage.ts";

/** The cache of one thread with what of the configuration its stage has to know. */
export function cacheFor(config: CacheConfig, cache: AnswerCache): CacheOptions {
  const seconds = (ms: number): number => Math.floor(ms / 1000);
  return {
    cache,
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
