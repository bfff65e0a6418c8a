import { z } from "zod";
import type { HistoryConfig } from "./config.ts";
import { between, duration, parseCount, parsed, parsePath, possibleList, text } from "./fields.ts";
import { FORMS, SIZE, wholeNumber } from "./json-form.ts";
import type { About } from "./option.ts";
import { parseMatch } from "./route-match.ts";
import { formatSize, parseSize } from "./size.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What a source says about the history. */
export type HistoryLayer = {
  [Key in keyof HistoryConfig]?:
    | (Key extends "ignore" ? ReturnType<typeof parseMatch> : HistoryConfig[Key])
    | undefined;
};

type Shape = {
  [Key in keyof HistoryConfig]-?: z.ZodOptional<z.ZodType<Exclude<HistoryLayer[Key], undefined>>>;
};

/** The section `history`. */
export const historySection: z.ZodObject<Shape, z.core.$strict> = z.strictObject({
  size: z
    .union([z.string(), z.number()], { error: () => "wants a whole number" })
    .register(FORMS, wholeNumber(0, 1_000_000))
    .transform(parsed(parseCount))
    .meta({
      type: "whole number, 0 to 1000000",
      description: "How many of the last queries are kept in memory, at some 350 bytes each; 0 keeps none.",
      default: 10_000,
    } satisfies About)
    .optional(),
  file: text("the path of a file, or null")
    .transform(parsed(parsePath))
    .nullable()
    .meta({
      type: "path or `null`",
      description:
        "A file that every query is appended to, one JSON object a line; `null` or `none`: no file.",
      default: null,
    } satisfies About)
    .optional(),
  keep: duration(MINUTE, 3650 * DAY)
    .meta({
      type: "duration, 1m to 3650d",
      description: "How long a query is kept in memory at the most, and a file that was rotated away.",
      default: "7d",
    } satisfies About)
    .optional(),
  rotate: size("64MiB", "The size at which the file is rotated."),
  total: size(
    "1GiB",
    "How much the file and those that were rotated away may take together. The oldest are removed before there is more.",
  ),
  every: duration(SECOND, HOUR)
    .meta({
      type: "duration, 1s to 1h",
      description:
        "How often new queries are written to the file. A longer time spares flash memory; a crash loses what was not yet written. A quarter of what memory holds is written sooner.",
      default: "10s",
    } satisfies About)
    .optional(),
  privacy: z
    .literal(["full", "mask-clients", "hide-clients", "counters-only"], {
      error: () => "wants full, mask-clients, hide-clients or counters-only",
    })
    .meta({
      type: "`full`, `mask-clients`, `hide-clients` or `counters-only`",
      description:
        "What is kept of who asked, decided before anything is: in memory, in the file, in what `--follow` shows and in dnstap. `mask-clients`: the network of the client, /24 for IPv4 and /56 for IPv6, and no port. `hide-clients`: nothing of the client. `counters-only`: no query at all, only how many there were.",
      default: "full",
    } satisfies About)
    .optional(),
  ignore: possibleList(text("a name").transform(parsed(parseMatch)), "names")
    .transform((several) => several.flat())
    .meta({
      type: "list of names, written as in `routes`, or `none`",
      description:
        "Names that are not kept, with all below them; `*.corp.example` is only what is below. They are counted all the same.",
      default: [],
    } satisfies About)
    .optional(),
});

function size(usual: string, description: string): z.ZodOptional<z.ZodType<number>> {
  return z
    .union([z.string(), z.number()], { error: () => "wants a size, as in 64MiB" })
    .register(FORMS, SIZE)
    .transform(parsed((value) => between(parseSize(String(value)), 4096, 2 ** 40, formatSize)))
    .meta({ type: "size, 4KiB to 1024GiB", description, default: usual } satisfies About)
    .optional();
}
