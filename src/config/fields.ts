import { z } from "zod";
import type { CaSource } from "./config.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { FORMS } from "./json-form.ts";
import { ConfigValueError } from "./value-error.ts";

/** A value written as text; the error says what was wanted. */
export function text(wanted: string): z.ZodString {
  return z.string({ error: ({ input }) => `wants ${wanted}, ${got(input)}` });
}

/** A list with something in it; `of` names its items. */
export function list<T extends z.ZodType>(item: T, of: string): z.ZodArray<T> {
  return z
    .array(item, { error: ({ input }) => `wants a list of ${of}, ${got(input)}` })
    .min(1, { error: () => `the list of ${of} is empty` });
}

/** A list that may be empty, which `none` means as well, and text for a list of one. */
export function possibleList<Out>(item: z.ZodType<Out>, of: string): z.ZodType<Out[]> {
  return z.preprocess(
    itemsOf,
    z.array(item, { error: ({ input }) => `wants a list of ${of}, or none, ${got(input)}` }),
  );
}

/** Text stands for a list of one; `none` and `off` for one of nothing, in text for variables and flags as well. */
function itemsOf(value: unknown): unknown {
  const items = typeof value === "string" ? [value] : value;
  const only: unknown = Array.isArray(items) && items.length === 1 ? items[0] : undefined;
  return only === "none" || only === "off" ? [] : items;
}

/** A switch: a boolean, or a word for one, as variables and flags have it. */
export const onOrOff: z.ZodType<boolean> = z
  .union([z.boolean(), z.string()], { error: ({ input }) => `wants true or false, ${got(input)}` })
  .register(FORMS, { enum: [true, false, "on", "off", "yes", "no", "true", "false"] })
  .transform(
    parsed((value) => {
      if (typeof value === "boolean") return value;
      if (/^(true|on|yes)$/i.test(value)) return true;
      if (/^(false|off|no)$/i.test(value)) return false;
      throw new RangeError(`"${value}" is neither true nor false`);
    }),
  );

/** A duration between two bounds, in milliseconds. */
export function duration(
  least: number,
  most: number,
): z.ZodPipe<z.ZodString, z.ZodTransform<number, string>> {
  return text("a duration with its unit, as in 4s")
    .register(FORMS, { type: "string", pattern: "^[0-9]+(ms|s|m|h|d)$" })
    .transform(parsed((value) => between(parseDuration(value), least, most, formatDuration)));
}

function got(input: unknown): string {
  if (input === null || input === undefined) return "and got nothing";
  if (Array.isArray(input)) return "and got a list";
  if (typeof input === "object") return "and got a section";
  return `and got the ${typeof input} ${JSON.stringify(input)}`;
}

/** Lets a function that throws ConfigValueError read a value of the schema. */
export function parsed<In, Out>(read: (value: In) => Out): (value: In, context: z.RefinementCtx) => Out {
  return (value, context) => {
    try {
      return read(value);
    } catch (error) {
      if (error instanceof ConfigValueError) {
        context.addIssue({ code: "custom", message: error.reason, params: { hint: error.hint } });
      } else if (error instanceof RangeError) {
        context.addIssue({ code: "custom", message: error.message });
      } else {
        throw error;
      }
      return z.NEVER;
    }
  };
}

/** The value itself when it is within both bounds; else a RangeError that `parsed` turns into an issue. */
export function between(
  value: number,
  least: number,
  most: number,
  format: (value: number) => string,
): number {
  if (value >= least && value <= most) return value;
  throw new RangeError(`${format(value)} is outside of ${format(least)} to ${format(most)}`);
}

/** A whole number, as YAML or a variable gives it. */
export function parseCount(value: string | number): number {
  const count = /^\d+$/.test(String(value)) ? Number(value) : Number.NaN;
  if (Number.isNaN(count)) throw new RangeError(`"${value}" is not a whole number`);
  return between(count, 0, 1_000_000, String);
}

/** A path, or null for `none`. */
export function parsePath(value: string): string | null {
  return fileOrNone(value)?.file ?? null;
}

/** Trust anchors: `system`, `bundled` or a path, which is taken for that of a file until somebody has looked. */
export function parseCa(value: string): CaSource {
  if (value === "system" || value === "bundled") return value;
  const source = fileOrNone(value);
  if (source === null)
    throw new RangeError(`"${value}" is not a path; what upstreams must prove is said by verify`);
  return source;
}

/** A path apart from words such as `auto`, or null for `none`. */
export function fileOrNone(value: string): { file: string } | null {
  if (value === "none" || value === "null") return null;
  if (value === "") throw new RangeError("the path is empty");
  // YAML 1.2 reads these words as text, so they would become the names of files.
  if (/^(off|no|false|disabled|on|yes|true|~)$/i.test(value)) {
    throw new RangeError(
      `"${value}" is not a path; write none for none, or ./${value} for a file of that name`,
    );
  }
  return { file: value };
}
