import { z } from "zod";
import { FORMS, type JsonSchema } from "./json-form.ts";
import type { Option } from "./option.ts";
import { TLS_KEYS } from "./tls-fields.ts";

/**
 * Describes what a file may hold, by JSON Schema (draft 2020-12), for editors. Descriptions and defaults are those of `options`.
 * It takes everything that is usually written; what it cannot know, such as whether a name is one, `dotls check` finds.
 */
export function jsonSchemaOf(schema: z.ZodType, options: readonly Option[]): JsonSchema {
  const described = new Map(options.map((option) => [option.key, option]));
  const whole = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    // The words under `type` in the descriptions would take the place of the type.
    metadata: z.registry(),
    override: ({ zodSchema, jsonSchema }) => {
      const form = FORMS.get(zodSchema);
      if (form !== undefined) replace(jsonSchema, form);
      else if (takesOneItem(zodSchema)) replace(jsonSchema, oneOrSeveral(jsonSchema));
      else if (zodSchema instanceof z.ZodObject) requireKeys(jsonSchema, zodSchema);
    },
  });
  for (const [key, { description, default: usual }] of described) {
    const place = placeOf(whole, key);
    Object.assign(place, { description, default: usual });
  }
  for (const upstream of upstreamsIn(whole)) describeTls(upstream, described);
  return {
    ...whole,
    title: "dotls configuration",
    description: "The configuration file of dotls, a DNS-over-TLS forwarder",
  };
}

/** Whether a list may be written as its only item: zod reads such a value through a function first. */
function takesOneItem(field: z.core.$ZodType): boolean {
  return field instanceof z.ZodPipe && field.def.in instanceof z.ZodTransform;
}

/** `none` stands for an empty list, where that is allowed. */
function oneOrSeveral(list: JsonSchema): JsonSchema {
  const { items } = list;
  return {
    anyOf: [
      { ...list },
      ...(isSchema(items) ? [items] : []),
      ...(list.minItems === undefined ? [{ enum: ["none", "off"] }] : []),
    ],
  };
}

/** zod takes every key for optional whose value goes through a function first. */
function requireKeys(json: JsonSchema, { shape }: z.ZodObject): void {
  const required = Object.keys(shape).filter((key) => !(shape[key] instanceof z.ZodOptional));
  if (required.length > 0) json.required = required;
}

/** The long form of an upstream, wherever it may stand. */
function upstreamsIn(part: unknown): JsonSchema[] {
  if (typeof part !== "object" || part === null) return [];
  if (isSchema(part) && part.properties?.["server"] !== undefined) return [part];
  return Object.values(part).flatMap(upstreamsIn);
}

function describeTls(upstream: JsonSchema, described: ReadonlyMap<string, Option>): void {
  for (const key of TLS_KEYS) {
    const description = `For this upstream alone. ${described.get(`tls.${key}`)!.description}`;
    Object.assign(upstream.properties![key]!, { description });
  }
}

/** The part of the schema that is about an option; sections may be null, as an empty one in YAML is. */
function placeOf(whole: JsonSchema, key: string): object {
  const [first = "", second] = key.split(".");
  const part = whole.properties![first]!;
  if (second === undefined || !isSchema(part)) return Object(part);
  const section = part.anyOf!.filter(isSchema).find(({ properties }) => properties !== undefined)!;
  return Object(section.properties![second]);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Turns one schema into another, in its place. */
function replace(target: JsonSchema, by: JsonSchema): void {
  // Parts of `by` are still to be filled in by zod, so they must stay the same objects.
  const parts = { ...by };
  for (const key of Object.keys(target)) delete target[key];
  Object.assign(target, parts);
}
