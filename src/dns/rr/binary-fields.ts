import { PresentationError, WireError } from "../text-errors.ts";
import { chunked, fromBase32Hex, fromBase64, fromHex, toBase32Hex, toBase64, toHex } from "./binary-text.ts";
import type { Codec } from "./codec.ts";

/** All bytes up to the end in base64; at least one, for an empty one could not be written as text. */
export const base64Rest: Codec<string> = rest(toBase64, fromBase64, "base64 data");

/** All bytes up to the end in hexadecimal; at least one, for an empty one could not be written as text. */
export const hexRest: Codec<string> = rest(toHex, fromHex, "hexadecimal data");

function rest(
  encode: (bytes: Uint8Array) => string,
  decode: (text: string) => Uint8Array,
  what: string,
): Codec<string> {
  return {
    read: (reader) => {
      if (reader.remaining === 0) throw new WireError(`${what} is missing`);
      return encode(reader.rest());
    },
    write: (writer, value) => writer.bytes(decode(value)),
    format: chunked,
    parse: (text) =>
      text.rest(what, (source) => {
        if (source === "") throw new PresentationError(`${what} is missing`);
        return encode(decode(source));
      }),
  };
}

/** A salt with its length before it, `-` when it is empty (RFC 5155 section 3.3). Data has it in hexadecimal. */
export const salt: Codec<string> = {
  read: (reader) => toHex(reader.take(reader.u8())),
  write: (writer, value) => {
    const bytes = fromHex(value);
    writer.u8(bytes.length);
    writer.bytes(bytes);
  },
  format: (value) => (value === "" ? "-" : value),
  parse: (text) =>
    text.word("a salt", (word) => (word === "-" ? "" : toHex(atMost255(fromHex(word), "a salt")))),
};

/** A hashed owner name with its length before it, never empty (RFC 5155 section 3.3). Data has it in base32hex. */
export const hashedName: Codec<string> = {
  read: (reader) => {
    const length = reader.u8();
    if (length === 0) throw new WireError("a hashed name is empty");
    return toBase32Hex(reader.take(length));
  },
  write: (writer, value) => {
    const bytes = fromBase32Hex(value);
    writer.u8(bytes.length);
    writer.bytes(bytes);
  },
  format: (value) => value,
  parse: (text) =>
    text.word("a hashed name", (word) => toBase32Hex(atMost255(fromBase32Hex(word), "a hashed name"))),
};

/** `length` bytes as pairs of lower-case digits with dashes between them (RFC 7043). */
export function dashedHex(length: number): Codec<string> {
  return {
    read: (reader) => dashed(reader.take(length)),
    write: (writer, value) => writer.bytes(fromHex(value.replaceAll("-", ""))),
    format: (value) => value,
    parse: (text) =>
      text.word("an address", (word) => {
        const groups = word.split("-");
        if (groups.length !== length || !groups.every((group) => /^[0-9a-f]{2}$/i.test(group))) {
          throw new PresentationError(
            `${JSON.stringify(word)} is not ${length} pairs of hexadecimal digits with dashes between them`,
          );
        }
        return word.toLowerCase();
      }),
  };
}

function dashed(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("-");
}

function atMost255(bytes: Uint8Array, what: string): Uint8Array {
  if (bytes.length > 255) throw new PresentationError(`${what} is longer than 255 bytes`);
  return bytes;
}
