import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";
import { u16 } from "./number-fields.ts";

interface Kx {
  /** Lower is tried first. */
  preference: number;
  exchanger: string;
}

/** KX (RFC 2230 section 3.1): 16-bit preference, name; never compressed. */
export const kx: Codec<Kx> = record({
  preference: u16,
  exchanger: name,
});
