import { formatName, parseName } from "../name.ts";
import type { Codec } from "./codec.ts";

/** A domain name; data has it as text, absolute and escaped, which keeps every byte and its case. */
export const name: Codec<string> = {
  read: (reader) => formatName(reader.name()),
  write: (writer, value) => writer.bytes(parseName(value)),
  format: (value) => value,
  parse: (text) => formatName(text.word("a name", (word) => parseName(word, text.origin))),
};
