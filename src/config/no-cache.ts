import type { CacheConfig } from "./config.ts";

/** Nothing is kept; what is beside the size are the defaults. */
export const NO_CACHE: CacheConfig = {
  size: 0,
  file: null,
  minTtl: 0,
  maxTtl: 86_400_000,
  negativeTtl: 3_600_000,
  failureTtl: 300_000,
  serveStale: "on-failure",
  staleFor: 86_400_000,
  prefetch: true,
};
