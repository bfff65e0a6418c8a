import { record } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { base64Rest } from "./binary-fields.ts";
import { algorithm } from "./mnemonic-fields.ts";
import { u16, u8 } from "./number-fields.ts";

interface Dnskey {
  flags: number;
  /** Always 3. */
  protocol: number;
  algorithm: number;
  /** In base64. */
  publicKey: string;
}

/** DNSKEY (RFC 4034 section 2.1): 16-bit flags, protocol and algorithm in one byte each, the public key. */
export const dnskey: Codec<Dnskey> = record({
  flags: u16,
  protocol: u8,
  algorithm,
  publicKey: base64Rest,
});
