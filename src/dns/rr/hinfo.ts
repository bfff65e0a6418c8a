import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { characterString } from "./string-fields.ts";

interface Hinfo {
  cpu: string;
  os: string;
}

/** HINFO (RFC 1035 section 3.3.2, RFC 8482 for its use in answers to ANY): two character-strings. */
export const hinfo: Codec<Hinfo> = record({
  cpu: characterString,
  os: characterString,
});
