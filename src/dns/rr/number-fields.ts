import { PresentationError } from "../text-errors.ts";
import { MAX_TTL, parseTtl } from "../ttl.ts";
import type { Codec } from "./codec.ts";

/** A decimal number from 0 to `max`. Throws PresentationError when the text is anything else. */
export function parseInteger(text: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new PresentationError(`${JSON.stringify(text)} is no number from 0 to ${max}`);
  return value;
}

/** An 8-bit number. */
export const u8: Codec<number> = {
  read: (reader) => reader.u8(),
  write: (writer, value) => writer.u8(value),
  format: String,
  parse: (text) => text.word("a number", (word) => parseInteger(word, 0xff)),
};

/** A 16-bit number. */
export const u16: Codec<number> = {
  read: (reader) => reader.u16(),
  write: (writer, value) => writer.u16(value),
  format: String,
  parse: (text) => text.word("a number", (word) => parseInteger(word, 0xffff)),
};

/** A 32-bit number. */
export const u32: Codec<number> = {
  read: (reader) => reader.u32(),
  write: (writer, value) => writer.u32(value),
  format: String,
  parse: (text) => text.word("a number", (word) => parseInteger(word, 0xffff_ffff)),
};

/** A 32-bit number of seconds, which text may give as `1h30m`, as all servers take it. */
export const seconds: Codec<number> = {
  ...u32,
  parse: (text) =>
    text.word("a time in seconds", (word) => {
      if (/^\d+$/.test(word)) return parseInteger(word, 0xffff_ffff);
      const value = parseTtl(word);
      if (value === undefined) {
        throw new PresentationError(`${JSON.stringify(word)} is no time up to ${MAX_TTL} seconds`);
      }
      return value;
    }),
};
