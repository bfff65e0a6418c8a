import { z } from "zod";

/** A part of a JSON Schema (draft 2020-12). */
export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * What JSON Schema can say about values that zod only knows as text with a function behind it. Kept apart from the descriptions,
 * whose key `type` is for people.
 */
export const FORMS: z.core.$ZodRegistry<JsonSchema> = z.registry<JsonSchema>();

/** The form of a size: bytes, or a number with a unit. */
export const SIZE: JsonSchema = {
  anyOf: [
    { type: "integer", minimum: 0 },
    { type: "string", pattern: "^[0-9]+(KiB|MiB|GiB)?$" },
  ],
};

/** The form of a whole number between two bounds, or of one of some words in its place. */
export function wholeNumber(least: number, most: number, ...words: (string | false)[]): JsonSchema {
  const number: JsonSchema = { type: "integer", minimum: least, maximum: most };
  const digits: JsonSchema = { type: "string", pattern: "^[0-9]+$" };
  return { anyOf: words.length === 0 ? [number, digits] : [number, { enum: words }, digits] };
}
