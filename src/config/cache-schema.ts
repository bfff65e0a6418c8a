import { z } from "zod";
import type { CacheConfig } from "./config.ts";
import { between, duration, onOrOff, parsed, parsePath, text } from "./fields.ts";
import { FORMS, SIZE } from "./json-form.ts";
import type { About } from "./option.ts";
import { formatSize, parseSize } from "./size.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A smaller cache would be all index and no answers; the offsets of a larger one would not be integers any more. */
const LEAST_SIZE = 4 * 1024 ** 2;
const MOST_SIZE = 2 * 1024 ** 3;

/** What a source says about the cache. */
export type CacheLayer = { [Key in keyof CacheConfig]?: CacheConfig[Key] | undefined };

type Shape = { [Key in keyof CacheConfig]-?: z.ZodOptional<z.ZodType<CacheConfig[Key]>> };

/** The section `cache`. */
export const cacheSection: z.ZodObject<Shape, z.core.$strict> = z.strictObject({
  size: z
    .union([z.string(), z.number()], { error: () => "wants a size, as in 64MiB" })
    .register(FORMS, SIZE)
    .transform(parsed((value) => cacheSize(parseSize(String(value)))))
    .meta({
      type: "size, 4MiB to 2GiB, or `0`",
      description:
        "How much memory answers may take that are kept to be given again; `0`: none are kept. It is taken from the system as it fills up.",
      default: "64MiB",
    } satisfies About)
    .optional(),
  file: text("the path of a file, or none")
    .transform(parsed(parsePath))
    .nullable()
    .meta({
      type: "path or `none`",
      description:
        "A file that the answers are saved in when the server stops, and read from when it starts. It says which names were asked for. It is not used when upstreams or routes have changed since.",
      default: "none",
    } satisfies About)
    .optional(),
  minTtl: duration(0, HOUR)
    .meta({
      type: "duration, 0s to 1h",
      description:
        "Answers with records are kept for so long at the least, and their TTLs say so, whatever their owners have set. Those with TTL 0 are never kept.",
      default: "0s",
    } satisfies About)
    .optional(),
  maxTtl: duration(SECOND, 7 * DAY)
    .meta({
      type: "duration, 1s to 7d",
      description: "Answers are kept for so long at the most, and their TTLs say so.",
      default: "1d",
    } satisfies About)
    .optional(),
  negativeTtl: duration(0, 3 * HOUR)
    .meta({
      type: "duration, 0s to 3h",
      description:
        "It is remembered for so long at the most that there is no such name, or no such record (RFC 2308); `0s`: not at all.",
      default: "1h",
    } satisfies About)
    .optional(),
  failureTtl: duration(SECOND, 5 * MINUTE)
    .meta({
      type: "duration, 1s to 5m",
      description:
        "A question that fails is not asked again for a second, then for twice as long each time it fails again, and for so long at the most (RFC 9520). Where no upstream answered at all, it is always one second.",
      default: "5m",
    } satisfies About)
    .optional(),
  serveStale: z
    .literal(["off", "on-failure", "immediate"], { error: () => "wants off, on-failure or immediate" })
    .meta({
      type: "`off`, `on-failure` or `immediate`",
      description:
        "What becomes of answers whose time is over (RFC 8767). `on-failure`: they are given, with a TTL of 30 seconds, when the upstreams fail or take longer than 1.8 seconds. `immediate`: they are given at once, and fetched anew meanwhile. `off`: never.",
      default: "on-failure",
    } satisfies About)
    .optional(),
  staleFor: duration(MINUTE, 7 * DAY)
    .meta({
      type: "duration, 1m to 7d",
      description: "For how long after its time an answer may be given all the same.",
      default: "1d",
    } satisfies About)
    .optional(),
  prefetch: onOrOff
    .meta({
      type: "`true` or `false`",
      description:
        "Whether an answer that is asked for in the last tenth of its time is fetched anew before it ends.",
      default: true,
    } satisfies About)
    .optional(),
});

function cacheSize(bytes: number): number {
  return bytes === 0 ? 0 : between(bytes, LEAST_SIZE, MOST_SIZE, formatSize);
}
