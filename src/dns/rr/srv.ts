import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { name } from "./name-field.ts";
import { u16 } from "./number-fields.ts";

interface Srv {
  /** Lower is tried first. */
  priority: number;
  weight: number;
  port: number;
  target: string;
}

/** SRV (RFC 2782): three 16-bit numbers, name. Some senders compress it, as RFC 2052 had it. */
export const srv: Codec<Srv> = record({
  priority: u16,
  weight: u16,
  port: u16,
  target: name,
});
