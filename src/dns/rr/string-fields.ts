import { decimalEscape, unescapeText } from "../escape.ts";
import { PresentationError, WireError } from "../text-errors.ts";
import type { Codec } from "./codec.ts";

/** What a character-string can hold: its length has one byte (RFC 1035 section 3.3). */
const MAX_STRING = 255;

/** Bytes as they stand between quotes: `"` and `\` with a backslash, what cannot be printed as `\DDD`. */
export function escapeString(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte < 0x20 || byte >= 0x7f) text += decimalEscape(byte);
    else if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}

/** A character-string (RFC 1035 section 3.3). Data has it as text with the escapes of `escapeString`. */
export const characterString: Codec<string> = {
  read: (reader) => escapeString(reader.take(reader.u8())),
  write: (writer, value) => {
    const bytes = unescapeText(value);
    writer.u8(bytes.length);
    writer.bytes(bytes);
  },
  format: quote,
  parse: (text) =>
    text.string("a string", (source) => {
      const bytes = unescapeText(source);
      if (bytes.length > MAX_STRING) {
        throw new PresentationError(`a string of ${bytes.length} bytes is longer than 255`);
      }
      return escapeString(bytes);
    }),
};

/** One character-string or more, up to the end (RFC 1035 section 3.3.14). */
export const characterStrings: Codec<string[]> = {
  read: (reader) => {
    const strings = [];
    do strings.push(characterString.read(reader));
    while (reader.remaining > 0);
    return strings;
  },
  write: (writer, values) => {
    for (const value of values) characterString.write(writer, value);
  },
  format: (values) => values.map(quote).join(" "),
  parse: (text) => {
    const strings = [];
    do strings.push(characterString.parse(text));
    while (!text.done);
    return strings;
  },
};

/** All bytes up to the end, printed as one quoted string, which may be longer than 255 bytes. At least `min` bytes. */
export function longString(min: 0 | 1): Codec<string> {
  return {
    read: (reader) => {
      if (reader.remaining < min) throw new WireError("a string is empty that may not be");
      return escapeString(reader.rest());
    },
    write: (writer, value) => writer.bytes(unescapeText(value)),
    format: quote,
    parse: (text) =>
      text.string("a string", (source) => {
        const bytes = unescapeText(source);
        if (bytes.length < min) throw new PresentationError("a string is empty that may not be");
        return escapeString(bytes);
      }),
  };
}

function quote(value: string): string {
  return `"${value}"`;
}
