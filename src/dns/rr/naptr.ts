import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";
import { u16 } from "./number-fields.ts";
import { characterString } from "./string-fields.ts";

interface Naptr {
  order: number;
  preference: number;
  flags: string;
  services: string;
  regexp: string;
  replacement: string;
}

/** NAPTR (RFC 3403 section 4.1): two 16-bit numbers, three character-strings, name; may be compressed. */
export const naptr: Codec<Naptr> = record({
  order: u16,
  preference: u16,
  flags: characterString,
  services: characterString,
  regexp: characterString,
  replacement: name,
});
