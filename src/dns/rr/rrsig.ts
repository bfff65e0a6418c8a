import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { base64Rest } from "./binary-fields.ts";
import { algorithm } from "./mnemonic-fields.ts";
import { name } from "./name-field.ts";
import { u16, u32, u8 } from "./number-fields.ts";
import { time } from "./time-field.ts";
import { recordType } from "./type-fields.ts";

interface Rrsig {
  typeCovered: string;
  algorithm: number;
  /** Of the owner, without the root and a leading `*`. */
  labels: number;
  /** In seconds. */
  originalTtl: number;
  /** In seconds since 1970, modulo 2^32. */
  expiration: number;
  /** In seconds since 1970, modulo 2^32. */
  inception: number;
  keyTag: number;
  signer: string;
  /** In base64. */
  signature: string;
}

/**
 * RRSIG (RFC 4034 section 3.1): 16-bit type covered, algorithm and labels in one byte each, 32-bit original TTL,
 * expiration and inception, 16-bit key tag, the signer's name, never compressed, and the signature.
 */
export const rrsig: Codec<Rrsig> = record({
  typeCovered: recordType,
  algorithm,
  labels: u8,
  originalTtl: u32,
  expiration: time,
  inception: time,
  keyTag: u16,
  signer: name,
  signature: base64Rest,
});
