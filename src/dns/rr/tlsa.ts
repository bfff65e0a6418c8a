import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { hexRest } from "./binary-fields.ts";
import { u8 } from "./number-fields.ts";

interface Tlsa {
  usage: number;
  selector: number;
  matchingType: number;
  /** In hexadecimal. */
  data: string;
}

/** TLSA (RFC 6698 section 2.1): usage, selector and matching type in one byte each, the certificate data. */
export const tlsa: Codec<Tlsa> = record({
  usage: u8,
  selector: u8,
  matchingType: u8,
  data: hexRest,
});
