import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { salt } from "./binary-fields.ts";
import { u16, u8 } from "./number-fields.ts";

interface Nsec3param {
  hashAlgorithm: number;
  flags: number;
  iterations: number;
  /** In hexadecimal. */
  salt: string;
}

/** NSEC3PARAM (RFC 5155 section 4.2): hash algorithm and flags in one byte each, 16-bit iterations, salt. */
export const nsec3param: Codec<Nsec3param> = record({
  hashAlgorithm: u8,
  flags: u8,
  iterations: u16,
  salt,
});
