import { PresentationError, WireError } from "../text-errors.ts";
import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { u8 } from "./number-fields.ts";
import { longString } from "./string-fields.ts";

interface Caa {
  /** 128 says that the property is critical. */
  flags: number;
  tag: string;
  /** Escaped as between quotes in a master file. */
  value: string;
}

const tag: Codec<string> = {
  read: (reader) => {
    const text = Buffer.from(reader.take(reader.u8())).toString("latin1");
    if (!isTag(text)) throw new WireError("a CAA tag holds more than letters and digits");
    return text;
  },
  write: (writer, value) => {
    writer.u8(value.length);
    writer.bytes(Buffer.from(value, "latin1"));
  },
  format: (value) => value,
  parse: (text) =>
    text.word("a tag", (word) => {
      if (!isTag(word)) throw new PresentationError(`${JSON.stringify(word)} is not of letters and digits`);
      return word;
    }),
};

function isTag(text: string): boolean {
  return /^[0-9a-z]{1,255}$/i.test(text);
}

/** CAA (RFC 8659 section 4.1): flags in one byte, the tag with a length byte before it, then the value without one. */
export const caa: Codec<Caa> = record({ flags: u8, tag, value: longString(0) });
