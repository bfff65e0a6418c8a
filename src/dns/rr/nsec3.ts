import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { hashedName, salt } from "./binary-fields.ts";
import { u16, u8 } from "./number-fields.ts";
import { typeBitmap } from "./type-fields.ts";

interface Nsec3 {
  hashAlgorithm: number;
  flags: number;
  iterations: number;
  /** In hexadecimal. */
  salt: string;
  /** In base32hex. */
  nextHashedOwner: string;
  types: string[];
}

/**
 * NSEC3 (RFC 5155 section 3.2): hash algorithm and flags in one byte each, 16-bit iterations, salt and next hashed
 * owner each with a length byte before it, and a type bit map.
 */
export const nsec3: Codec<Nsec3> = record({
  hashAlgorithm: u8,
  flags: u8,
  iterations: u16,
  salt,
  nextHashedOwner: hashedName,
  types: typeBitmap,
});
