import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { u16, u32 } from "./number-fields.ts";
import { typeBitmap } from "./type-fields.ts";

interface Csync {
  serial: number;
  flags: number;
  types: string[];
}

/** CSYNC (RFC 7477 section 2.1.1): 32-bit SOA serial, 16-bit flags, and a type bit map. */
export const csync: Codec<Csync> = record({
  serial: u32,
  flags: u16,
  types: typeBitmap,
});
