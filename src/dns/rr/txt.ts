import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { characterStrings } from "./string-fields.ts";

interface Txt {
  /** Escaped as between quotes in a master file. */
  strings: string[];
}

/** TXT (RFC 1035 section 3.3.14): one character-string or more. */
export const txt: Codec<Txt> = record({
  strings: characterStrings,
});
