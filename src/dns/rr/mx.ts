import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";
import { u16 } from "./number-fields.ts";

interface Mx {
  /** Lower is tried first. */
  preference: number;
  exchange: string;
}

/** MX (RFC 1035 section 3.3.9, RFC 7505 for the null MX): 16-bit preference, name; may be compressed. */
export const mx: Codec<Mx> = record({
  preference: u16,
  exchange: name,
});
