import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";
import { u16 } from "./number-fields.ts";

interface Afsdb {
  subtype: number;
  hostname: string;
}

/** AFSDB (RFC 1183 section 1): 16-bit subtype, name; may be compressed (RFC 3597 section 4). */
export const afsdb: Codec<Afsdb> = record({
  subtype: u16,
  hostname: name,
});
