import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { hexRest } from "./binary-fields.ts";
import { u8 } from "./number-fields.ts";

interface Sshfp {
  algorithm: number;
  fingerprintType: number;
  /** In hexadecimal. */
  fingerprint: string;
}

/** SSHFP (RFC 4255 section 3.1): algorithm and fingerprint type in one byte each, the fingerprint. */
export const sshfp: Codec<Sshfp> = record({
  algorithm: u8,
  fingerprintType: u8,
  fingerprint: hexRest,
});
