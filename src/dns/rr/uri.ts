import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { u16 } from "./number-fields.ts";
import { longString } from "./string-fields.ts";

interface Uri {
  /** Lower is tried first. */
  priority: number;
  weight: number;
  /** Escaped as between quotes in a master file. */
  target: string;
}

/** URI (RFC 7553 section 4.5): 16-bit priority and weight, then the target without a length. */
export const uri: Codec<Uri> = record({
  priority: u16,
  weight: u16,
  target: longString(1),
});
