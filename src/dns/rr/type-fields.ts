import { typeCode, typeName } from "../rrtype.ts";
import { PresentationError, WireError } from "../text-errors.ts";
import type { Codec } from "./codec.ts";

/** A type as its mnemonic or `TYPE123`. Throws PresentationError when it is neither. */
function parseType(text: string): number {
  const type = typeCode(text);
  if (type === undefined) throw new PresentationError(`${JSON.stringify(text)} is no record type`);
  return type;
}

/** One record type; data has its mnemonic. */
export const recordType: Codec<string> = {
  read: (reader) => typeName(reader.u16()),
  write: (writer, value) => writer.u16(parseType(value)),
  format: (value) => value,
  parse: (text) => text.word("a record type", (word) => typeName(parseType(word))),
};

/**
 * A type bit map up to the end (RFC 4034 section 4.1.2): windows of 256 types in rising order, each with the number of
 * its bitmap bytes, 1 to 32. Data has the mnemonics in the order of the codes.
 */
export const typeBitmap: Codec<string[]> = {
  read: (reader) => {
    const types = [];
    while (reader.remaining > 0) {
      const window = reader.u8();
      const bitmap = reader.take(reader.u8());
      if (bitmap.length > 32) throw new WireError("a type bit map window is longer than 32 bytes");
      for (let bit = 0; bit < bitmap.length * 8; bit += 1) {
        if (bitmap[bit >> 3]! & (0x80 >> (bit & 7))) types.push(typeName((window << 8) | bit));
      }
    }
    return types;
  },
  write: (writer, value) => {
    const types = value.map(parseType).sort((a, b) => a - b);
    for (const window of new Set(types.map((type) => type >> 8))) {
      const bits = types.filter((type) => type >> 8 === window).map((type) => type & 0xff);
      const bitmap = new Uint8Array((bits.at(-1)! >> 3) + 1);
      for (const bit of bits) bitmap[bit >> 3]! |= 0x80 >> (bit & 7);
      writer.u8(window);
      writer.u8(bitmap.length);
      writer.bytes(bitmap);
    }
  },
  format: (value) => value.join(" "),
  parse: (text) => {
    const types = new Set<number>();
    while (!text.done) types.add(text.word("a record type", parseType));
    return [...types].sort((a, b) => a - b).map(typeName);
  },
};
