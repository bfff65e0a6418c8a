import type { RdataReader } from "./rdata-reader.ts";
import type { RdataText } from "./rdata-text.ts";
import type { RdataWriter } from "./rdata-writer.ts";

/**
 * One field of RDATA, or a whole RDATA, in its three forms: wire, data and text. Data is what JSON can hold.
 * `read` may accept bytes that `write` would write otherwise: decodeRdata compares and refuses those.
 */
export interface Codec<T> {
  /** Throws WireError when the bytes do not fit. */
  read(reader: RdataReader): T;
  write(writer: RdataWriter, value: T): void;
  /** Text as dig prints it, tokens parted by one blank; empty when there is nothing to print. */
  format(value: T): string;
  /** Throws PresentationError when the tokens do not fit. */
  parse(text: RdataText): T;
}

/** RDATA whose fields follow one another in the order of the keys, none depending on another. */
export function record<T extends object>(fields: { readonly [K in keyof T]: Codec<T[K]> }): Codec<T> {
  const entries: [string, Codec<unknown>][] = Object.entries(fields);
  const collect = (valueOf: (field: Codec<unknown>) => unknown): T => {
    const data = Object.fromEntries(entries.map(([key, field]) => [key, valueOf(field)]));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has each key of `fields`, read by that key's codec
    return data as T;
  };
  const valuesOf = (data: T): Map<string, unknown> => new Map(Object.entries(data));
  return {
    read: (reader) => collect((field) => field.read(reader)),
    write: (writer, data) => {
      const values = valuesOf(data);
      for (const [key, field] of entries) field.write(writer, values.get(key));
    },
    format: (data) => {
      const values = valuesOf(data);
      return joinText(entries.map(([key, field]) => field.format(values.get(key))));
    },
    parse: (text) => collect((field) => field.parse(text)),
  };
}

/** Joins the texts of fields with one blank; an empty one leaves no trace. */
export function joinText(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}
